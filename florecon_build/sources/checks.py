"""Checks of a file against itself: running balances line by line, opening and closing balances of statements.

>>> balances = pa.array([Decimal("10.00"), Decimal("7.00"), Decimal("12.00")])
>>> moves = pa.array([Decimal("10.00"), Decimal("-3.00"), Decimal("4.00")])
>>> running_balance("bank.csv", "Balance", balances, moves, pa.array([2, 3, 4])).message
'bank.csv:4: Balance is 12.00, and 7.00 + 4.00 makes 11.00'
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.sources.cells import Check, Statement

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


def statements(file: str, found: Sequence[Statement], amounts: pa.Array, lines: pa.Array) -> Iterator[Check]:
    """Whether opening balance plus entries is the closing balance, for each statement that gives both."""
    for one in found:
        if one.opening is None or one.closing is None:
            continue
        mine = pc.and_(pc.greater_equal(lines, one.first_line), pc.less_equal(lines, one.last_line))
        moved: Decimal = pc.sum(amounts.filter(mine).cast(pa.decimal256(WIDE, amounts.type.scale))).as_py() or Decimal(
            0
        )
        account = f"account {one.account}" if one.account else "the statement"
        code = f" {one.currency}" if one.currency else ""
        sums = f"opening {one.opening:,} and entries {moved:,} make {one.opening + moved:,}{code}"
        if one.opening + moved == one.closing:
            yield Check("balance", True, f"{file}: {account}: {sums}, the closing balance")
        else:
            yield Check("balance", False, f"{file}: {account}: {sums}, and closing is {one.closing:,}", one.last_line)
