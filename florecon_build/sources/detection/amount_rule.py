"""Amount of a file: the rule that its cells prove, or the candidates among which a person has to choose.

A running balance proves sign and amount at once: the rule whose amounts explain every step from one balance to the
next is right. Without one, credit and debit columns, a column of signs, or the only column of amounts decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from florecon_build.sources.amounts import Evidence, Mark
from florecon_build.sources.declaration import ColumnRule, CreditDebit, Header, Signed, Sum
from florecon_build.sources.detection.columns import MARKS, Facts, Numbers
from florecon_build.sources.words import AMOUNT, CREDIT, DEBIT, NOT_AMOUNT, SIGN, SIGNS, folded

STEPS = 2
"""Steps of a balance that are proof; with a header that says a balance, one is."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule with the amounts that it gives, and the columns that it reads numbers from."""

    rule: ColumnRule
    amounts: Numbers
    columns: tuple[Facts, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the rule and the decimal mark, each None where it is open; then ``candidates`` and ``marks``.

    ``balance`` is the header of the balance that the rule explains; ``why`` says what decided.
    """

    candidates: tuple[Candidate, ...] = ()
    marks: tuple[Mark, ...] = ()
    balance: str | None = None
    why: str = ""

    @property
    def rule(self) -> Candidate | None:
        """The candidate where there is one only."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def mark(self) -> Mark | None:
        """The decimal mark where one only is possible."""
        return self.marks[0] if len(self.marks) == 1 else None


def find(columns: Sequence[Facts], mark: Mark | None = None) -> Found:
    """The amount of a file. Parameters: `mark` is the decimal mark where it is declared."""
    among: tuple[Mark, ...] = MARKS if mark is None else (mark,)
    proved = list(_proved(columns, among))
    if proved:
        first = proved[0][1]
        same = [one for one in proved if one[1].rule == first.rule]
        if all(one[1].rule == first.rule or list(one[1].amounts) == list(first.amounts) for one in proved):
            marks: tuple[Mark, ...] = tuple(dict.fromkeys(one[0] for one in same))
            decided = _marks(first.columns, columns, marks)
            why = f"explains the balance {same[0][2]!r}, line by line"
            return Found((first,), decided, same[0][2], why)
    candidates, why = _by_evidence(columns)
    used = [column for one in candidates for column in one.columns]
    possible: tuple[Mark, ...] = tuple(one for one in among if all(one in column.numbers for column in used))
    return Found(tuple(candidates), _marks(used, columns, possible), None, why)


def _marks(used: Sequence[Facts], columns: Sequence[Facts], possible: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """The decimal marks that remain: that of the amounts, else that of the other columns of numbers."""
    if len(possible) < 2:
        return possible
    for among in (used, [column for column in columns if column.is_number and column.has_marks]):
        said = Evidence()
        for column in among:
            said |= column.marks
        if said.conflict:
            return possible
        if said.point_only is not None or said.comma_only is not None:
            mark = said.mark()
            return possible if mark is None else (mark,)
    undecided = any(column.marks.undecided is not None for column in used)
    return possible if undecided else (".",)


def _proved(columns: Sequence[Facts], marks: Sequence[Mark]) -> Iterator[tuple[Mark, Candidate, str]]:
    """Rules that explain a running balance, with the mark and the balance."""
    numeric = [column for column in columns if column.is_number]
    for mark in marks:
        readable = [column for column in numeric if mark in column.numbers]
        for balance in readable:
            if balance.counts_rows or not (balance.may_be_balance or balance.has_marks):
                continue
            for candidate in _expressions([one for one in readable if one is not balance], columns, mark):
                if _explains(balance.numbers[mark], candidate.amounts, 1 if balance.may_be_balance else STEPS):
                    yield mark, candidate, balance.header


def _explains(balances: Numbers, amounts: Numbers, needed: int) -> bool:
    pairs = list(zip(balances, amounts, strict=True))
    distinct = {amount for amount in amounts if amount}
    if not distinct or (len(distinct) < 2 and len(pairs) > 2 and needed > 1):
        return False
    return _steps(pairs) >= needed or _steps(pairs[::-1]) >= needed


def _steps(pairs: Sequence[tuple[Decimal | None, Decimal | None]]) -> int:
    """The steps from one balance to the next that the amounts explain; -1 where one is not."""
    before: Decimal | None = None
    since, count = ZERO, 0
    for balance, amount in pairs:
        since += amount or ZERO
        if balance is None:
            continue
        if before is not None:
            if before + since != balance:
                return -1
            count += since != 0
        before, since = balance, ZERO
    return count


def _expressions(numeric: Sequence[Facts], columns: Sequence[Facts], mark: Mark) -> Iterator[Candidate]:
    """Every rule that a balance may prove: one column, its opposite, two columns, an amount with a column of signs."""
    for column in numeric:
        values = column.numbers[mark]
        yield Candidate(Header(column.header), values, (column,))
        if any(values):
            yield Candidate(Header(column.header, negate=True), _negated(values), (column,))
        yield from _signed(column, columns, mark)
    for first, second in itertools.permutations(numeric, 2):
        yield from _pair(first, second, mark)


def _negated(values: Numbers) -> Numbers:
    return [None if value is None else -value for value in values]


def _pair(credit: Facts, debit: Facts, mark: Mark, *, named: bool = False) -> Iterator[Candidate]:
    """Credit less debit, or their sum where debits have their own minus; each row fills one of the two.

    Where the headers name them, one of the columns may be empty.
    """
    nothing: Numbers = [None] * len(credit.texts)
    plus, minus = credit.numbers.get(mark, nothing), debit.numbers.get(mark, nothing)
    rows = list(zip(plus, minus, strict=True))
    if any(a and b for a, b in rows) or not (any(plus) or any(minus)) or not (named or (any(plus) and any(minus))):
        return
    columns = tuple(column for column in (credit, debit) if column.filled)
    own_signs = all((a or ZERO) >= 0 for a in plus) and all((b or ZERO) <= 0 for b in minus)
    if own_signs and any(minus):
        yield Candidate(Sum((credit.header, debit.header)), [_less(a, b, -1) for a, b in rows], columns)
        return
    yield Candidate(CreditDebit(credit.header, debit.header), [_less(a, b, 1) for a, b in rows], columns)


def _less(plus: Decimal | None, minus: Decimal | None, sign: int) -> Decimal | None:
    if plus is None and minus is None:
        return None
    return (plus or ZERO) - sign * (minus or ZERO)


def _signed(column: Facts, columns: Sequence[Facts], mark: Mark) -> Iterator[Candidate]:
    """An amount without signs, and each column that may hold its sign."""
    values = column.numbers[mark]
    if any(value is not None and value < 0 for value in values):
        return
    for other in columns:
        negative = None if other is column else negative_signs(other)
        if negative is None:
            continue
        amounts = [
            None if value is None else -value if (text or "").strip() in negative else value
            for value, text in zip(values, other.texts, strict=True)
        ]
        if all(text is not None and text.strip() for text, value in zip(other.texts, values, strict=True) if value):
            yield Candidate(Signed(column.header, other.header, tuple(sorted(negative))), amounts, (column,))


def negative_signs(column: Facts) -> set[str] | None:
    """The texts of a column of signs that stand for negative amounts; None where it is no such column."""
    texts = {text.strip() for text in column.filled}
    if not 1 <= len(texts) <= 4 or column.is_day:
        return None
    plain = {text: text if text in "+-" else folded(text).rstrip(".") for text in texts}
    for positive, negative in SIGNS:
        if set(plain.values()) <= positive | negative:
            return {text for text in texts if plain[text] in negative}
    return None


def _unknown_signs(column: Facts, columns: Sequence[Facts], mark: Mark) -> Iterator[Candidate]:
    """An amount without signs beside a column that is one of signs by its header, in words that are not known."""
    values = column.numbers[mark]
    if any(value is not None and value < 0 for value in values):
        return
    for other in columns:
        texts = sorted({text.strip() for text in other.filled})
        if other is column or len(texts) != 2 or not other.words & SIGN or other.is_number or not other.complete:
            continue
        for negative in texts:
            amounts = [
                None if value is None else -value if (text or "").strip() == negative else value
                for value, text in zip(values, other.texts, strict=True)
            ]
            yield Candidate(Signed(column.header, other.header, (negative,)), amounts, (column,))


def _decides(column: Facts) -> bool:
    """Whether a column of signs shows that it is one: by both signs, or by its header."""
    return len({text.strip() for text in column.filled}) > 1 or bool(column.words & SIGN)


def _by_evidence(columns: Sequence[Facts]) -> tuple[list[Candidate], str]:
    """Candidates without a balance, and what decided where there is one."""
    readable = [column for column in columns if column.may_be_amount]
    sided = [column for column in columns if column.may_be_amount or not column.filled]
    pairs = [
        candidate
        for first, second in itertools.permutations(sided, 2)
        if first.words & (CREDIT - AMOUNT) and second.words & (DEBIT - AMOUNT)
        for mark in MARKS
        if all(mark in column.numbers for column in (first, second) if column.filled)
        for candidate in _pair(first, second, mark, named=True)
    ]
    pairs = list({candidate.rule: candidate for candidate in pairs}.values())
    if len(pairs) == 1:
        return pairs, "one column of credits and one of debits, of which each row fills one"
    if pairs:
        return pairs, ""
    taken = readable
    named = [column for column in taken if column.words & AMOUNT]
    rivals = [column for column in taken if column in named or column.has_marks]
    chosen = named if len(named) == 1 and len(rivals) == 1 else rivals or named
    if not chosen:
        chosen = [
            column
            for column in columns
            if column.is_number and not column.words & NOT_AMOUNT
            if not (column.may_be_balance or column.is_year or column.counts_rows or column.unique)
        ]
        return [_single(column) for column in chosen], ""
    chosen = _without_equals(chosen)
    candidates: list[Candidate] = []
    by_header = {column.header: column for column in columns}
    for column in chosen:
        mark = next(iter(column.numbers))
        signed = list(_signed(column, columns, mark))
        signed += [] if signed else list(_unknown_signs(column, columns, mark))
        sure = [
            one
            for one in signed
            if isinstance(one.rule, Signed)
            and negative_signs(by_header[one.rule.sign]) is not None
            and _decides(by_header[one.rule.sign])
        ]
        candidates += sure or [*signed, *_singles(column)]
    why = ""
    if len(candidates) == 1:
        why = "the only column of amounts"
        if isinstance(candidates[0].rule, Signed):
            why += ", without signs, beside a column of signs"
    return candidates, why


def _single(column: Facts) -> Candidate:
    return Candidate(Header(column.header), next(iter(column.numbers.values())), (column,))


def _singles(column: Facts) -> list[Candidate]:
    """The column as it stands; and with the opposite sign, where its header says debits and none has a sign."""
    plain = _single(column)
    if not column.words & DEBIT or column.words & AMOUNT or any((value or ZERO) < 0 for value in plain.amounts):
        return [plain]
    return [plain, Candidate(Header(column.header, negate=True), _negated(plain.amounts), (column,))]


def _without_equals(columns: Sequence[Facts]) -> list[Facts]:
    """Columns of which none repeats the cells of an earlier one."""
    kept: list[Facts] = []
    for column in columns:
        if not any(list(column.texts) == list(other.texts) for other in kept):
            kept.append(column)
    return kept
