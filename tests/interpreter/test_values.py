"""Every value expression, by example; and the golden vectors that the Rust library is held to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florecon_build.ir import values as v
from florecon_build.ir.interpreter import text
from florecon_build.ir.interpreter.bag import Group, Lot
from florecon_build.ir.interpreter.errors import BadAmount, Overflow
from florecon_build.ir.interpreter.keys import Plain
from florecon_build.ir.interpreter.scope import Scope
from florecon_build.ir.interpreter.values import evaluate
from florecon_build.ir.types import BOOLEAN, DATE, INTEGER, REAL, TEXT, TEXT_LIST, Type, money, tuple_of
from tests.interpreter import vectors
from tests.interpreter.build import abs_tol, rel_tol

EDGE = 2**63 - 1
BIT, OR_NULL = BOOLEAN, TEXT.with_nullable(True)
A = Lot(1, {"name": "Acme", "missing": None}, 700, 1_000)
B = Lot(2, {"name": "ACME", "missing": None}, -698, -698)
SCOPE = Scope(
    {v.Var.ITEM: A, v.Var.A: A, v.Var.B: B},
    Group((A, B), "test", None, 0),
    {"slack": 7},
    {0: "EUR", 1: ("EUR", 5)},
)


def lit(value: v.Constant) -> v.Lit:
    """A literal of the type that the constant has in Python."""
    types: dict[type, Type] = {bool: BOOLEAN, int: INTEGER, float: REAL, str: TEXT, type(None): OR_NULL}
    return v.Lit(type=types[type(value)], value=value)


def of(value: v.Value) -> Plain:
    """The value in the scope above."""
    return evaluate(value, SCOPE)


def arith(op: v.ArithOp, left: float, right: float) -> Plain:
    """An operation on two numbers of one type."""
    kind = REAL if isinstance(left, float) or isinstance(right, float) else INTEGER
    return of(v.Arith(type=kind, op=op, left=lit(left), right=lit(right)))


def unary(op: v.UnaryOp, operand: float) -> Plain:
    """An operation on a number."""
    kind = REAL if isinstance(operand, float) and op is not v.UnaryOp.SIGN else INTEGER
    return of(v.Unary(type=kind, op=op, operand=lit(operand)))


FAILS = v.Arith(type=INTEGER, op=v.ArithOp.ADD, left=lit(EDGE), right=lit(1))


def test_readings() -> None:
    assert of(v.Lane(type=TEXT, var=v.Var.B, name="name")) == "ACME"
    assert of(v.LotAmount(type=INTEGER, var=v.Var.B)) == -698
    assert of(v.LotOriginal(type=INTEGER, var=v.Var.ITEM)) == 1_000
    assert of(v.ParamRef(type=INTEGER, name="slack")) == 7
    assert of(v.ShardKey(type=TEXT, binder=0)) == "EUR"
    assert of(v.ShardKey(type=INTEGER, binder=1, part=1)) == 5
    assert of(v.Lit(type=REAL, value=2)) == 2.0
    assert isinstance(of(v.Lit(type=REAL, value=2)), float)


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        (v.ArithOp.ADD, 2, 3, 5),
        (v.ArithOp.SUB, -EDGE, 1, -(2**63)),
        (v.ArithOp.MUL, -2, 3, -6),
        (v.ArithOp.FLOOR_DIV, -7, 2, -4),
        (v.ArithOp.MOD, -7, 2, 1),
        (v.ArithOp.MIN, 3, -2, -2),
        (v.ArithOp.MAX, 3, -2, 3),
        (v.ArithOp.ADD, 0.1, 0.2, 0.1 + 0.2),
        (v.ArithOp.ADD, 1, 0.5, 1.5),
        (v.ArithOp.SUB, 1e308, -1e308, math.inf),
        (v.ArithOp.MUL, 1e200, 1e200, math.inf),
        (v.ArithOp.DIV, 1.0, 0.0, math.inf),
        (v.ArithOp.DIV, -1.0, 0.0, -math.inf),
        (v.ArithOp.MIN, 2.0, math.nan, 2.0),
        (v.ArithOp.MAX, 2.0, 3.0, 3.0),
    ],
)
def test_arithmetic(op: v.ArithOp, left: float, right: float, expected: float) -> None:
    assert arith(op, left, right) == expected


def test_nan_is_contagious_where_ieee_says_so() -> None:
    for found in (arith(v.ArithOp.DIV, 0.0, 0.0), arith(v.ArithOp.MIN, math.nan, 2.0)):
        assert isinstance(found, float)
        assert math.isnan(found)


@pytest.mark.parametrize(
    ("op", "left", "right"),
    [
        (v.ArithOp.ADD, EDGE, 1),
        (v.ArithOp.SUB, -EDGE, 2),
        (v.ArithOp.MUL, 2**32, 2**31),
    ],
)
def test_integers_never_wrap(op: v.ArithOp, left: int, right: int) -> None:
    with pytest.raises(Overflow):
        arith(op, left, right)


def test_unary() -> None:
    assert [unary(op, -5) for op in v.UnaryOp] == [5, 5, -1]
    assert [unary(op, -0.5) for op in v.UnaryOp] == [0.5, 0.5, -1]
    assert unary(v.UnaryOp.SIGN, math.nan) == 0
    for op in (v.UnaryOp.NEG, v.UnaryOp.ABS):
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
def test_comparisons(left: v.Constant, right: v.Constant, holds: list[bool]) -> None:
    assert [of(v.Compare(type=BIT, op=op, left=lit(left), right=lit(right))) for op in v.CompareOp] == holds


def test_tuples_and_lists_are_equal_part_by_part() -> None:
    one = v.MakeTuple(type=tuple_of(TEXT, INTEGER), operands=(lit("a"), lit(1)))
    two = v.MakeTuple(type=tuple_of(TEXT, INTEGER), operands=(lit("a"), lit(2)))
    assert of(v.Compare(type=BIT, op=v.CompareOp.EQ, left=one, right=one)) is True
    assert of(v.Compare(type=BIT, op=v.CompareOp.NE, left=one, right=two)) is True


def test_what_is_not_needed_is_not_evaluated() -> None:
    fails = v.Compare(type=BIT, op=v.CompareOp.EQ, left=FAILS, right=lit(0))
    assert of(v.Logic(type=BIT, op=v.LogicOp.AND, left=lit(False), right=fails)) is False
    assert of(v.Logic(type=BIT, op=v.LogicOp.OR, left=lit(True), right=fails)) is True
    assert of(v.Logic(type=BIT, op=v.LogicOp.OR, left=lit(False), right=lit(True))) is True
    assert of(v.Where(type=INTEGER, condition=lit(True), then=lit(1), otherwise=FAILS)) == 1
    assert of(v.Tier(type=INTEGER.with_nullable(True), condition=lit(False), cost=FAILS)) is None
    assert of(v.FirstOf(type=INTEGER, operands=(lit(None), lit(2), FAILS))) == 2
    with pytest.raises(Overflow):
        of(v.Logic(type=BIT, op=v.LogicOp.OR, left=lit(False), right=fails))


def test_nulls() -> None:
    missing = v.Lane(type=OR_NULL, var=v.Var.ITEM, name="missing")
    assert of(v.IsNull(type=BIT, operand=missing)) is True
    assert of(v.FirstOf(type=OR_NULL, operands=(missing, missing))) is None
    assert of(v.Tokens(type=TEXT_LIST, operand=missing, min_length=1, with_digit=False)) == ()
    assert of(v.Ngrams(type=TEXT_LIST, operand=missing, size=3)) == ()
    assert of(v.MakeTuple(type=tuple_of(OR_NULL, TEXT), operands=(missing, lit("a")))) is None
    assert of(v.SortedPair(type=tuple_of(OR_NULL, TEXT), left=lit("a"), right=missing)) is None
    table: tuple[tuple[v.Constant, v.Constant], ...] = (("Acme", 1),)
    assert of(v.Lookup(type=INTEGER, operand=missing, table=table, default=9)) == 9
    name = v.Lane(type=TEXT, var=v.Var.ITEM, name="name")
    assert of(v.Lookup(type=INTEGER, operand=name, table=table, default=9)) == 1
    assert of(v.Not(type=BIT, operand=lit(False))) is True


def test_casts() -> None:
    assert of(v.Cast(type=REAL, op=v.CastOp.TO_REAL, operand=lit(2**53 + 1))) == float(2**53)
    assert of(v.Cast(type=INTEGER, op=v.CastOp.TO_MINOR, operand=v.Lit(type=money(2), value=-5))) == -5
    with pytest.raises(Overflow):
        of(v.Cast(type=INTEGER, op=v.CastOp.TO_MINOR, operand=v.Lit(type=money(2), value=-(2**63))))

    def minor(major: float, scale: int) -> Plain:
        return of(v.Cast(type=money(scale), op=v.CastOp.MINOR_UNITS, operand=lit(major)))

    assert [minor(0.125, 2), minor(-0.125, 2), minor(1.5, 0), minor(0.0, 3)] == [13, -13, 2, 0]
    for bad in (math.nan, math.inf, 1e19, -9.3e16):
        with pytest.raises(BadAmount):
            minor(bad, 2)


def test_dates() -> None:
    leap = v.Lit(type=DATE, value=19_782)
    assert [of(v.DatePart(type=INTEGER, op=op, operand=leap)) for op in v.DatePartOp] == [2024, 2, 29, 19_782]
    assert of(v.Gap(type=INTEGER, left=lit(3), right=lit(10))) == 7
    with pytest.raises(Overflow):
        of(v.Gap(type=INTEGER, left=lit(-(2**63)), right=lit(1)))


def test_texts() -> None:
    name = lit("  Ab-9 é ")

    def made(op: v.TextOp) -> Plain:
        return of(v.TextFn(type=TEXT, op=op, operand=name))

    assert [made(op) for op in v.TextOp] == ["  AB-9 É ", "  ab-9 é ", "Ab-9 é", "9", "Ab9", "ab 9 e"]
    assert of(v.TextSlice(type=TEXT, op=v.TextSliceOp.RIGHT, operand=name, count=3)) == " é "
    assert of(v.TextSlice(type=TEXT, op=v.TextSliceOp.LEFT, operand=name, count=3)) == "  A"
    assert of(v.TextReplace(type=TEXT, operand=lit("aaa"), old="aa", new="b")) == "ba"
    assert of(v.TextSplit(type=OR_NULL, operand=lit("a/b"), separator="/", index=1)) == "b"
    assert of(v.TextSplit(type=OR_NULL, operand=lit("a/b"), separator="/", index=2)) is None
    assert of(v.TextConcat(type=TEXT, operands=(lit("a"), lit("b"), lit("c")))) == "abc"
    tests = [of(v.TextTest(type=BIT, op=op, operand=lit("abc"), other=lit("c"))) for op in v.TextTestOp]
    assert tests == [True, False, True]
    assert of(v.SortedPair(type=tuple_of(TEXT, TEXT), left=lit("b"), right=lit("a"))) == ("a", "b")


def test_lists() -> None:
    some = v.Tokens(type=TEXT_LIST, operand=lit("inv-42 of 7"), min_length=1, with_digit=False)
    digits = v.Tokens(type=TEXT_LIST, operand=lit("7 eleven"), min_length=1, with_digit=True)
    assert of(some) == ("42", "7", "INV", "OF")
    assert of(v.ListOverlaps(type=BIT, left=some, right=digits)) is True
    assert of(v.ListContains(type=BIT, operand=digits, element=lit("ELEVEN"))) is False
    assert of(v.ListSize(type=INTEGER, operand=some)) == 4


def test_pairs_and_groups() -> None:
    assert of(v.Nets(type=BIT, tol=abs_tol(2))) is True
    assert of(v.Nets(type=BIT, tol=rel_tol(20))) is False
    assert of(v.Nets(type=BIT, tol=abs_tol(-1))) is False
    metrics = [of(v.GroupMetric(type=INTEGER, op=op)) for op in v.MetricOp]
    assert metrics == [2, 2, 2, 700, 1]
    assert of(v.GroupDistinct(type=INTEGER, operand=v.Lane(type=OR_NULL, var=v.Var.ITEM, name="missing"))) == 0
    assert of(v.GroupSpan(type=INTEGER, operand=v.LotOriginal(type=INTEGER, var=v.Var.ITEM))) == 1_698


def test_a_net_that_is_no_amount_cannot_be_read() -> None:
    huge = Scope(group=Group((Lot(1, {}, EDGE, EDGE), Lot(2, {}, 1, 1)), "test", None, 0))
    with pytest.raises(Overflow):
        evaluate(v.GroupMetric(type=INTEGER, op=v.MetricOp.NET), huge)


@pytest.mark.parametrize("op", list(v.SimilarityOp))
@given(left=st.text(), right=st.text())
def test_similarity_is_symmetric_enough_and_between_0_and_1(op: v.SimilarityOp, left: str, right: str) -> None:
    def alike(a: str, b: str) -> Plain:
        return of(v.Similarity(type=REAL, op=op, left=lit(a), right=lit(b)))

    found = alike(left, right)
    assert isinstance(found, float)
    assert 0.0 <= found <= 1.0
    assert alike(left, left) == 1.0
    if op is not v.SimilarityOp.JARO_WINKLER:
        assert found == alike(right, left)


@given(st.text())
def test_text_functions_settle(source: str) -> None:
    normal = text.normalize(source)
    assert text.strip(normal) == normal
    assert text.strip(text.strip(source)) == text.strip(source)
    assert list(text.tokens(source, 1, False)) == sorted(set(text.tokens(source, 1, False)))


def test_the_golden_vectors_are_what_the_interpreter_computes() -> None:
    golden = vectors.FILE.read_text(encoding="ascii")
    # not one assert: a diff of a megabyte helps nobody
    same = golden == vectors.dump(vectors.build())
    assert same, "values.json is stale; if the change of meaning is meant: python -m tests.interpreter.vectors"
