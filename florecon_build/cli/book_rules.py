"""Rules of a book on the command line: reason codes as a table, the policy as a sentence, amounts as typed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from florecon_build.cli import console
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.host.decisions.codes import Code
from florecon_build.host.report.currencies import NO_CURRENCY, format_minor

MAX_DIGITS = 15
"""Digits of an amount before its decimals, less one."""


def print_codes(found: Mapping[str, Code], scale: int) -> None:
    """Prints codes as a table."""
    lines = [
        [code, each.effect, "" if each.second_person_from is None else plain_amount(each.second_person_from, scale)]
        for code, each in sorted(found.items())
    ]
    heads = ["code", "the item is", "second person from"]
    console.print_unclipped(console.out(), console.table(heads, lines, text=(0, 1)))


def policy_line(amount: int | None, scale: int) -> str:
    """The policy in a sentence.

    >>> policy_line(100_000, 2), policy_line(None, 2)
    ('decisions of at least 1,000.00 wait for a second person', 'no amount requires a second person')
    """
    if amount is None:
        return "no amount requires a second person"
    return f"decisions of at least {plain_amount(amount, scale)} wait for a second person"


def plain_amount(minor: int, scale: int) -> str:
    """An amount of no currency: two decimals, and more where it has them.

    >>> plain_amount(500_000, 3), plain_amount(1_234, 3), plain_amount(500, 0)
    ('500.00', '1.234', '500')
    """
    text, few = format_minor(minor, scale, NO_CURRENCY), min(scale, 2)
    whole, point, decimals = text.partition(".")
    return f"{whole}{point}{decimals[:few]}{decimals[few:].rstrip('0')}"


def minor_amount(text: str, scale: int, option: str) -> int:
    """An amount in minor units. Errors: `CommandError` for what is none, or has too many decimals."""
    wrong = CommandError(
        f"{option}: {text!r} is no amount of at most {console.plural(scale, 'decimal')}",
        f"write it as {plain_amount(1000 * 10**scale, scale).replace(',', '')}, without signs and separators",
        Exit.USAGE,
    )
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise wrong from None
    if not amount.is_finite() or amount.is_signed() or amount.adjusted() > MAX_DIGITS:
        raise wrong
    minor = amount.scaleb(scale)
    if minor != minor.to_integral_value():
        raise wrong
    return int(minor)
