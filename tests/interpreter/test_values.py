"""Evaluation of every value expression, by example, and the golden vectors shared with the Rust library."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florecon_build.interpreter import text
from florecon_build.interpreter.bag import Group, Lot
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import BadAmount, Overflow
from florecon_build.interpreter.evaluate import evaluate
from florecon_build.interpreter.keys import Plain
from florecon_build.ir import expressions as e
from florecon_build.ir.types import BOOLEAN, DATE, INTEGER, REAL, TEXT, TEXT_LIST, Type, money, tuple_of
from tests.interpreter import vectors
from tests.interpreter.build import abs_tol, rel_tol

EDGE = 2**63 - 1
BIT, OR_NULL = BOOLEAN, TEXT.with_nullable(True)
A = Lot(1, {"name": "Acme", "missing": None}, 700, 1_000)
B = Lot(2, {"name": "ACME", "missing": None}, -698, -698)
SCOPE = Scope(
    {e.Var.ITEM: A, e.Var.A: A, e.Var.B: B},
    Group((A, B), "test", None, 0),
    {"slack": 7},
    {0: "EUR", 1: ("EUR", 5)},
)


def lit(value: e.Constant) -> e.Lit:
    """A literal of the type that the constant has in Python."""
    types: dict[type, Type] = {bool: BOOLEAN, int: INTEGER, float: REAL, str: TEXT, type(None): OR_NULL}
    return e.Lit(type=types[type(value)], value=value)


def of(value: e.Value) -> Plain:
    """The value in the scope above."""
    return evaluate(value, SCOPE)


def arith(op: e.ArithOp, left: float, right: float) -> Plain:
    """An operation on two numbers of one type."""
    kind = REAL if isinstance(left, float) or isinstance(right, float) else INTEGER
    first, second = (e.Lit(type=kind, value=number) for number in (left, right))
    return of(e.Arith(type=kind, op=op, left=first, right=second))


def unary(op: e.UnaryOp, operand: float) -> Plain:
    """An operation on a number."""
    kind = REAL if isinstance(operand, float) else INTEGER
    return of(e.Unary(type=kind, op=op, operand=lit(operand)))


FAILS = e.Arith(type=INTEGER, op=e.ArithOp.ADD, left=lit(EDGE), right=lit(1))


def test_readings() -> None:
    assert of(e.Lane(type=TEXT, var=e.Var.B, name="name")) == "ACME"
    assert of(e.LotAmount(type=INTEGER, var=e.Var.B)) == -698
    assert of(e.LotOriginal(type=INTEGER, var=e.Var.ITEM)) == 1_000
    assert of(e.ParamRef(type=INTEGER, name="slack")) == 7
    assert of(e.ShardKey(type=TEXT, binder=0)) == "EUR"
    assert of(e.ShardKey(type=INTEGER, binder=1, part=1)) == 5
    assert of(e.Lit(type=REAL, value=2)) == 2.0
    assert isinstance(of(e.Lit(type=REAL, value=2)), float)


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        (e.ArithOp.ADD, 2, 3, 5),
        (e.ArithOp.SUB, -EDGE, 1, -(2**63)),
        (e.ArithOp.MUL, -2, 3, -6),
        (e.ArithOp.FLOOR_DIV, -7, 2, -4),
        (e.ArithOp.MOD, -7, 2, 1),
        (e.ArithOp.MIN, 3, -2, -2),
        (e.ArithOp.MAX, 3, -2, 3),
        (e.ArithOp.ADD, 0.1, 0.2, 0.1 + 0.2),
        (e.ArithOp.ADD, 1, 0.5, 1.5),
        (e.ArithOp.SUB, 1e308, -1e308, math.inf),
        (e.ArithOp.MUL, 1e200, 1e200, math.inf),
        (e.ArithOp.DIV, 1.0, 0.0, math.inf),
        (e.ArithOp.DIV, -1.0, 0.0, -math.inf),
        (e.ArithOp.MIN, 2.0, math.nan, 2.0),
        (e.ArithOp.MAX, 2.0, 3.0, 3.0),
    ],
)
def test_arithmetic(op: e.ArithOp, left: float, right: float, expected: float) -> None:
    assert arith(op, left, right) == expected


def test_nan_is_contagious_where_ieee_says_so() -> None:
    for found in (arith(e.ArithOp.DIV, 0.0, 0.0), arith(e.ArithOp.MIN, math.nan, 2.0)):
        assert isinstance(found, float)
        assert math.isnan(found)


@pytest.mark.parametrize(
    ("op", "left", "right"),
    [
        (e.ArithOp.ADD, EDGE, 1),
        (e.ArithOp.SUB, -EDGE, 2),
        (e.ArithOp.MUL, 2**32, 2**31),
    ],
)
def test_integers_never_wrap(op: e.ArithOp, left: int, right: int) -> None:
    with pytest.raises(Overflow):
        arith(op, left, right)


def test_unary() -> None:
    assert [unary(op, -5) for op in e.UnaryOp] == [5, 5, -1]
    assert [unary(op, -0.5) for op in (e.UnaryOp.NEG, e.UnaryOp.ABS)] == [0.5, 0.5]
    for op in (e.UnaryOp.NEG, e.UnaryOp.ABS):
        with pytest.raises(Overflow):
            unary(op, -(2**63))


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        (1, 2, [False, True, True, True, False, False]),
        ("b", "a", [False, True, False, False, True, True]),
        ("Z", "a", [False, True, True, True, False, False]),
        ("\uffff", "\U00010000", [False, True, True, True, False, False]),
        (False, True, [False, True, True, True, False, False]),
        (1.0, 1.0, [True, False, False, True, False, True]),
        (0.0, -0.0, [True, False, False, True, False, True]),
        (math.nan, math.nan, [False, True, False, False, False, False]),
        (2**53 + 1, float(2**53), [True, False, False, True, False, True]),
    ],
)
def test_comparisons(left: e.Constant, right: e.Constant, holds: list[bool]) -> None:
    assert [of(e.Compare(type=BIT, op=op, left=lit(left), right=lit(right))) for op in e.CompareOp] == holds


def test_tuples_and_lists_are_equal_part_by_part() -> None:
    one = e.MakeTuple(type=tuple_of(TEXT, INTEGER), operands=(lit("a"), lit(1)))
    two = e.MakeTuple(type=tuple_of(TEXT, INTEGER), operands=(lit("a"), lit(2)))
    assert of(e.Compare(type=BIT, op=e.CompareOp.EQ, left=one, right=one)) is True
    assert of(e.Compare(type=BIT, op=e.CompareOp.NE, left=one, right=two)) is True


def test_what_is_not_needed_is_not_evaluated() -> None:
    fails = e.Compare(type=BIT, op=e.CompareOp.EQ, left=FAILS, right=lit(0))
    assert of(e.Logic(type=BIT, op=e.LogicOp.AND, left=lit(False), right=fails)) is False
    assert of(e.Logic(type=BIT, op=e.LogicOp.OR, left=lit(True), right=fails)) is True
    assert of(e.Logic(type=BIT, op=e.LogicOp.OR, left=lit(False), right=lit(True))) is True
    assert of(e.Where(type=INTEGER, condition=lit(True), then=lit(1), otherwise=FAILS)) == 1
    assert of(e.Tier(type=INTEGER.with_nullable(True), condition=lit(False), cost=FAILS)) is None
    assert of(e.FirstOf(type=INTEGER, operands=(lit(None), lit(2), FAILS))) == 2
    with pytest.raises(Overflow):
        of(e.Logic(type=BIT, op=e.LogicOp.OR, left=lit(False), right=fails))


def test_nulls() -> None:
    missing = e.Lane(type=OR_NULL, var=e.Var.ITEM, name="missing")
    assert of(e.IsNull(type=BIT, operand=missing)) is True
    assert of(e.FirstOf(type=OR_NULL, operands=(missing, missing))) is None
    assert of(e.Tokens(type=TEXT_LIST, operand=missing, min_length=1, with_digit=False)) == ()
    assert of(e.Ngrams(type=TEXT_LIST, operand=missing, size=3)) == ()
    assert of(e.MakeTuple(type=tuple_of(OR_NULL, TEXT), operands=(missing, lit("a")))) is None
    assert of(e.SortedPair(type=tuple_of(OR_NULL, TEXT), left=lit("a"), right=missing)) is None
    table: tuple[tuple[e.Constant, e.Constant], ...] = (("Acme", 1),)
    assert of(e.Lookup(type=INTEGER, operand=missing, table=table, default=9)) == 9
    name = e.Lane(type=TEXT, var=e.Var.ITEM, name="name")
    assert of(e.Lookup(type=INTEGER, operand=name, table=table, default=9)) == 1
    assert of(e.Not(type=BIT, operand=lit(False))) is True


def test_casts() -> None:
    assert of(e.Cast(type=REAL, op=e.CastOp.TO_REAL, operand=lit(2**53 + 1))) == float(2**53)
    assert of(e.Cast(type=INTEGER, op=e.CastOp.TO_MINOR, operand=e.Lit(type=money(2), value=-5))) == -5
    with pytest.raises(Overflow):
        of(e.Cast(type=INTEGER, op=e.CastOp.TO_MINOR, operand=e.Lit(type=money(2), value=-(2**63))))

    def minor(major: float, scale: int) -> Plain:
        return of(e.Cast(type=money(scale), op=e.CastOp.MINOR_UNITS, operand=lit(major)))

    assert [minor(0.125, 2), minor(-0.125, 2), minor(1.5, 0), minor(0.0, 3)] == [13, -13, 2, 0]
    for bad in (math.nan, math.inf, 1e19, -9.3e16):
        with pytest.raises(BadAmount):
            minor(bad, 2)


def test_dates() -> None:
    leap = e.Lit(type=DATE, value=19_782)
    assert [of(e.DatePart(type=INTEGER, op=op, operand=leap)) for op in e.DatePartOp] == [2024, 2, 29, 19_782]
    assert of(e.Gap(type=INTEGER, left=lit(3), right=lit(10))) == 7
    with pytest.raises(Overflow):
        of(e.Gap(type=INTEGER, left=lit(-(2**63)), right=lit(1)))


def test_texts() -> None:
    name = lit("  Ab-9 é ")

    def made(op: e.TextOp) -> Plain:
        return of(e.TextFn(type=TEXT, op=op, operand=name))

    assert [made(op) for op in e.TextOp] == ["  AB-9 É ", "  ab-9 é ", "Ab-9 é", "9", "Ab9", "ab 9 e"]
    assert of(e.TextSlice(type=TEXT, op=e.TextSliceOp.RIGHT, operand=name, count=3)) == " é "
    assert of(e.TextSlice(type=TEXT, op=e.TextSliceOp.LEFT, operand=name, count=3)) == "  A"
    assert of(e.TextReplace(type=TEXT, operand=lit("aaa"), old="aa", new="b")) == "ba"
    assert of(e.TextSplit(type=OR_NULL, operand=lit("a/b"), separator="/", index=1)) == "b"
    assert of(e.TextSplit(type=OR_NULL, operand=lit("a/b"), separator="/", index=2)) is None
    assert of(e.TextConcat(type=TEXT, operands=(lit("a"), lit("b"), lit("c")))) == "abc"
    tests = [of(e.TextTest(type=BIT, op=op, operand=lit("abc"), other=lit("c"))) for op in e.TextTestOp]
    assert tests == [True, False, True]
    assert of(e.SortedPair(type=tuple_of(TEXT, TEXT), left=lit("b"), right=lit("a"))) == ("a", "b")


def test_lists() -> None:
    some = e.Tokens(type=TEXT_LIST, operand=lit("inv-42 of 7"), min_length=1, with_digit=False)
    digits = e.Tokens(type=TEXT_LIST, operand=lit("7 eleven"), min_length=1, with_digit=True)
    assert of(some) == ("42", "7", "INV", "OF")
    assert of(e.ListOverlaps(type=BIT, left=some, right=digits)) is True
    assert of(e.ListContains(type=BIT, operand=digits, element=lit("ELEVEN"))) is False
    assert of(e.ListSize(type=INTEGER, operand=some)) == 4


def test_pairs_and_groups() -> None:
    assert of(e.Nets(type=BIT, tol=abs_tol(2))) is True
    assert of(e.Nets(type=BIT, tol=rel_tol(20))) is False
    assert of(e.Nets(type=BIT, tol=abs_tol(-1))) is False
    metrics = [of(e.GroupMetric(type=INTEGER, op=op)) for op in e.MetricOp]
    assert metrics == [2, 2, 2, 700, 1, 1_398, 700, -698, 698, 1_698]
    assert of(e.GroupDistinct(type=INTEGER, operand=e.Lane(type=OR_NULL, var=e.Var.ITEM, name="missing"))) == 0
    assert of(e.GroupSpan(type=INTEGER, operand=e.LotOriginal(type=INTEGER, var=e.Var.ITEM))) == 1_698


def test_a_net_that_is_no_amount_cannot_be_read() -> None:
    huge = Scope(group=Group((Lot(1, {}, EDGE, EDGE), Lot(2, {}, 1, 1)), "test", None, 0))
    with pytest.raises(Overflow):
        evaluate(e.GroupMetric(type=INTEGER, op=e.MetricOp.NET), huge)


@pytest.mark.parametrize("op", list(e.SimilarityOp))
@given(left=st.text(), right=st.text())
def test_similarity_is_symmetric_enough_and_between_0_and_1(op: e.SimilarityOp, left: str, right: str) -> None:
    def alike(a: str, b: str) -> Plain:
        return of(e.Similarity(type=REAL, op=op, left=lit(a), right=lit(b)))

    found = alike(left, right)
    assert isinstance(found, float)
    assert 0.0 <= found <= 1.0
    assert alike(left, left) == 1.0
    if op is not e.SimilarityOp.JARO_WINKLER:
        assert found == alike(right, left)


@given(st.text())
def test_text_functions_settle(source: str) -> None:
    normal = text.normalize(source)
    assert text.strip(normal) == normal
    assert text.strip(text.strip(source)) == text.strip(source)
    assert list(text.tokens(source, 1, False)) == sorted(set(text.tokens(source, 1, False)))


@pytest.mark.slow
def test_the_golden_vectors_are_what_the_interpreter_computes() -> None:
    golden = vectors.FILE.read_text(encoding="ascii")
    # not one assert: a diff of a megabyte helps nobody
    same = golden == vectors.dump(vectors.build())
    assert same, "values.json is stale; if the change of meaning is meant: python -m tests.interpreter.vectors"
