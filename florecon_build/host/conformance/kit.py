"""Runner of the conformance checks; shrinks the rows of a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pyarrow as pa

from florecon_build.host.conformance.checks import (
    Check,
    Difference,
    Subject,
    agreement,
    batch_independence,
    conservation,
    idempotent_upsert,
    order_independence,
    pick,
    pin_neutrality,
    refusal,
    solves,
    unique_ids,
    warm_equals_cold,
)
from florecon_build.host.conformance.module import Module
from florecon_build.host.conformance.verdict import Failure, Verdict
from florecon_build.host.errors import FloreconError

CHECKS: dict[str, Check] = {
    "unique ids": unique_ids,
    "conservation": conservation,
    "idempotent upsert": idempotent_upsert,
    "order independence": order_independence,
    "batch independence": batch_independence,
    "warm equals cold": warm_equals_cold,
    "pin neutrality": pin_neutrality,
    "refusal": refusal,
}
FIRST = "takes the rows"
TWINS = "wasm equals native"
TRIES = 300
"""Limit on the runs of a failing check while its input is reduced."""


def run(
    name: str,
    open: Callable[[], Module],
    rows: pa.Table,
    id_column: str,
    *,
    native: Callable[[], Module] | None = None,
) -> Verdict:
    """Every check over the rows, which are in the module's declared form.

    Parameters: `name` is what the verdict calls the module; `open` gives a fresh session of it, `native` one of its
    native build, if there is one to compare; `id_column` has the ids.
    Where the rows themselves have an id twice, or the module does not take or solve them at all, that is the only
    failure, and the other checks are not run.
    """
    subject = Subject(open, id_column)
    checks = {**CHECKS, **({TWINS: agreement(Subject(native, id_column))} if native else {})}
    twice = _ids_twice(subject, rows)
    if twice is not None:
        return Verdict(name, (FIRST,), (twice,), dict.fromkeys(checks, "not run, as the ids are not unique"))
    broken = _judge(FIRST, solves, subject, rows)
    if broken is not None:
        return Verdict(name, (FIRST,), (broken,), dict.fromkeys(checks, "not run, as the rows are not solved"))
    failures = [_judge(check, act, subject, rows) for check, act in checks.items()]
    return Verdict(
        name,
        (FIRST, *checks),
        tuple(failure for failure in failures if failure is not None),
        {} if native else {TWINS: "not compared, as there is no native build of it here"},
    )


def _ids_twice(subject: Subject, rows: pa.Table) -> Failure | None:
    ids = subject.ids(rows)
    for id, count in Counter(ids).items():
        if count > 1:
            fewer = pick(rows, [at for at, other in enumerate(ids) if other == id])
            return Failure(
                FIRST, "rows with an id of their own", f"{count} rows {id!r}", fewer, tuple(subject.ids(fewer))
            )
    return None


def _judge(name: str, check: Check, subject: Subject, rows: pa.Table) -> Failure | None:
    found = _difference(check, subject, rows)
    if found is None:
        return None
    fewer, last = _fewest(check, subject, rows, found)
    return Failure(name, last.expected, last.got, fewer, tuple(subject.ids(fewer)))


def _difference(check: Check, subject: Subject, rows: pa.Table) -> Difference | None:
    """What the check says; a refusal in its course is a difference as well."""
    try:
        return check(subject, rows)
    except FloreconError as error:
        return Difference("no error", f"{error.code}: {error.message}")


def _fewest(check: Check, subject: Subject, rows: pa.Table, found: Difference) -> tuple[pa.Table, Difference]:
    """Rows of which none can be left out without the check holding, as far as the tries last."""
    left, tries = list(range(rows.num_rows)), 0
    chunk = -(-len(left) // 2)
    while chunk:
        first, before = 0, len(left)
        while first < len(left) and tries < TRIES:
            fewer = left[:first] + left[first + chunk :]
            tries += 1
            told = _difference(check, subject, pick(rows, fewer))
            if told is None:
                first += chunk
            else:
                left, found = fewer, told
        again = chunk == 1 and len(left) < before and tries < TRIES
        chunk = 1 if again else 0 if chunk == 1 else -(-chunk // 2)
    return pick(rows, left), found
