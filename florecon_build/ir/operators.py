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

``python -m scripts.operator_reference`` then writes the table of ``docs/closures.md`` and ``docs/ir.schema.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    REFERENCE = "reference"  # &Text, &Tokens; where the parameter is a &str, a literal as it stands


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A constant argument: the field of the node, or ``scale``, which is that of the node's type.

    ``example`` stands in the documentation; ``keyword``: Python writes the name; ``default``: Python leaves it out.
    """

    field: str
    example: int | str | bool
    keyword: bool = False
    default: int | str | bool | None = None


Result = Callable[[tuple[Type, ...], tuple[int | str | bool, ...]], Type | None]
"""The type of the result by those of the operands and by the settings; none where the operands do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operator:
    """A row of the table, equal to itself alone.

    ``node`` and ``op`` identify it in the tree, together with the kinds of its operands where both have several rows.
    ``variadic``: the one operand is a tuple of two or more. ``function`` is ``module.name`` in ``interpreter``.
    ``fallible``: it can fail at run time, whatever its operands are.
    """

    name: str
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


def _always(type: Type) -> Result:
    return lambda operands, settings: type


def _same(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type | None:
    return operands[0] if all(type == operands[0] for type in operands) else None


def _first(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return operands[0]


def _second(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return operands[1]


def _same_gives(type: Type) -> Result:
    return lambda operands, settings: None if _same(operands, settings) is None else type


def _pair(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return t.tuple_of(*operands)


def _money(operands: tuple[Type, ...], settings: tuple[int | str | bool, ...]) -> Type:
    return t.money(int(settings[0]))


_I, _R, _M, _D, _L = ((kind,) for kind in (Kind.INTEGER, Kind.REAL, Kind.MONEY, Kind.DATE, Kind.LIST))
_T = (Kind.TEXT,)
_RECEIVER = Param(field="operand", kinds=_T, passing=Passing.VIEW)


def _two(kinds: tuple[Kind, ...], others: tuple[Kind, ...] = (), label: str = "other") -> tuple[Param, Param]:
    return Param(field="left", kinds=kinds), Param(field="right", kinds=others or kinds, label=label)


def _one(*kinds: Kind) -> tuple[Param]:
    return (Param(field="operand", kinds=kinds),)


def _whole(op: e.ArithOp, spelling: Python, closure: Closure, rust: str, *, divides: bool = False) -> Operator:
    """Arithmetic on integers, and on money where the result needs no rounding."""
    return Operator(
        name=op.value,
        node=e.Arith,
        op=op,
        params=_two(_I, label="n") if divides else _two((*_I, *_M)),
        result=_same,
        python=spelling,
        closure=closure,
        rust=Function(f"int::{rust}"),
        function=f"arithmetic.{rust}",
        fallible=not divides,
    )


def _product(params: tuple[Param, Param], result: Result) -> Operator:
    return Operator(
        name="mul",
        node=e.Arith,
        op=e.ArithOp.MUL,
        params=params,
        result=result,
        python=Infix("*", Precedence.PRODUCT),
        closure=Infix("*", Precedence.PRODUCT),
        rust=Function("int::mul"),
        function="arithmetic.mul",
        fallible=True,
    )


def _real(op: e.ArithOp, spelling: Infix, function: str) -> Operator:
    return Operator(
        name=op.value,
        node=e.Arith,
        op=op,
        params=_two(_R),
        result=_same,
        python=spelling,
        closure=spelling,
        rust=spelling,
        function=function,
    )


def _extreme(op: e.ArithOp, kinds: tuple[Kind, ...], module: str) -> Operator:
    return Operator(
        name=op.value,
        node=e.Arith,
        op=op,
        params=_two(kinds),
        result=_same,
        python=Function(f"{op.value}_of"),
        closure=Method(op.value),
        rust=Function(f"{module}::{op.value}"),
        function="numbers.least" if op is e.ArithOp.MIN else "numbers.greatest",
    )


def _arithmetic() -> Iterator[Operator]:
    plus, minus = Infix("+", Precedence.SUM), Infix("-", Precedence.SUM)
    times, over = Infix("*", Precedence.PRODUCT), Infix("/", Precedence.PRODUCT, mixes=False)
    yield _whole(e.ArithOp.ADD, plus, plus, "add")
    yield _whole(e.ArithOp.SUB, minus, minus, "sub")
    yield _product(_two((*_I, *_M), _I), _first)
    yield _product(_two(_I, _M), _second)
    yield _whole(e.ArithOp.FLOOR_DIV, Infix("//", Precedence.PRODUCT), Method("div_euclid"), "floor_div", divides=True)
    yield _whole(e.ArithOp.MOD, Infix("%", Precedence.PRODUCT), Method("rem_euclid"), "modulo", divides=True)
    yield _real(e.ArithOp.ADD, plus, "arithmetic.real_add")
    yield _real(e.ArithOp.SUB, minus, "arithmetic.real_sub")
    yield _real(e.ArithOp.MUL, times, "arithmetic.real_mul")
    yield _real(e.ArithOp.DIV, over, "numbers.divide")
    for op in (e.ArithOp.MIN, e.ArithOp.MAX):
        yield _extreme(op, (*_I, *_M, *_D), "int")
        yield _extreme(op, _R, "real")


def _unary() -> Iterator[Operator]:
    whole = _one(Kind.INTEGER, Kind.MONEY)
    absolute, sign = (Function("abs"), Method("abs")), (Function("sign"), Method("signum"))

    def row(
        op: e.UnaryOp, params: tuple[Param], spelling: tuple[Python, Closure], rust: Rust, function: str
    ) -> Operator:
        signed = op is e.UnaryOp.SIGN
        return Operator(
            name=op.value,
            node=e.Unary,
            op=op,
            params=params,
            result=_always(t.INTEGER) if signed else _first,
            python=spelling[0],
            closure=spelling[1],
            rust=rust,
            function=function,
            fallible=params is whole and not signed,
        )

    minus = (Prefix("-"), Prefix("-"))
    yield row(e.UnaryOp.NEG, whole, minus, Function("int::neg"), "arithmetic.neg")
    yield row(e.UnaryOp.NEG, _one(Kind.REAL), minus, Prefix("-"), "arithmetic.real_neg")
    yield row(e.UnaryOp.ABS, whole, absolute, Function("int::abs"), "arithmetic.absolute")
    yield row(e.UnaryOp.ABS, _one(Kind.REAL), absolute, Function("f64::abs"), "arithmetic.real_absolute")
    yield row(e.UnaryOp.SIGN, whole, sign, Function("int::sign"), "numbers.sign")


def _casts() -> Iterator[Operator]:
    yield Operator(
        name="to_real",
        node=e.Cast,
        op=e.CastOp.TO_REAL,
        params=_one(Kind.INTEGER),
        result=_always(t.REAL),
        python=Method("to_real"),
        closure=Method("to_real"),
        rust=Convert("f64"),
        function="arithmetic.to_real",
    )
    yield Operator(
        name="to_minor",
        node=e.Cast,
        op=e.CastOp.TO_MINOR,
        params=_one(Kind.MONEY),
        result=_always(t.INTEGER),
        python=Method("to_minor"),
        closure=Method("to_minor"),
        rust=Function("int::to_minor"),
        function="arithmetic.to_minor",
        fallible=True,
    )
    yield Operator(
        name="minor_units",
        node=e.Cast,
        op=e.CastOp.MINOR_UNITS,
        params=_one(Kind.REAL),
        settings=(Setting(field="scale", example=2),),
        result=_money,
        python=Function("minor_units"),
        closure=Method("minor_units"),
        rust=Function("money::minor_units"),
        function="money.minor_units",
        fallible=True,
    )


def _dates() -> Iterator[Operator]:
    yield Operator(
        name="gap",
        node=e.Gap,
        params=_two((*_D, *_I)),
        result=_same_gives(t.INTEGER),
        python=Function("gap"),
        closure=Method("abs_diff"),
        rust=Function("int::gap"),
        function="arithmetic.gap",
        fallible=True,
    )
    for op in e.DatePartOp:
        yield Operator(
            name=op.value,
            node=e.DatePart,
            op=op,
            params=_one(Kind.DATE),
            result=_always(t.DATE if op is e.DatePartOp.MONTH_END else t.INTEGER),
            python=Attribute(op.value),
            closure=Method(op.value),
            rust=Function(f"date::{op.value}"),
            function=f"dates.{op.value}",
        )


def _text_fn(op: e.TextOp, closure: str) -> Operator:
    return Operator(
        name=op.value,
        node=e.TextFn,
        op=op,
        params=(_RECEIVER,),
        result=_always(t.TEXT),
        python=Method(op.value),
        closure=Method(closure),
        rust=Function(f"text::{op.value}"),
        function=f"text.{op.value}",
    )


def _text_slice(op: e.TextSliceOp) -> Operator:
    return Operator(
        name=op.value,
        node=e.TextSlice,
        op=op,
        params=(_RECEIVER,),
        settings=(Setting(field="count", example=3),),
        result=_always(t.TEXT),
        python=Method(op.value),
        closure=Method(op.value),
        rust=Function(f"text::{op.value}"),
        function=f"text.{op.value}",
    )


def _text_test(op: e.TextTestOp, rust: str) -> Operator:
    return Operator(
        name=op.value,
        node=e.TextTest,
        op=op,
        params=(_RECEIVER, Param(field="other", kinds=_T, passing=Passing.PATTERN)),
        result=_always(t.BOOLEAN),
        python=Method(op.value),
        closure=Method(rust),
        rust=Method(rust),
        function=f"text.{rust}",
    )


def _similarity(op: e.SimilarityOp, name: str) -> Operator:
    return Operator(
        name=name,
        node=e.Similarity,
        op=op,
        params=(
            Param(field="left", kinds=_T, passing=Passing.VIEW),
            Param(field="right", kinds=_T, passing=Passing.VIEW),
        ),
        result=_always(t.REAL),
        python=Function(name),
        closure=Method(name),
        rust=Function(f"similarity::{op.value}"),
        function=f"similarity.{op.value}",
    )


def _texts() -> Iterator[Operator]:
    yield _text_fn(e.TextOp.UPPER, "to_uppercase")
    yield _text_fn(e.TextOp.LOWER, "to_lowercase")
    yield _text_fn(e.TextOp.STRIP, "trim")
    yield _text_fn(e.TextOp.DIGITS, "digits")
    yield _text_fn(e.TextOp.ALNUM, "alnum")
    yield _text_fn(e.TextOp.NORMALIZE, "normalize")
    yield _text_slice(e.TextSliceOp.LEFT)
    yield _text_slice(e.TextSliceOp.RIGHT)
    yield Operator(
        name="replace",
        node=e.TextReplace,
        params=(_RECEIVER,),
        settings=(Setting(field="old", example="a"), Setting(field="new", example="b")),
        result=_always(t.TEXT),
        python=Method("replace"),
        closure=Method("replace"),
        rust=Function("text::replace"),
        function="text.replace",
    )
    yield Operator(
        name="split",
        node=e.TextSplit,
        params=(_RECEIVER,),
        settings=(Setting(field="separator", example="/"), Setting(field="index", example=2)),
        result=_always(t.TEXT.with_nullable(True)),
        python=Method("split"),
        closure=Chain(("split", "nth")),
        rust=Function("text::split"),
        function="text.split",
    )
    yield Operator(
        name="concat",
        node=e.TextConcat,
        params=(Param(field="operands", kinds=_T, passing=Passing.VIEWS),),
        result=_always(t.TEXT),
        python=Function("concat"),
        closure=Function("concat"),
        rust=Function("text::concat"),
        function="text.concat",
        variadic=True,
    )
    yield _text_test(e.TextTestOp.CONTAINS, "contains")
    yield _text_test(e.TextTestOp.STARTSWITH, "starts_with")
    yield _text_test(e.TextTestOp.ENDSWITH, "ends_with")
    yield _similarity(e.SimilarityOp.DICE, "dice")
    yield _similarity(e.SimilarityOp.JARO_WINKLER, "jaro_winkler")
    yield _similarity(e.SimilarityOp.TOKEN_SET, "token_set")
    yield _similarity(e.SimilarityOp.PREFIX, "prefix_similarity")


def _keys() -> Iterator[Operator]:
    maybe = Param(field="operand", kinds=_T, null=Null.ACCEPTED, passing=Passing.OPTION_VIEW)
    yield Operator(
        name="tokens",
        node=e.Tokens,
        params=(maybe,),
        settings=(
            Setting(field="min_length", example=6, keyword=True),
            Setting(field="with_digit", example=True, keyword=True, default=False),
        ),
        result=_always(t.TEXT_LIST),
        python=Function("tokens"),
        closure=Method("tokens"),
        rust=Function("text::tokens"),
        function="text.tokens",
    )
    yield Operator(
        name="ngrams",
        node=e.Ngrams,
        params=(maybe,),
        settings=(Setting(field="size", example=3, keyword=True),),
        result=_always(t.TEXT_LIST),
        python=Function("ngrams"),
        closure=Method("ngrams"),
        rust=Function("text::ngrams"),
        function="text.ngrams",
    )
    yield Operator(
        name="overlaps",
        node=e.ListOverlaps,
        params=(Param(field="left", kinds=_L), Param(field="right", kinds=_L, passing=Passing.REFERENCE)),
        result=_always(t.BOOLEAN),
        python=Method("overlaps"),
        closure=Method("overlaps"),
        rust=Method("overlaps"),
        function="text.overlaps",
    )
    yield Operator(
        name="has",
        node=e.ListContains,
        params=(Param(field="operand", kinds=_L), Param(field="element", kinds=_T, passing=Passing.REFERENCE)),
        result=_always(t.BOOLEAN),
        python=Method("contains"),
        closure=Method("contains"),
        rust=Method("has"),
        function="text.has",
    )
    yield Operator(
        name="size",
        node=e.ListSize,
        params=_one(Kind.LIST),
        result=_always(t.INTEGER),
        python=Attribute("size"),
        closure=Method("len"),
        rust=Method("size"),
        function="text.size",
    )
    yield Operator(
        name="sorted_pair",
        node=e.SortedPair,
        params=(
            Param(field="left", kinds=_T, label="x", null=Null.STRICT, passing=Passing.REFERENCE),
            Param(field="right", kinds=_T, label="y", null=Null.STRICT, passing=Passing.REFERENCE),
        ),
        result=_pair,
        python=Function("sorted_pair"),
        closure=Function("sorted_pair"),
        rust=Function("text::sorted_pair"),
        function="text.sorted_pair",
    )
    yield Operator(
        name="is_null",
        node=e.IsNull,
        params=(Param(field="operand", kinds=tuple(Kind), null=Null.ACCEPTED),),
        result=_always(t.BOOLEAN),
        python=Method("is_null", also_function=True),
        closure=Method("is_none"),
        rust=Method("is_none"),
        function="keys.is_null",
    )


TABLE: tuple[Operator, ...] = (*_arithmetic(), *_unary(), *_casts(), *_dates(), *_texts(), *_keys())
"""Every operator, in the order of the documentation."""

_ROWS: dict[tuple[type[e.Operation], Enum | None], list[Operator]] = {}
for _row in TABLE:
    _ROWS.setdefault((_row.node, _row.op), []).append(_row)
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
