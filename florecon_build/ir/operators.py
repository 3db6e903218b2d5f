"""Operator table: one row for each operator that is a plain function of its operands.

A row says how an operator is stored in the tree, what it takes and gives, how it is spelled in Python, in a closure and
in Rust, whether it can fail, and which function of ``interpreter`` computes it. Every pass over ``Operation`` loops
over these rows: the Python printer, the closure printer and parser, the reader of JSON (which applies the operators
again), the interpreter, the Rust generator, and the table in ``docs/closures.md``. The nodes that are not an
``Operation`` (leaves, comparisons, logic, ``where``, ``tier``, ``first_of``, ``lookup``, tuples, facts of pairs and
groups) have code of their own in each pass.

Adding a function of one text, say ``reverse``, takes five edits:

1. ``ir/expressions.py``: the member ``TextOp.REVERSE``.
2. this file: the row ``_text_fn(e.TextOp.REVERSE, "reverse")``.
3. ``frontend/text.py``: the method ``TextExpr.reverse``, with its example.
4. ``interpreter/text.py``: the function ``reverse``.
5. ``rust_runtime/florecon/src/value/text.rs``: the function ``reverse``.

A row computes it then; for whole columns at once it takes a method of ``TextColumn`` too, see
``codegen/rust/text_columns.py``.

``python -m scripts.operator_reference`` then writes the table of ``docs/closures.md`` and ``docs/ir.schema.json``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from itertools import product
from typing import cast

from florecon_build.ir import expressions as e
from florecon_build.ir import types as t
from florecon_build.ir.types import Kind, Type


class Precedence(IntEnum):
    """Binding strength, the same in Python, in a closure and in Rust for these; what binds less is the printers' own.

    ``CAST`` is Rust's ``as``.
    """

    SUM = 4
    PRODUCT = 5
    CAST = 6
    UNARY = 7
    ATOM = 8


@dataclass(frozen=True, slots=True)
class Infix:
    """``left symbol right``; ``mixes``: an integer beside a real needs no conversion there."""

    symbol: str
    precedence: Precedence
    mixes: bool = True


@dataclass(frozen=True, slots=True)
class Prefix:
    """``symbol operand``."""

    symbol: str


@dataclass(frozen=True, slots=True)
class Method:
    """``first.name(others.., settings..)``; ``also_function``: a function of this name serves constants and tuples."""

    name: str
    also_function: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """``first.name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """``name(operands.., settings..)``; in Rust a path, in Python a name of the library."""

    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """``first.one(setting).two(setting)``: one method for each setting, read as a single operator."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Convert:
    """``operand as name``."""

    name: str


Python = Infix | Prefix | Method | Attribute | Function
Closure = Infix | Prefix | Method | Function | Chain
Rust = Infix | Prefix | Method | Function | Convert


class Null(Enum):
    """Treatment of a null operand."""

    REFUSED = "refused"  # the operand is never null
    ACCEPTED = "accepted"  # the function takes it
    STRICT = "strict"  # the result is null


class Passing(Enum):
    """Rust's form of an operand. The receiver of a method is a place and needs none."""

    VALUE = "value"  # i64, f64
    VIEW = "view"  # &str
    OPTION_VIEW = "option_view"  # Option<&str>
    VIEWS = "views"  # &[&str], of all operands
    PATTERN = "pattern"  # a literal, or the &str of `.as_str()`
    REFERENCE = "reference"  # &Text, &Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """An operand: the field of the node, the kinds it may have, and its name in messages."""

    field: str
    kinds: tuple[Kind, ...]
    label: str = "other"
    null: Null = Null.REFUSED
    passing: Passing = Passing.VALUE

    def accepts(self, type: Type) -> bool:
        """True where an operand of this type fits."""
        return type.kind in self.kinds and (not type.nullable or self.null is not Null.REFUSED)


class Constant(Enum):
    """Form of a setting in generated Rust."""

    PLAIN = "plain"
    AUTOMATON = "automaton"  # the static with the table of a pattern
    DAYS = "days"  # the days since 1970-01-01 of ISO dates
    WEEKDAYS = "weekdays"  # a set of bits of weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A constant argument: the field of the node, or ``scale``, which is that of the node's type.

    ``example`` stands in the documentation; ``keyword``: Python writes the name; ``default``: Python leaves it out;
    ``rust``: its form in generated Rust.
    """

    field: str
    example: int | str | bool
    keyword: bool = False
    default: int | str | bool | None = None
    rust: Constant = Constant.PLAIN


Result = Callable[[tuple[Type, ...], tuple[int | str | bool, ...]], Type | None]
"""The type of the result by those of the operands and by the settings; none where the operands do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operator:
    """A row of the table, equal to itself alone.

    ``node`` and ``op`` identify it in the tree, together with the kinds of its operands where both have several rows.
    ``variadic``: the one operand is a tuple of two or more. ``function`` is ``module.name`` in ``interpreter``.
    ``fallible``: it can fail at run time, whatever its operands are.
    """

    node: type[e.Operation]
    op: Enum | None = None
    params: tuple[Param, ...]
    settings: tuple[Setting, ...] = ()
    result: Result
    python: Python
    closure: Closure
    rust: Rust
    function: str
    fallible: bool = False
    variadic: bool = False

    def accepts(self, operands: tuple[Type, ...]) -> bool:
        """True where operands of these types fit."""
        params = self.params * len(operands) if self.variadic else self.params
        return len(params) == len(operands) and all(
            param.accepts(type) for param, type in zip(params, operands, strict=True)
        )


def _same(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type | None:
    return operands[0] if all(type == operands[0] for type in operands) else None


def _first(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return operands[0]


def _second(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return operands[1]


def _distance(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type | None:
    return None if _same(operands, settings) is None else t.INTEGER


def _pair(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return t.tuple_of(*operands)


def _money(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return t.money(int(settings[0]))


def _nullable_money(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return t.money(int(settings[0])).with_nullable(True)


def _row(
    identity: type[e.Operation] | tuple[type[e.Operation], Enum],
    params: tuple[Param, ...],
    result: Type | Result,
    spelling: tuple[Python, Closure, Rust],
    function: str,
    *settings: Setting,
    fallible: bool = False,
    variadic: bool = False,
) -> Operator:
    node, op = identity if isinstance(identity, tuple) else (identity, None)
    return Operator(
        node=node,
        op=op,
        params=params,
        settings=settings,
        result=(lambda operands, settings: result) if isinstance(result, Type) else result,
        python=spelling[0],
        closure=spelling[1],
        rust=spelling[2],
        function=function,
        fallible=fallible,
        variadic=variadic,
    )


def _one(*kinds: Kind) -> tuple[Param, ...]:
    return (Param(field="operand", kinds=kinds),)


def _two(kinds: tuple[Kind, ...], others: tuple[Kind, ...] = (), label: str = "other") -> tuple[Param, ...]:
    return Param(field="left", kinds=kinds), Param(field="right", kinds=others or kinds, label=label)


def _text(field: str, passing: Passing, null: Null = Null.REFUSED, label: str = "other") -> Param:
    return Param(field=field, kinds=(Kind.TEXT,), passing=passing, null=null, label=label)


def _text_fn(op: e.TextOp, closure: str) -> Operator:
    """A text made from one text, named alike in Python, in Rust and in the interpreter."""
    name = op.value
    spelling = (Method(name), Method(closure), Function(f"text::{name}"))
    return _row((e.TextFn, op), _A_TEXT, t.TEXT, spelling, f"text.{name}")


def _date_part(op: e.DatePartOp, result: Type) -> Operator:
    """A part of a date, named alike everywhere."""
    name = op.value
    spelling = (Attribute(name), Method(name), Function(f"date::{name}"))
    return _row((e.DatePart, op), _one(Kind.DATE), result, spelling, f"dates.{name}")


def _similarity(op: e.SimilarityOp, name: str) -> Operator:
    """A similarity of two texts: ``name`` is that of Python and of a closure."""
    spelling = (Function(name), Method(name), Function(f"similarity::{op.value}"))
    return _row((e.Similarity, op), _TWO_TEXTS, t.REAL, spelling, f"similarity.{op.value}")


_INTEGER, _REAL, _LIST = (Kind.INTEGER,), (Kind.REAL,), (Kind.LIST,)
_WHOLE = (Kind.INTEGER, Kind.MONEY)
_ORDERED = (*_WHOLE, Kind.DATE)
_A_TEXT = (_text("operand", Passing.VIEW),)
_TWO_TEXTS = (_text("left", Passing.VIEW), _text("right", Passing.VIEW))
_TESTED = (_text("operand", Passing.VIEW), _text("other", Passing.PATTERN))
_MAYBE_TEXT = (_text("operand", Passing.OPTION_VIEW, Null.ACCEPTED),)
_TEXT_KEYS = (
    _text("left", Passing.REFERENCE, Null.STRICT, "x"),
    _text("right", Passing.REFERENCE, Null.STRICT, "y"),
)
_TWO_LISTS = (Param(field="left", kinds=_LIST), Param(field="right", kinds=_LIST, passing=Passing.REFERENCE))
_LIST_AND_TEXT = (Param(field="operand", kinds=_LIST), _text("element", Passing.VIEW))
_ANYTHING = (Param(field="operand", kinds=tuple(Kind), null=Null.ACCEPTED),)
_COUNT = Setting(field="count", example=3)
_PATTERN = Setting(field="pattern", example="INV-([0-9]+)", rust=Constant.AUTOMATON)
_WITH_DIGIT = Setting(field="with_digit", example=True, keyword=True, default=False)

_PLUS, _MINUS = Infix("+", Precedence.SUM), Infix("-", Precedence.SUM)
_TIMES, _OVER = Infix("*", Precedence.PRODUCT), Infix("/", Precedence.PRODUCT, mixes=False)
_FLOOR, _PERCENT = Infix("//", Precedence.PRODUCT), Infix("%", Precedence.PRODUCT)
_NEG, _ABS, _SIGN = Prefix("-"), Function("abs"), Function("sign")
_MIN, _MAX = Function("min_of"), Function("max_of")

# fmt: off
_ARITHMETIC = (
    _row((e.Arith, e.ArithOp.ADD), _two(_WHOLE), _same,
         (_PLUS, _PLUS, Function("int::add")), "arithmetic.add", fallible=True),
    _row((e.Arith, e.ArithOp.SUB), _two(_WHOLE), _same,
         (_MINUS, _MINUS, Function("int::sub")), "arithmetic.sub", fallible=True),
    _row((e.Arith, e.ArithOp.MUL), _two(_WHOLE, _INTEGER), _first,
         (_TIMES, _TIMES, Function("int::mul")), "arithmetic.mul", fallible=True),
    _row((e.Arith, e.ArithOp.MUL), _two(_INTEGER, (Kind.MONEY,)), _second,
         (_TIMES, _TIMES, Function("int::mul")), "arithmetic.mul", fallible=True),
    _row((e.Arith, e.ArithOp.FLOOR_DIV), _two(_INTEGER, label="n"), _same,
         (_FLOOR, Method("div_euclid"), Function("int::floor_div")), "arithmetic.floor_div"),
    _row((e.Arith, e.ArithOp.MOD), _two(_INTEGER, label="n"), _same,
         (_PERCENT, Method("rem_euclid"), Function("int::modulo")), "arithmetic.modulo"),
    _row((e.Arith, e.ArithOp.ADD), _two(_REAL), _same,
         (_PLUS, _PLUS, _PLUS), "arithmetic.real_add"),
    _row((e.Arith, e.ArithOp.SUB), _two(_REAL), _same,
         (_MINUS, _MINUS, _MINUS), "arithmetic.real_sub"),
    _row((e.Arith, e.ArithOp.MUL), _two(_REAL), _same,
         (_TIMES, _TIMES, _TIMES), "arithmetic.real_mul"),
    _row((e.Arith, e.ArithOp.DIV), _two(_REAL), _same,
         (_OVER, _OVER, _OVER), "numbers.divide"),
    _row((e.Arith, e.ArithOp.MIN), _two(_ORDERED), _same,
         (_MIN, Method("min"), Function("int::min")), "numbers.least"),
    _row((e.Arith, e.ArithOp.MIN), _two(_REAL), _same,
         (_MIN, Method("min"), Function("real::min")), "numbers.least"),
    _row((e.Arith, e.ArithOp.MAX), _two(_ORDERED), _same,
         (_MAX, Method("max"), Function("int::max")), "numbers.greatest"),
    _row((e.Arith, e.ArithOp.MAX), _two(_REAL), _same,
         (_MAX, Method("max"), Function("real::max")), "numbers.greatest"),
    _row((e.Unary, e.UnaryOp.NEG), _one(*_WHOLE), _first,
         (_NEG, _NEG, Function("int::neg")), "arithmetic.neg", fallible=True),
    _row((e.Unary, e.UnaryOp.NEG), _one(*_REAL), _first,
         (_NEG, _NEG, _NEG), "arithmetic.real_neg"),
    _row((e.Unary, e.UnaryOp.ABS), _one(*_WHOLE), _first,
         (_ABS, Method("abs"), Function("int::abs")), "arithmetic.absolute", fallible=True),
    _row((e.Unary, e.UnaryOp.ABS), _one(*_REAL), _first,
         (_ABS, Method("abs"), Function("f64::abs")), "arithmetic.real_absolute"),
    _row((e.Unary, e.UnaryOp.SIGN), _one(*_WHOLE), t.INTEGER,
         (_SIGN, Method("signum"), Function("int::sign")), "numbers.sign"),
    _row((e.Cast, e.CastOp.TO_REAL), _one(*_INTEGER), t.REAL,
         (Method("to_real"), Method("to_real"), Convert("f64")), "arithmetic.to_real"),
    _row((e.Cast, e.CastOp.TO_MINOR), _one(Kind.MONEY), t.INTEGER,
         (Method("to_minor"), Method("to_minor"), Function("int::to_minor")), "arithmetic.to_minor", fallible=True),
    _row((e.Cast, e.CastOp.MINOR_UNITS), _one(*_REAL), _money,
         (Function("minor_units"), Method("minor_units"), Function("money::minor_units")), "money.minor_units",
         Setting(field="scale", example=2), fallible=True),
)
_DATES = (
    _row(e.Gap, _two((Kind.DATE, Kind.INTEGER)), _distance,
         (Function("gap"), Method("abs_diff"), Function("int::gap")), "arithmetic.gap", fallible=True),
    _date_part(e.DatePartOp.YEAR, t.INTEGER),
    _date_part(e.DatePartOp.MONTH, t.INTEGER),
    _date_part(e.DatePartOp.DAY, t.INTEGER),
    _date_part(e.DatePartOp.MONTH_END, t.DATE),
    _row(e.BusinessDay, _one(Kind.DATE), t.INTEGER,
         (Function("business_day"), Method("business_day"), Function("date::business_day")), "dates.business_day",
         Setting(field="holidays", example="2025-12-25 2026-01-01", keyword=True, default="", rust=Constant.DAYS),
         Setting(field="weekend", example="5 6", keyword=True, default="5 6", rust=Constant.WEEKDAYS)),
)
_TEXTS = (
    _text_fn(e.TextOp.UPPER, "to_uppercase"),
    _text_fn(e.TextOp.LOWER, "to_lowercase"),
    _text_fn(e.TextOp.STRIP, "trim"),
    _text_fn(e.TextOp.DIGITS, "digits"),
    _text_fn(e.TextOp.ALNUM, "alnum"),
    _text_fn(e.TextOp.NORMALIZE, "normalize"),
    _row((e.TextSlice, e.TextSliceOp.LEFT), _A_TEXT, t.TEXT,
         (Method("left"), Method("left"), Function("text::left")), "text.left", _COUNT),
    _row((e.TextSlice, e.TextSliceOp.RIGHT), _A_TEXT, t.TEXT,
         (Method("right"), Method("right"), Function("text::right")), "text.right", _COUNT),
    _row(e.TextReplace, _A_TEXT, t.TEXT,
         (Method("replace"), Method("replace"), Function("text::replace")), "text.replace",
         Setting(field="old", example="a"), Setting(field="new", example="b")),
    _row(e.TextSplit, _A_TEXT, t.TEXT.with_nullable(True),
         (Method("split"), Chain(("split", "nth")), Function("text::split")), "text.split",
         Setting(field="separator", example="/"), Setting(field="index", example=2)),
    _row(e.TextConcat, (_text("operands", Passing.VIEWS),), t.TEXT,
         (Function("concat"), Function("concat"), Function("text::concat")), "text.concat", variadic=True),
    _row((e.TextTest, e.TextTestOp.CONTAINS), _TESTED, t.BOOLEAN,
         (Method("contains"), Method("contains"), Function("text::contains")), "text.contains"),
    _row((e.TextTest, e.TextTestOp.STARTSWITH), _TESTED, t.BOOLEAN,
         (Method("startswith"), Method("starts_with"), Method("starts_with")), "text.starts_with"),
    _row((e.TextTest, e.TextTestOp.ENDSWITH), _TESTED, t.BOOLEAN,
         (Method("endswith"), Method("ends_with"), Method("ends_with")), "text.ends_with"),
    _row(e.TextStripLeft, _A_TEXT, t.TEXT,
         (Method("strip_left"), Method("trim_start_matches"), Function("text::strip_left")), "text.strip_left",
         Setting(field="characters", example="0")),
    _row(e.TextToInteger, _A_TEXT, t.INTEGER.with_nullable(True),
         (Method("to_integer"), Method("to_integer"), Function("text::to_integer")), "text.to_integer"),
    _row(e.TextToDate, _A_TEXT, t.DATE.with_nullable(True),
         (Method("to_date"), Method("to_date"), Function("date::parse")), "dates.parse",
         Setting(field="format", example="%d/%m/%Y")),
    _row(e.TextToMoney, _A_TEXT, _nullable_money,
         (Method("to_money"), Method("to_money"), Function("money::parse")), "money.parse",
         Setting(field="scale", example=2), Setting(field="decimal", example=".", keyword=True, default=",")),
    _row(e.TextExtract, _A_TEXT, t.TEXT.with_nullable(True),
         (Method("extract"), Method("extract"), Function("pattern::extract")), "pattern.extract",
         _PATTERN, Setting(field="group", example=0, keyword=True, default=1)),
    _row(e.TextMatches, _A_TEXT, t.BOOLEAN,
         (Method("matches"), Method("matches"), Function("pattern::matches")), "pattern.matches", _PATTERN),
    _similarity(e.SimilarityOp.DICE, "dice"),
    _similarity(e.SimilarityOp.JARO_WINKLER, "jaro_winkler"),
    _similarity(e.SimilarityOp.TOKEN_SET, "token_set"),
    _similarity(e.SimilarityOp.PREFIX, "prefix_similarity"),
)
_KEYS = (
    _row(e.Tokens, _MAYBE_TEXT, t.TEXT_LIST,
         (Function("tokens"), Method("tokens"), Function("text::tokens")), "text.tokens",
         Setting(field="min_length", example=6, keyword=True), _WITH_DIGIT),
    _row(e.TokensKeeping, _MAYBE_TEXT, t.TEXT_LIST,
         (Function("tokens"), Method("tokens_keeping"), Function("text::tokens_keeping")), "text.tokens_keeping",
         Setting(field="min_length", example=6, keyword=True), _WITH_DIGIT,
         Setting(field="keep", example="-/", keyword=True)),
    _row(e.Ngrams, _MAYBE_TEXT, t.TEXT_LIST,
         (Function("ngrams"), Method("ngrams"), Function("text::ngrams")), "text.ngrams",
         Setting(field="size", example=3, keyword=True)),
    _row(e.ExtractAll, _MAYBE_TEXT, t.TEXT_LIST,
         (Function("extract_all"), Method("extract_all"), Function("pattern::extract_all")), "pattern.extract_all",
         _PATTERN),
    _row(e.ListOverlaps, _TWO_LISTS, t.BOOLEAN,
         (Method("overlaps"), Method("overlaps"), Method("overlaps")), "text.overlaps"),
    _row(e.ListContains, _LIST_AND_TEXT, t.BOOLEAN,
         (Method("contains"), Method("contains"), Method("has")), "text.has"),
    _row(e.ListSize, _one(*_LIST), t.INTEGER,
         (Attribute("size"), Method("len"), Method("size")), "text.size"),
    _row(e.SortedPair, _TEXT_KEYS, _pair,
         (Function("sorted_pair"), Function("sorted_pair"), Function("text::sorted_pair")), "text.sorted_pair"),
    _row(e.IsNull, _ANYTHING, t.BOOLEAN,
         (Method("is_null", also_function=True), Method("is_none"), Method("is_none")), "keys.is_null"),
)
# fmt: on

TABLE: tuple[Operator, ...] = (*_ARITHMETIC, *_DATES, *_TEXTS, *_KEYS)
"""Every operator, in the order of the documentation.

Columns: node and op; operands; result; spelling in Python, in a closure and in Rust; interpreter's function; settings.
"""

_ROWS: dict[tuple[type[e.Operation], Enum | None], list[Operator]] = {}
for _entry in TABLE:
    _ROWS.setdefault((_entry.node, _entry.op), []).append(_entry)
_BY_KINDS = {
    (*identity, *kinds): row
    for identity, rows in _ROWS.items()
    for row in rows
    if len(rows) > 1
    for kinds in product(*(param.kinds for param in row.params))
}


def operator_of(value: e.Operation) -> Operator:
    """The row of an operation; where its operands fit none, which no checked tree has, the first of its op.

    >>> text = e.Lit(type=t.TEXT, value="a")
    >>> operator_of(e.TextFn(type=t.TEXT, op=e.TextOp.UPPER, operand=text)).function
    'text.upper'
    """
    identity = type(value), cast("Enum | None", getattr(value, "op", None))
    rows = _ROWS[identity]
    if len(rows) == 1:
        return rows[0]
    kinds = [operand.type.kind for operand in operands_of(value, rows[0])]
    return _BY_KINDS.get((*identity, *kinds), rows[0])


def operands_of(value: e.Operation, operator: Operator) -> tuple[e.Value, ...]:
    """The operands of an operation, in the order of evaluation."""
    if operator.variadic:
        return cast("tuple[e.Value, ...]", getattr(value, operator.params[0].field))
    return tuple(cast("e.Value", getattr(value, param.field)) for param in operator.params)


def settings_of(value: e.Operation, operator: Operator) -> tuple[int | str | bool, ...]:
    """The constant arguments of an operation, in the order of the row."""
    return tuple(
        value.type.scale if setting.field == "scale" else getattr(value, setting.field) for setting in operator.settings
    )
