"""Parallel instances: several instances of one module, each with a part of the rows, from the first rows to the report.

A module computes outside of Python's lock, so each instance has a processor of its own. What they answer is merged into
what one instance would answer; whatever else is asked is left to one instance, to which the session then moves. Any
failure stops all instances, after which they are of no use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, NoReturn, TypeVar, cast

import pyarrow as pa

from florecon_build.host.description import Description
from florecon_build.host.errors import BrokenReply, Cancelled, FloreconError, Poisoned
from florecon_build.host.explain.of_parts import WholeNumbers, nodes_of_all, rows_with, sizes_of, texts_for
from florecon_build.host.report.control import check_groups
from florecon_build.host.report.merged_tables import added_stages, group_numbers, merged
from florecon_build.host.report.tables import read
from florecon_build.host.runtime.commands import all_pages, encode, envelope_of
from florecon_build.host.runtime.division import Division
from florecon_build.host.runtime.instance import Instance
from florecon_build.host.runtime.limits import Deadline
from florecon_build.host.runtime.solve_steps import Step, solve_steps, solving, step_of

T = TypeVar("T")


class _Solves:
    """The solves that are not over, each in a thread of its own, which waits until its step has been heard.

    `at` has the last step of each, which is set here where nobody listens any more.
    """

    def __init__(self, at: list[Step | None], steps: Callable[[int], Iterator[Step]]) -> None:
        self._at = at
        self._steps = steps
        self._running = {number for number, step in enumerate(at) if step is None or not step.is_last}
        self._halting = threading.Event()
        self._heard = [threading.Semaphore(0) for _ in at]
        self._told: SimpleQueue[tuple[int, Step | BaseException | None]] = SimpleQueue()
        for number in self._running:
            threading.Thread(target=self._solve, args=(number,), name="florecon-instance", daemon=True).start()

    def __iter__(self) -> Iterator[tuple[int, Step | BaseException]]:
        """Each step with the number of its instance, or the error that ended it."""
        while self._running:
            number, found = self._told.get()
            if found is None:
                self._running.remove(number)
            else:
                yield number, found
                self._heard[number].release()

    def halt(self) -> None:
        """Ends each solve after the step that it is at."""
        self._halting.set()
        for heard in self._heard:
            heard.release()
        for number, found in self:
            if isinstance(found, Step):
                self._at[number] = found

    def _solve(self, number: int) -> None:
        try:
            for step in self._steps(number):
                self._told.put((number, step))
                self._heard[number].acquire()
                if self._halting.is_set():
                    break
        except BaseException as error:  # handed to the thread that listens
            self._told.put((number, error))
        finally:
            self._told.put((number, None))


class NotInOnePart(FloreconError):
    """A question that no instance can answer from its part of the rows alone."""


class ParallelInstances:
    """Instances that have no rows yet, as many as the division has parts.

    Parameters: `most_json` is how many bytes a JSON reply may have.
    """

    def __init__(self, instances: Sequence[Instance], division: Division, most_json: int) -> None:
        self.poisoned: Poisoned | None = None
        self._instances = instances
        self._division = division
        self._most_json = most_json
        self._at: list[Step | None] = [None] * len(instances)
        self._certifies = False
        self._numbers: list[WholeNumbers] | None = None

    def __len__(self) -> int:
        return len(self._instances)

    def spoiled(self) -> Poisoned | None:
        """The error that made one of them unusable; None while all are usable."""
        return self.poisoned or next(filter(None, (one.spoiled() for one in self._instances)), None)

    def cancel(self) -> None:
        """Stops what runs now, from another thread; all are unusable afterwards."""
        for instance in self._instances:
            instance.cancel()

    def memory_bytes(self) -> int:
        """The size of all linear memories together, in bytes."""
        return sum(instance.memory_bytes() for instance in self._instances)

    def close(self) -> None:
        """Frees the memories."""
        for instance in self._instances:
            instance.close()

    def upsert(self, command: bytes, deadline: Deadline) -> None:
        """Ingests the rows, each part in its instance. Errors: those of the command, with places of a part."""

        def ingest(number: int) -> None:
            self._send(number, command, deadline, self._division)

        self._each(ingest)

    def can_solve(self, *, certify: bool) -> bool:
        """Whether `steps` can be asked for: all are usable, and no solve of another kind was begun."""
        return self.spoiled() is None and (self._certifies is certify or not any(self._at))

    def steps(self, deadline: Deadline, *, certify: bool) -> Iterator[Step]:
        """The first solve: after each step of an instance the progress of all, as one instance would tell it.

        Closed before the end, it leaves each instance between two steps, from where a further call goes on.
        Errors: those of the command.
        """
        self._certifies = certify
        progress = self._progress()
        if progress is not None and progress.is_last:  # all ended, and their last step was not told any more
            yield progress
            return
        solves = _Solves(self._at, lambda number: solve_steps(partial(self._step, number, deadline)))
        last = -1
        try:
            for number, found in solves:
                if not isinstance(found, Step):
                    self.cancel()
                    raise found
                self._at[number] = found
                progress = self._progress()
                if progress is not None and progress.done > last:
                    last = progress.done
                    yield progress
        finally:
            solves.halt()

    def tables(self, deadline: Deadline) -> dict[str, pa.Table]:
        """The tables of groups and allocations, those of each part compared with each other.

        Errors: `ConservationViolated`, naming a group by its number in a part; `BrokenReply`.
        """

        def checked(number: int) -> dict[str, pa.Table]:
            tables = {what: self._fetch(number, what, deadline) for what in ("groups", "allocations")}
            check_groups(**tables)
            return tables

        return merged(self._each(checked), self._division.order)

    def stages(self, deadline: Deadline) -> pa.Table:
        """The counters of the nodes, added up."""
        return added_stages(self._each(lambda number: self._fetch(number, "stages", deadline)))

    def explain(self, ids: list[int | str], *, apart: bool, about: Description, deadline: Deadline) -> dict[str, Any]:
        """The explanation of rows after a solve, by the instance that has them.

        Errors: `NotInOnePart`; those of the command.
        """
        ids = texts_for(self._division.ids, ids)
        parts = set(self._part_of(ids).values())
        if len(parts) > 1:
            raise NotInOnePart("the rows are in several parts")
        number = next(iter(parts), 0)
        return self._explain(number, ids, self._whole_numbers(about, deadline)[number], apart=apart, deadline=deadline)

    def by_part(self, ids: list[int | str]) -> list[tuple[int, list[int | str]]]:
        """Ids by the part that has their rows, for `explain_apart`; the first part refuses those that no row has."""
        ids = texts_for(self._division.ids, ids)
        part_of = self._part_of(ids)
        of_part: dict[int, list[int | str]] = {}
        for one in ids:
            of_part.setdefault(part_of.get(one, 0), []).append(one)
        return sorted(of_part.items())

    def explain_apart(
        self, rows_of_parts: Sequence[tuple[int, list[int | str]]], *, about: Description, deadline: Deadline
    ) -> list[dict[str, Any]]:
        """Explanations of rows, each for itself: for each of these parts, which are different ones, of its rows.

        Errors: `NotInOnePart` for a strategy whose explanations are of all parts; those of the command.
        """
        whole = self._whole_numbers(about, deadline)
        asked = dict(rows_of_parts)

        def ask(number: int) -> list[dict[str, Any]]:
            ids = asked.get(number)
            return [self._explain(number, ids, whole[number], apart=True, deadline=deadline)] if ids else []

        return [data for found in self._each(ask) for data in found]

    def _part_of(self, ids: list[int | str]) -> dict[int | str, int]:
        """The part of each row with one of these ids."""
        mine = rows_with(self._division.ids, ids)
        found = self._division.ids.take(mine).to_pylist(), self._division.order.part.take(mine).to_pylist()
        return dict(zip(*found, strict=True))

    def _explain(
        self, number: int, ids: list[int | str], whole: WholeNumbers, *, apart: bool, deadline: Deadline
    ) -> dict[str, Any]:
        command = encode("explain", {"ids": ids, **({"apart": True} if apart else {})})
        data = self._send(number, command, deadline).get("explain")
        if not isinstance(data, dict):
            _refuse("an explanation is no object")
        return whole.explanation(cast("dict[str, Any]", data))

    def _whole_numbers(self, about: Description, deadline: Deadline) -> list[WholeNumbers]:
        """For each part what its explanations are told with; the same until the instances are left."""
        if self._numbers is None:
            nodes = nodes_of_all(about)
            if nodes is None:
                raise NotInOnePart("nodes above the partition tell of rows of all parts")
            order = self._division.order
            groups = self._each(lambda number: self._fetch(number, "groups", deadline))
            numbers = group_numbers(groups, order, has_text_ids=about.id_is_text)
            sizes = sizes_of(self.stages(deadline), nodes)
            self._numbers = [
                WholeNumbers(own, order.arrivals(number) if about.id_is_text else None, sizes)
                for number, own in enumerate(numbers)
            ]
        return self._numbers

    def _step(self, number: int, deadline: Deadline, budget: int, before: int) -> Step:
        command = encode("solve", solving(budget, certify=self._certifies))
        return step_of(self._send(number, command, deadline), before)

    def _progress(self) -> Step | None:
        """The progress of all, once each has told its own.

        Beside its lots an instance counts one unit, which is the last: of those of all, one is left.
        """
        steps = [step for step in self._at if step is not None]
        if len(steps) < len(self._at):
            return None
        total = sum(step.total for step in steps) - len(steps) + 1
        done = min(sum(step.done for step in steps), total - 1)
        certified = [step.certified for step in steps if step.certified is not None]
        is_over = all(step.is_last for step in steps)
        return Step(total if is_over else done, total, sum(certified) if certified else None)

    def _send(self, number: int, command: bytes, deadline: Deadline, rows: Division | None = None) -> dict[str, object]:
        payload = None if rows is None else rows.part(number)
        return envelope_of(self._instances[number].dispatch(command, payload, deadline), self._most_json)

    def _fetch(self, number: int, what: str, deadline: Deadline) -> pa.Table:
        table = all_pages(what, partial(self._page, number, what, deadline), _refuse)
        assert table is not None
        return table

    def _page(self, number: int, what: str, deadline: Deadline, page: Mapping[str, int]) -> pa.Table:
        reply = self._instances[number].dispatch(encode("fetch", {"what": what, **page}), None, deadline)
        if reply.startswith(b"{"):
            envelope_of(reply, self._most_json)
            _refuse(f"fetch of {what} was answered with JSON")
        return read(what, reply)

    def _each(self, work: Callable[[int], T]) -> list[T]:
        """Carries work out for each instance, in a thread of its own; the first failure stops the others."""
        results: dict[int, T] = {}
        failures: list[BaseException] = []

        def run(number: int) -> None:
            try:
                results[number] = work(number)
            except BaseException as error:  # handed to the thread that waits
                failures.append(error)
                self.cancel()

        others = [
            threading.Thread(target=run, args=(number,), name="florecon-instance", daemon=True)
            for number in range(1, len(self))
        ]
        for thread in others:
            thread.start()
        run(0)
        for thread in others:
            thread.join()
        if failures:
            self.poisoned = failures[0] if isinstance(failures[0], Poisoned) else Cancelled("an instance has failed")
            raise failures[0]
        return [results[number] for number in range(len(self))]


def _refuse(what: str) -> NoReturn:
    raise BrokenReply(what)
