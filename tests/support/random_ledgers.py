"""Random ledgers of a given schema, in distributions that are hard for a matcher."""

from __future__ import annotations

import random
from collections.abc import Callable

from florecon_build.ir.expressions import Constant
from florecon_build.ir.nodes import Column
from florecon_build.ir.types import Kind

Row = dict[str, Constant]
EDGE = 2**63 - 1

# Words share stems, case, accents and digits, so that tokens, prefixes and similarities meet and miss.
WORDS = [
    "INV10023",
    "inv10023",
    "PO-77812",
    "Müller",
    "MULLER",
    "",
    " ",
    "wire 8812 fee",
    "ΑΒΓ σς",
    "a",
    "ACME CO",
    "acme co.",
]
COMPANIES = ["A01", "B02", "C03"]
DAY = 20_089


def ordinary(rng: random.Random) -> int:
    """A few cents to a few thousand, both signs, with many repeats."""
    return rng.choice([-1, 1]) * rng.choice([1, 2, 5, 100, 101, 250, 250, 1_000, rng.randrange(1, 5_000)])


def equal(rng: random.Random) -> int:
    """One amount, both signs."""
    return rng.choice([-500, 500])


def one_sided(rng: random.Random) -> int:
    """Positive only."""
    return rng.randrange(1, 50)


def tiny(rng: random.Random) -> int:
    """Zero and its neighbours."""
    return rng.choice([-2, -1, 0, 0, 1, 2])


def huge(rng: random.Random) -> int:
    """The edge of what an amount may be."""
    return rng.choice([-1, 1]) * rng.choice([EDGE, EDGE - 1, EDGE // 2, EDGE // 3, 10**15, 1])


def mixed(rng: random.Random) -> int:
    """Any of the others."""
    return rng.choice([ordinary, equal, tiny, ordinary, ordinary])(rng)


AMOUNTS: dict[str, Callable[[random.Random], int]] = {
    "ordinary": ordinary,
    "equal": equal,
    "one_sided": one_sided,
    "tiny": tiny,
    "huge": huge,
    "mixed": mixed,
}
SHAPES = ("ordinary", "mixed", "equal", "ordinary", "tiny", "one_sided", "mixed", "huge")


def cell(column: Column, rng: random.Random, amount: Callable[[random.Random], int]) -> Constant:
    """A value that the column accepts."""
    if column.type.nullable and rng.random() < 0.25:
        return None
    match column.type.kind:
        case Kind.INTEGER:
            return rng.choice([0, 1, 2, 3, -1, 7, 100])
        case Kind.REAL:
            return rng.choice([0.0, -0.0, 0.5, 1.0, -2.25, 1e6, 1 / 3])
        case Kind.TEXT:
            return rng.choice(COMPANIES if rng.random() < 0.6 else WORDS)
        case Kind.MONEY:
            return amount(rng)
        case Kind.DATE:
            return DAY + rng.choice([0, 0, 1, 2, 3, 5, 8, 31, -30])
        case Kind.BOOLEAN:
            return rng.random() < 0.5
        case Kind.LIST | Kind.TUPLE:
            raise ValueError(f"column {column.name} is {column.type}: no column has this type")


def ledger(columns: tuple[Column, ...], rng: random.Random, shape: str, size: int) -> list[Row]:
    """``size`` rows with distinct ids in no order; in half of the ledgers the last row brings the total to zero."""
    amount = AMOUNTS[shape]
    id_column = next(column for column in columns if column.id)
    ids: list[int] = rng.sample(range(-size, 4 * size + 4), size)
    rows: list[Row] = []
    for number in ids:
        row = {column.name: cell(column, rng, amount) for column in columns}
        row[id_column.name] = number if id_column.type.kind is Kind.INTEGER else f"r{number}"
        rows.append(row)
    display = next((column.name for column in columns if column.display), None)
    if rows and display is not None and rng.random() < 0.5:
        rest = sum(value for row in rows[:-1] if isinstance(value := row[display], int))
        if abs(rest) <= EDGE:
            rows[-1][display] = -rest
    return rows
