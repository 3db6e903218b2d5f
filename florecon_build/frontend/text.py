"""Text and date handles, and the list and tuple handles that serve as keys."""

from __future__ import annotations

import datetime
from typing import Any

from florecon_build.frontend.constants import constant
from florecon_build.frontend.diagnostics import authored, fail
from florecon_build.frontend.handles import BooleanExpr, Expr, built, compare, describe, lift, never_null
from florecon_build.frontend.numeric import NUMBERS, IntegerExpr, MoneyExpr
from florecon_build.frontend.text_settings import (
    MAX_SCALE,
    check_date_format,
    check_decimal,
    check_pattern,
    plain_text,
    whole,
)
from florecon_build.ir import expressions as e
from florecon_build.ir.types import BOOLEAN, DATE, INTEGER, TEXT, Kind, money


class TextExpr(Expr):
    """Text expression, compared by UTF-8 bytes. A nullable text needs a default before any operation except use as a
    key.
    """

    __slots__ = ()

    @authored
    def __lt__(self, other: TextExpr | str) -> BooleanExpr:
        return compare(e.CompareOp.LT, self, other)

    @authored
    def __le__(self, other: TextExpr | str) -> BooleanExpr:
        return compare(e.CompareOp.LE, self, other)

    @authored
    def __gt__(self, other: TextExpr | str) -> BooleanExpr:
        return compare(e.CompareOp.GT, self, other)

    @authored
    def __ge__(self, other: TextExpr | str) -> BooleanExpr:
        return compare(e.CompareOp.GE, self, other)

    @authored
    def __add__(self, other: TextExpr | str) -> TextExpr:
        return concat_texts([self, other])

    @authored
    def __radd__(self, other: str) -> TextExpr:
        return concat_texts([other, self])

    @authored
    def upper(self) -> TextExpr:
        """Text in upper case, character by character.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.upper()
        <text row.memo.upper()>
        """
        return self._made(e.TextOp.UPPER)

    @authored
    def lower(self) -> TextExpr:
        """Text in lower case, character by character.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.lower()
        <text row.memo.lower()>
        """
        return self._made(e.TextOp.LOWER)

    @authored
    def strip(self) -> TextExpr:
        """Text without leading and trailing white space.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.strip()
        <text row.memo.strip()>
        """
        return self._made(e.TextOp.STRIP)

    @authored
    def digits(self) -> TextExpr:
        """The ASCII digits of the text.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
        >>> rows.account.digits().right(4)
        <text row.account.digits().right(4)>
        """
        return self._made(e.TextOp.DIGITS)

    @authored
    def alnum(self) -> TextExpr:
        """The ASCII letters and digits of the text.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.alnum()
        <text row.memo.alnum()>
        """
        return self._made(e.TextOp.ALNUM)

    @authored
    def normalize(self) -> TextExpr:
        """Normalized text without case, accents and punctuation: ``"Crédit-Suisse, AG"`` becomes ``"credit suisse
        ag"``.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.normalize()
        <text row.memo.normalize()>
        """
        return self._made(e.TextOp.NORMALIZE)

    @authored
    def left(self, count: int) -> TextExpr:
        """The first ``count`` characters, or all of a shorter text.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.left(3)
        <text row.memo.left(3)>
        """
        return self._sliced(e.TextSliceOp.LEFT, count)

    @authored
    def right(self, count: int) -> TextExpr:
        """The last ``count`` characters, or all of a shorter text.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.right(4)
        <text row.memo.right(4)>
        """
        return self._sliced(e.TextSliceOp.RIGHT, count)

    @authored
    def replace(self, old: str, new: str) -> TextExpr:
        """Text with every ``old`` replaced by ``new``, from left to right.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.replace("INV-", "")
        <text row.memo.replace("INV-", "")>
        """
        never_null(self, "replace")
        plain_text(old, "replace: old")
        if not isinstance(new, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            fail("type_mismatch", "replace: new", expected="a text constant", got=describe(new), fix="write a text")
        constant(new, None, "replace: new")
        return built(TextExpr, e.TextReplace(type=TEXT, operand=self.ir, old=old, new=new), self)

    @authored
    def split(self, separator: str, index: int) -> TextExpr:
        """Part ``index`` (from 0) of the text between ``separator``s; null if there is no such part.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.split("/", 2)
        <nullable text row.memo.split("/", 2)>
        """
        never_null(self, "split")
        plain_text(separator, "split: separator")
        whole(index, "split: index", least=0)
        tree = e.TextSplit(type=TEXT.with_nullable(True), operand=self.ir, separator=separator, index=index)
        return built(TextExpr, tree, self)

    @authored
    def concat(self, *others: TextExpr | str) -> TextExpr:
        """Concatenation of this text and the others, without a separator.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.concat("/", rows.memo)
        <text fb.concat(row.memo, "/", row.memo)>
        """
        return concat_texts([self, *others])

    @authored
    def contains(self, other: TextExpr | str) -> BooleanExpr:
        """True if ``other`` occurs in the text.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.contains("fee")
        <boolean row.memo.contains("fee")>
        """
        return self._tested(e.TextTestOp.CONTAINS, other)

    @authored
    def startswith(self, other: TextExpr | str) -> BooleanExpr:
        """True if the text begins with ``other``.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.startswith("INV-")
        <boolean row.memo.startswith("INV-")>
        """
        return self._tested(e.TextTestOp.STARTSWITH, other)

    @authored
    def endswith(self, other: TextExpr | str) -> BooleanExpr:
        """True if the text ends with ``other``.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.endswith("paid")
        <boolean row.memo.endswith("paid")>
        """
        return self._tested(e.TextTestOp.ENDSWITH, other)

    @authored
    def strip_left(self, characters: str) -> TextExpr:
        """Text without the characters that it begins with, such as the zeros in front of a number.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
        >>> rows.account.strip_left("0")
        <text row.account.strip_left("0")>
        """
        never_null(self, "strip_left")
        plain_text(characters, "strip_left: characters")
        return built(TextExpr, e.TextStripLeft(type=TEXT, operand=self.ir, characters=characters), self)

    @authored
    def to_integer(self) -> IntegerExpr:
        """Integer that the text is, without regard to white space around it; null if it is none of 64 bits.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.extract("INV-([0-9]+)").fill("").to_integer()
        <nullable integer fb.first_of(row.memo.extract("INV-([0-9]+)"), "").to_integer()>
        """
        never_null(self, "to_integer")
        return built(IntegerExpr, e.TextToInteger(type=INTEGER.with_nullable(True), operand=self.ir), self)

    @authored
    def to_date(self, format: str) -> DateExpr:
        """Date that the text is; null where it does not parse.

        Parameters: ``format`` has ``%d`` (day) and ``%m`` (month) of one or two digits, and ``%Y`` (four digits) or
        ``%y`` (two: 69 to 99 are 1969 to 1999), each once; ``%%`` and other characters stand for themselves.

        Errors: ``bad_format``.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), value_day=fb.text(), amount=fb.money(scale=2))
        >>> rows.value_day.to_date("%d/%m/%Y")
        <nullable date row.value_day.to_date("%d/%m/%Y")>
        """
        never_null(self, "to_date")
        check_date_format(format)
        return built(DateExpr, e.TextToDate(type=DATE.with_nullable(True), operand=self.ir, format=format), self)

    @authored
    def to_money(self, scale: int, decimal: str = ",") -> MoneyExpr:
        """Amount that the text is, as ``1.234,50`` or ``1 234,5-``; null where it does not parse.

        Parameters: ``scale`` is the number of decimals; more decimals than these parse only as zeros, as nothing is
        rounded. ``decimal`` is ``","`` or ``"."``; the other one, spaces and apostrophes may group digits in threes.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.extract("fee ([0-9.,]+)").fill("").to_money(2)
        <nullable money(scale=2) fb.first_of(row.memo.extract("fee ([0-9.,]+)"), "").to_money(2)>
        """
        never_null(self, "to_money")
        whole(scale, "to_money: scale", least=0, most=MAX_SCALE)
        check_decimal(decimal)
        kind = money(scale).with_nullable(True)
        return built(MoneyExpr, e.TextToMoney(type=kind, operand=self.ir, decimal=decimal), self)

    @authored
    def extract(self, pattern: str, group: int = 1) -> TextExpr:
        """Part of the text that a pattern finds; null without a match. Of several matches the first counts, then the
        longest.

        Parameters:
        - ``pattern``: text constant of the subset in docs/semantics.md: literals, classes, ``|``, repetition, at its
          ends ``^``, ``$`` and ``\\b``, and at most one group ``(..)``; ``(?:..)`` does not extract.
        - ``group``: 1 is the group, or the whole match of a pattern without one; 0 is the whole match.

        Errors: ``bad_pattern`` with the place in the pattern.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.extract("INV-0*([0-9]+)")
        <nullable text row.memo.extract("INV-0*([0-9]+)")>
        """
        never_null(self, "extract")
        check_pattern(pattern, "extract")
        whole(group, "extract: group", least=0, most=1)
        tree = e.TextExtract(type=TEXT.with_nullable(True), operand=self.ir, pattern=pattern, group=group)
        return built(TextExpr, tree, self)

    @authored
    def matches(self, pattern: str) -> BooleanExpr:
        """True if some part of the text matches a pattern, as in ``extract``; ``^`` and ``$`` stand for its ends.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> rows.memo.matches("^(?:SEPA|ACH) ")
        <boolean row.memo.matches("^(?:SEPA|ACH) ")>
        """
        never_null(self, "matches")
        check_pattern(pattern, "matches")
        return built(BooleanExpr, e.TextMatches(type=BOOLEAN, operand=self.ir, pattern=pattern), self)

    def _made(self, op: e.TextOp) -> TextExpr:
        never_null(self, op.value)
        return built(TextExpr, e.TextFn(type=TEXT, op=op, operand=self.ir), self)

    def _sliced(self, op: e.TextSliceOp, count: int) -> TextExpr:
        never_null(self, op.value)
        whole(count, f"{op.value}: count", least=1)
        return built(TextExpr, e.TextSlice(type=TEXT, op=op, operand=self.ir, count=count), self)

    def _tested(self, op: e.TextTestOp, other: TextExpr | str) -> BooleanExpr:
        never_null(self, op.value)
        text = text_of(other, op.value)
        return built(BooleanExpr, e.TextTest(type=BOOLEAN, op=op, operand=self.ir, other=text.ir), self, text)


class DateExpr(Expr):
    """Calendar day. Compares with dates and ``datetime.date`` constants, not with integers."""

    __slots__ = ()

    @authored
    def __lt__(self, other: DateExpr | datetime.date) -> BooleanExpr:
        return compare(e.CompareOp.LT, self, other)

    @authored
    def __le__(self, other: DateExpr | datetime.date) -> BooleanExpr:
        return compare(e.CompareOp.LE, self, other)

    @authored
    def __gt__(self, other: DateExpr | datetime.date) -> BooleanExpr:
        return compare(e.CompareOp.GT, self, other)

    @authored
    def __ge__(self, other: DateExpr | datetime.date) -> BooleanExpr:
        return compare(e.CompareOp.GE, self, other)

    @authored
    def __add__(self, other: object) -> Any:
        self._no_arithmetic("+")

    @authored
    def __radd__(self, other: object) -> Any:
        self._no_arithmetic("+")

    @authored
    def __sub__(self, other: object) -> Any:
        self._no_arithmetic("-")

    @authored
    def __rsub__(self, other: object) -> Any:
        self._no_arithmetic("-")

    @property
    @authored
    def year(self) -> IntegerExpr:
        """The year, as in 2024."""
        return self._part(e.DatePartOp.YEAR)

    @property
    @authored
    def month(self) -> IntegerExpr:
        """The month, 1 to 12."""
        return self._part(e.DatePartOp.MONTH)

    @property
    @authored
    def day(self) -> IntegerExpr:
        """The day of the month, 1 to 31."""
        return self._part(e.DatePartOp.DAY)

    @property
    @authored
    def month_end(self) -> DateExpr:
        """The last day of the month.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
        >>> fb.gap(rows.day, rows.day.month_end) <= 3
        <boolean fb.gap(row.day, row.day.month_end) <= 3>
        """
        never_null(self, "month_end")
        return built(DateExpr, e.DatePart(type=DATE, op=e.DatePartOp.MONTH_END, operand=self.ir), self)

    def _part(self, op: e.DatePartOp) -> IntegerExpr:
        never_null(self, op.value)
        return built(IntegerExpr, e.DatePart(type=INTEGER, op=op, operand=self.ir), self)

    def _no_arithmetic(self, symbol: str) -> None:
        fail(
            "type_mismatch",
            f"`{symbol}` is not defined for dates",
            expected="integer, real or money",
            got=describe(self),
            fix="use `fb.gap(a, b)` for the days between two dates, or `.year`, `.month`, `.day`, `.month_end`",
        )


class ListExpr(Expr):
    """List of distinct texts from ``tokens`` or ``ngrams``, used as several keys. Never null, but possibly empty."""

    __slots__ = ()

    @authored
    def overlaps(self, other: ListExpr) -> BooleanExpr:
        """True if the two lists share an element.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> row = rows.derive(words=fb.tokens(rows.memo, min_length=4))
        >>> flow = fb.flow(
        ...     penalty=9, match_keys=[row.words], cost=lambda a, b: fb.tier(a.words.overlaps(b.words), 1)
        ... )
        """
        return built(BooleanExpr, e.ListOverlaps(type=BOOLEAN, left=self.ir, right=list_of(other).ir), self, other)

    @authored
    def contains(self, element: TextExpr | str) -> BooleanExpr:
        """True if the list contains a text, in the exact form of ``tokens`` or ``ngrams``.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> fb.tokens(rows.memo).contains("REFUND")
        <boolean fb.tokens(row.memo, min_length=1).contains("REFUND")>
        """
        text = text_of(element, "contains")
        tree = e.ListContains(type=BOOLEAN, operand=self.ir, element=text.ir)
        return built(BooleanExpr, tree, self, text)

    @property
    @authored
    def size(self) -> IntegerExpr:
        """Number of elements of the list.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
        >>> fb.tokens(rows.memo).size > 1
        <boolean fb.tokens(row.memo, min_length=1).size > 1>
        """
        return built(IntegerExpr, e.ListSize(type=INTEGER, operand=self.ir), self)


class TupleExpr(Expr):
    """Composite key: equal if all parts are equal, null if any part is null."""

    __slots__ = ()

    @authored
    def __getitem__(self, part: int) -> Any:
        """Part ``part`` of a shard's key, in ``partition_by_with(key, lambda k: ..)``."""
        tree = self.ir
        if not isinstance(tree, e.ShardKey) or tree.part is not None:
            fix = "use the expressions the tuple is made of; only a shard's key has parts"
            fail("no_parts", "a part of a tuple cannot be read", got=describe(self), fix=fix)
        whole(part, "a part of the key", least=0)
        if part >= len(self.type.parts):
            fail("no_parts", f"the key has no part {part}", expected=f"0 to {len(self.type.parts) - 1}", got=str(part))
        return family_of(self.type.parts[part].kind)(
            e.ShardKey(type=self.type.parts[part], binder=tree.binder, part=part, span=tree.span), self.uses
        )


def family_of(kind: Kind) -> type[Expr]:
    """Handle class of a type kind."""
    return _FAMILIES[kind]


def wrap(expr: Expr) -> Expr:
    """Expression as a handle of its type."""
    return _FAMILIES[expr.type.kind](expr.ir, expr.uses)


def text_of(item: object, what: str) -> TextExpr:
    """Validates a text that is never null."""
    expr = never_null(nullable_text_of(item, what), what)
    return TextExpr(expr.ir, expr.uses)


def nullable_text_of(item: object, what: str) -> TextExpr:
    """Validates a text, nullable or not."""
    expr = lift(item, like=TEXT, what=what)
    if expr.type.kind is not Kind.TEXT:
        fail("type_mismatch", f"{what} needs a text", expected="text", got=describe(expr), fix="use a text lane")
    return TextExpr(expr.ir, expr.uses)


def list_of(item: object) -> ListExpr:
    """Validates a list of keys."""
    if not isinstance(item, ListExpr):
        fix = "make a list with `fb.tokens(text)` or `fb.ngrams(text)`"
        fail("type_mismatch", "overlaps needs two lists", expected="list of text", got=describe(item), fix=fix)
    return item


def concat_texts(items: list[TextExpr | str]) -> TextExpr:
    """Concatenation node."""
    texts = [text_of(item, "concat") for item in items]
    if len(texts) < 2:
        fail("too_few", "concat needs at least two texts", fix="use the text itself")
    return built(TextExpr, e.TextConcat(type=TEXT, operands=tuple(text.ir for text in texts)), *texts)


_FAMILIES: dict[Kind, type[Expr]] = {
    **NUMBERS,
    Kind.BOOLEAN: BooleanExpr,
    Kind.TEXT: TextExpr,
    Kind.DATE: DateExpr,
    Kind.LIST: ListExpr,
    Kind.TUPLE: TupleExpr,
}
