"""Checks of a file against itself: running balances line by line, opening and closing balances of statements.

>>> balances = pa.array([Decimal("10.00"), Decimal("7.00"), Decimal("12.00")])
>>> moves = pa.array([Decimal("10.00"), Decimal("-3.00"), Decimal("4.00")])
>>> running_balance("bank.csv", "Balance", balances, moves, pa.array([2, 3, 4])).message
'bank.csv:4: Balance is 12.00, and 7.00 + 4.00 makes 11.00'
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.sources.cells import Check, Statement
from florecon_build.sources.declaration import Expect

WIDE = 60
BALANCE_HEADERS = (
    "balance",
    "running balance",
    "account balance",
    "saldo",
    "kontostand",
    "solde",
    "saldo nach buchung",
)
"""The headers of a running balance, in lower case, that are checked without a declaration."""


def running_balance(file: str, header: str, balances: pa.Array, moves: pa.Array, lines: pa.Array) -> Check:
    """Whether each balance is the one before plus the amount of its line, in the order of the file or against it.

    Parameters: decimals of one scale, and the line of each; rows without a balance are left out, their amounts are
    added to the next one's.
    """
    if not balances.null_count and not moves.null_count:
        wide = pa.decimal256(WIDE, balances.type.scale)
        level, step = balances.cast(wide), moves.cast(wide)
        if pc.all(pc.equal(pc.add(level.slice(0, len(level) - 1), step.slice(1)), level.slice(1))).as_py():
            return Check("balance", True, f"{file}: {header} is explained by the amounts, line by line")
    balance, move = balances.to_pylist(), moves.to_pylist()
    upward = _first_break(balance, move)
    if upward is None:
        return Check("balance", True, f"{file}: {header} is explained by the amounts, line by line")
    backward = _first_break(balance[::-1], move[::-1])
    if backward is None:
        return Check("balance", True, f"{file}: {header} is explained by the amounts, from the last line to the first")
    reverse = backward[0] > upward[0]
    at, before, amount, found = backward if reverse else upward
    line = lines[len(lines) - 1 - at if reverse else at].as_py()
    sign = "+" if amount >= 0 else "-"
    message = f"{file}:{line}: {header} is {found:,}, and {before:,} {sign} {abs(amount):,} makes {before + amount:,}"
    return Check("balance", False, message, line)


def _first_break(
    balances: Sequence[Decimal | None], moves: Sequence[Decimal | None]
) -> tuple[int, Decimal, Decimal, Decimal] | None:
    """The position of the first balance that is not explained, the balance before, the amount since and the balance."""
    before: Decimal | None = None
    since = Decimal(0)
    for at, (balance, move) in enumerate(zip(balances, moves, strict=True)):
        if move is not None:  # a line without an amount moves nothing
            since += move
        if balance is None:
            continue
        if before is not None and before + since != balance:
            return at, before, since, balance
        before, since = balance, Decimal(0)
    return None


def statements(found: Sequence[tuple[str, Statement]], expect: Expect | None = None) -> tuple[list[Check], list[str]]:
    """Checks of the statements of a source: each against its own balances, and those of an account in sequence.

    Parameters: `found` the statements with the names of their files; of `expect` the opening and closing balance, for
    formats that give none.
    Returns: the checks, and notes on what the balances leave open.
    """
    checks: list[Check] = []
    notes: list[str] = []
    accounts: dict[tuple[str, str | None], list[tuple[str, Statement]]] = {}
    for file, one in found:
        checks += own_balances(file, one)
        if one.opening is None and one.closing is not None and len(found) == 1 and not _proves(expect):
            before = one.closing - one.moved
            notes.append(
                f"{file}: {_account(one)}: closing {one.closing:,}{_code(one)} is right if the account opened with "
                f'{before:,}; expect = {{ opening = "{before}" }} checks that'
            )
        accounts.setdefault((one.account, one.currency), []).append((file, one))
    for group in accounts.values():
        more, told = _sequence(group)
        checks += more
        notes += told
    if expect is not None and _proves(expect):
        checks += _expected_balances([one for _, one in found], expect)
    return checks, notes


def own_balances(file: str, one: Statement) -> Iterator[Check]:
    """Whether opening balance plus entries is the closing balance, where a statement gives both."""
    if one.opening is None or one.closing is None:
        return
    sums = f"opening {one.opening:,} and entries {one.moved:,} make {one.opening + one.moved:,}{_code(one)}"
    if one.opening + one.moved == one.closing:
        yield Check("balance", True, f"{file}: {_account(one)}: {sums}, the closing balance")
    else:
        yield Check("balance", False, f"{file}: {_account(one)}: {sums}, and closing is {one.closing:,}", one.last_line)


def _proves(expect: Expect | None) -> bool:
    return expect is not None and (expect.opening is not None or expect.closing is not None)


def _sequence(group: Sequence[tuple[str, Statement]]) -> tuple[list[Check], list[str]]:
    """Whether the statements of an account, in the order of their days, continue one another."""
    checks: list[Check] = []
    notes: list[str] = []
    ordered = sorted(group, key=lambda item: _position(item[1]))
    followed = 0
    for (_, before), (file, one) in pairwise(ordered):
        if before.closing is None or one.closing is None:
            continue
        place = f"{file}: {_account(one)}: the statement at line {one.first_line}"
        if one.moved and _position(before) == _position(one) and _balances(before) == _balances(one):
            checks.append(Check("balance", False, f"{place} is given twice", one.first_line))
        elif one.opening is None:  # the balance at the end of the one before is that at the beginning
            if before.closing_day is None or before.closing_day != one.since:
                continue
            made = before.closing + one.moved
            if made == one.closing:
                followed += 1
            else:
                told = f"{before.closing:,} and entries {one.moved:,} make {made:,}, and the balance is {one.closing:,}"
                checks.append(Check("balance", False, f"{place}: {told}{_code(one)}", one.last_line))
        elif one.opening == before.closing:
            followed += 1
        else:
            told = f"{place} opens with {one.opening:,}, and the one before closed with {before.closing:,}{_code(one)}"
            if _follows(before, one):
                checks.append(Check("balance", False, told, one.first_line))
            else:
                notes.append(f"{told}: a statement between them is missing")
    if followed and all(check.holds for check in checks):
        many = (
            "1 statement continues the one before"
            if followed == 1
            else f"{followed:,} statements continue the ones before"
        )
        checks.append(Check("balance", True, f"{_account(ordered[0][1])}: {many}"))
    return checks, notes


def _position(one: Statement) -> tuple[datetime.date, int, int]:
    return one.closing_day or datetime.date.min, one.number or 0, one.page or 0


def _balances(one: Statement) -> tuple[Decimal | None, Decimal, Decimal | None]:
    return one.opening, one.moved, one.closing


def _follows(before: Statement, one: Statement) -> bool:
    """Whether a statement has the number, or the page, behind that of another one."""
    if before.number is None or one.number is None:
        return False
    if one.number == before.number:
        return before.page is not None and one.page == before.page + 1
    return one.number == before.number + 1 and one.page in {None, 1}


def _expected_balances(found: Sequence[Statement], expect: Expect) -> Iterator[Check]:
    """The opening and closing balance that are expected of a source with one account."""
    ordered = sorted(found, key=_position)
    if len({(one.account, one.currency) for one in found}) != 1:
        yield Check("expect", False, "expect opening or closing wants a source with statements of one account")
        return
    moved = sum((one.moved for one in ordered), Decimal(0))
    opening, closing = ordered[0].opening, ordered[-1].closing
    if opening is None:
        opening = expect.opening
    elif expect.opening is not None:
        yield Check("expect", opening == expect.opening, f"expected opening {expect.opening:,}, read {opening:,}")
    wanted = closing if expect.closing is None else expect.closing
    if opening is not None and wanted is not None:
        made = opening + moved
        told = f"opening {opening:,} and entries {moved:,} make {made:,}{_code(ordered[0])}"
        end = ", the closing balance" if made == wanted else f", and closing is {wanted:,}"
        yield Check("expect", made == wanted, f"{_account(ordered[0])}: {told}{end}")
    if closing is not None and expect.closing is not None:
        yield Check("expect", closing == expect.closing, f"expected closing {expect.closing:,}, read {closing:,}")


def _account(one: Statement) -> str:
    return f"account {one.account}" if one.account else "the statement"


def _code(one: Statement) -> str:
    return f" {one.currency}" if one.currency else ""
