"""Text functions, key expressions, and expressions over a pair of rows."""

from __future__ import annotations

from florecon_build.frontend.diagnostics import authored, fail
from florecon_build.frontend.handles import BooleanExpr, built, describe
from florecon_build.frontend.numeric import IntegerExpr, RealExpr, unary
from florecon_build.frontend.parameters import Tolerance, tolerance_of
from florecon_build.frontend.rows import Rows, Side, side_of
from florecon_build.frontend.text import (
    ListExpr,
    TextExpr,
    TupleExpr,
    concat_texts,
    nullable_text_of,
    text_of,
)
from florecon_build.frontend.text_settings import check_keep, check_pattern, whole
from florecon_build.ir import expressions as e
from florecon_build.ir import types as t


@authored
def concat(*texts: TextExpr | str) -> TextExpr:
    """Concatenates texts without a separator; none may be null.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), code=fb.text(), amount=fb.money(scale=2))
    >>> fb.concat("INV-", rows.code)
    <text fb.concat("INV-", row.code)>
    """
    return concat_texts(list(texts))


@authored
def sorted_pair(first: TextExpr | str, second: TextExpr | str) -> TupleExpr:
    """Key of two texts in ascending order, so that (A, B) equals (B, A); null if either is null.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), book=fb.text(), other=fb.text(), amount=fb.money(scale=2))
    >>> fb.sorted_pair(rows.book, rows.other)
    <(text, text) fb.sorted_pair(row.book, row.other)>
    """
    left, right = nullable_text_of(first, "sorted_pair"), nullable_text_of(second, "sorted_pair")
    kind = t.tuple_of(left.type, right.type)
    return built(TupleExpr, e.SortedPair(type=kind, left=left.ir, right=right.ir), left, right)


@authored
def tokens(text: TextExpr, min_length: int = 1, with_digit: bool = False, keep: str = "") -> ListExpr:
    """Distinct upper-case words of a text, as references for ``signal_group`` or ``flow``. A null text has none.

    Parameters: ``min_length`` is the smallest number of characters, ``with_digit=True`` takes only words with a digit.
    ``keep`` are signs that may stand inside of a word: with ``keep="-/"``, ``INV-0042`` is one word.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.tokens(rows.memo, min_length=6, with_digit=True)
    <list of text fb.tokens(row.memo, min_length=6, with_digit=True)>
    >>> fb.tokens(rows.memo, keep="-/")
    <list of text fb.tokens(row.memo, min_length=1, keep="-/")>
    """
    operand = nullable_text_of(text, "tokens")
    whole(min_length, "tokens: min_length", least=1)
    if not isinstance(with_digit, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        fail(
            "bad_setting",
            "tokens: with_digit must be True or False",
            got=describe(with_digit),
            fix="write True or False",
        )
    if check_keep(keep):
        kept = e.TokensKeeping(
            type=t.TEXT_LIST, operand=operand.ir, min_length=min_length, with_digit=with_digit, keep=keep
        )
        return built(ListExpr, kept, operand)
    tree = e.Tokens(type=t.TEXT_LIST, operand=operand.ir, min_length=min_length, with_digit=with_digit)
    return built(ListExpr, tree, operand)


@authored
def ngrams(text: TextExpr, size: int = 3) -> ListExpr:
    """Distinct substrings of ``size`` characters of the normalized text, as keys. A null text has none.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.ngrams(rows.memo, size=4)
    <list of text fb.ngrams(row.memo, size=4)>
    """
    operand = nullable_text_of(text, "ngrams")
    whole(size, "ngrams: size", least=1)
    return built(ListExpr, e.Ngrams(type=t.TEXT_LIST, operand=operand.ir, size=size), operand)


@authored
def extract_all(text: TextExpr, pattern: str) -> ListExpr:
    """Distinct parts of a text that a pattern finds, as references for ``signal_group`` or ``flow``. A null text has
    none.

    Parameters: ``pattern`` as for ``text.extract``. Where it has a group, the texts of the group are the references.

    Errors: ``bad_pattern`` with the place in the pattern.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.extract_all(rows.memo, "INV[-/][0-9/]+")
    <list of text fb.extract_all(row.memo, "INV[-/][0-9/]+")>
    """
    operand = nullable_text_of(text, "extract_all")
    check_pattern(pattern, "extract_all")
    return built(ListExpr, e.ExtractAll(type=t.TEXT_LIST, operand=operand.ir, pattern=pattern), operand)


@authored
def prefix(text: TextExpr, length: int) -> TextExpr:
    """First ``length`` characters of the normalized text, as a key for truncated names.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), name=fb.text(), amount=fb.money(scale=2))
    >>> fb.prefix(rows.name, 8)
    <text row.name.normalize().left(8)>
    """
    return text_of(text, "prefix").normalize().left(length)


def _similarity(op: e.SimilarityOp, what: str, first: object, second: object) -> RealExpr:
    left, right = text_of(first, what), text_of(second, what)
    return built(RealExpr, e.Similarity(type=t.REAL, op=op, left=left.ir, right=right.ir), left, right)


@authored
def dice(first: TextExpr | str, second: TextExpr | str) -> RealExpr:
    """Similarity of two texts from 0 to 1: Dice coefficient of the trigrams of the normalized texts.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), name=fb.text(), other=fb.text(), amount=fb.money(scale=2))
    >>> fb.dice(rows.name, rows.other) >= 0.7
    <boolean fb.dice(row.name, row.other) >= 0.7>
    """
    return _similarity(e.SimilarityOp.DICE, "dice", first, second)


@authored
def jaro_winkler(first: TextExpr | str, second: TextExpr | str) -> RealExpr:
    """Similarity of two short texts from 0 to 1: Jaro-Winkler on the normalized texts.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), name=fb.text(), other=fb.text(), amount=fb.money(scale=2))
    >>> fb.jaro_winkler(rows.name, rows.other) >= 0.9
    <boolean fb.jaro_winkler(row.name, row.other) >= 0.9>
    """
    return _similarity(e.SimilarityOp.JARO_WINKLER, "jaro_winkler", first, second)


@authored
def token_set(first: TextExpr | str, second: TextExpr | str) -> RealExpr:
    """Similarity of two texts from 0 to 1: share of the words of the shorter text that the other contains.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), name=fb.text(), other=fb.text(), amount=fb.money(scale=2))
    >>> fb.token_set(rows.name, rows.other)
    <real fb.token_set(row.name, row.other)>
    """
    return _similarity(e.SimilarityOp.TOKEN_SET, "token_set", first, second)


@authored
def prefix_similarity(first: TextExpr | str, second: TextExpr | str) -> RealExpr:
    """Similarity of two texts from 0 to 1: length of the common prefix divided by the shorter length; 1 if one is a
    truncation of the other.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), name=fb.text(), other=fb.text(), amount=fb.money(scale=2))
    >>> fb.prefix_similarity(rows.name, rows.other)
    <real fb.prefix_similarity(row.name, row.other)>
    """
    return _similarity(e.SimilarityOp.PREFIX, "prefix_similarity", first, second)


@authored
def amount_key() -> IntegerExpr:
    """Absolute amount of the lot as a key, so that opposite equal amounts are candidates.

    >>> import florecon_build as fb
    >>> fb.amount_key()
    <integer fb.abs(row.lot.amount)>
    """
    amount = IntegerExpr(e.LotAmount(type=t.INTEGER, var=e.Var.ITEM))
    return unary(IntegerExpr, e.UnaryOp.ABS, amount, "abs")


@authored
def nets(a: Side | Rows, b: Side | Rows, tol: Tolerance | IntegerExpr | int = 0) -> BooleanExpr:
    """Condition in the cost of a ``flow``: the current amounts of both lots cancel within a tolerance, which refers to
    these amounts.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> flow = fb.flow(
    ...     penalty=5, order=rows.day, window=3, cost=lambda a, b: fb.tier(fb.nets(a, b, fb.rel_tol(bps=50)), 1)
    ... )
    """
    if {side_of(a), side_of(b)} != {e.Var.A, e.Var.B}:
        got = f"{describe(a)}, {describe(b)}"
        fail(
            "scope",
            "nets needs the two sides of a pair",
            expected="the a and b of flow's cost",
            got=got,
            fix="nets(a, b, tol)",
        )
    return nets_within(tolerance_of(tol, "nets: tol"))


def nets_within(slack: Tolerance) -> BooleanExpr:
    """``Nets`` node of the current pair."""
    expr = built(BooleanExpr, e.Nets(type=t.BOOLEAN, tol=slack.ir))
    return BooleanExpr(expr.ir, slack.uses)
