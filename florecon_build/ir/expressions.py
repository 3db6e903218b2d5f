"""Value expressions: the closed union of computations over a row, a pair, an item or a group.

Data only. A node holds its operands and its type; ``frontend`` checks and builds them, ``interpreter`` evaluates them,
``codegen`` lowers them to Rust. ``span`` is the source position and never takes part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from florecon_build.ir.types import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where the author wrote something: a path relative to the author's folder, and a line from 1."""

    file: str
    line: int


class Var(Enum):
    """Whose lanes an expression reads: the one item at hand, or a source ``a`` and a sink ``b`` of a pair."""

    ITEM = "item"
    A = "a"
    B = "b"


class ArithOp(Enum):
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"  # reals only
    FLOOR_DIV = "floor_div"  # integers; the divisor is a positive literal
    MOD = "mod"  # integers; the divisor is a positive literal
    MIN = "min"
    MAX = "max"


class UnaryOp(Enum):
    NEG = "neg"
    ABS = "abs"
    SIGN = "sign"  # integer -1, 0, 1


class CompareOp(Enum):
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


class LogicOp(Enum):
    AND = "and"
    OR = "or"


class CastOp(Enum):
    TO_REAL = "to_real"  # integer -> real, nearest
    TO_MINOR = "to_minor"  # money -> integer minor units
    MINOR_UNITS = "minor_units"  # real major units -> money(scale of the node's type), half away from zero


class DatePartOp(Enum):
    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MONTH_END = "month_end"  # date -> date, the last day of its month


class TextOp(Enum):
    UPPER = "upper"
    LOWER = "lower"
    STRIP = "strip"
    DIGITS = "digits"
    ALNUM = "alnum"
    NORMALIZE = "normalize"


class TextSliceOp(Enum):
    LEFT = "left"
    RIGHT = "right"


class TextTestOp(Enum):
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"


class SimilarityOp(Enum):
    DICE = "dice"
    JARO_WINKLER = "jaro_winkler"
    TOKEN_SET = "token_set"
    PREFIX = "prefix"


class MetricOp(Enum):
    SIZE = "size"
    NET = "net"
    ABS_NET = "abs_net"
    MAX_ABS = "max_abs"
    MIN_SIDE = "min_side"
    GROSS = "gross"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    MIN_ABS = "min_abs"
    ORIGINALS = "originals"

    @property
    def is_sum(self) -> bool:
        """Whether it is a sum, which can leave the range of money."""
        return self not in (MetricOp.SIZE, MetricOp.MAX_ABS, MetricOp.MIN_SIDE, MetricOp.MIN_ABS)


class FoldOp(Enum):
    SUM = "sum"
    MIN = "min"
    MAX = "max"


class QuantifierOp(Enum):
    ANY = "any"
    ALL = "all"
    COUNT = "count"


class ToleranceOp(Enum):
    ABS = "abs_tol"
    REL = "rel_tol"
    REL_MAX = "rel_max_tol"
    REL_SIDE = "rel_side_tol"
    REL_GROSS = "rel_gross_tol"


Constant = int | float | str | bool | None
"""A Python constant as it stands in the tree. Dates are days since 1970-01-01, money is minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The type and the source position of a value expression."""

    type: Type
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Base):
    """A plain function of its operands; ``operators.operator_of`` gives its row in the operator table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit(Base):
    """A constant of the node's type; ``None`` only where the type is nullable."""

    value: Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane(Base):
    """A column or a derived lane of the row behind ``var``."""

    var: Var
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LotAmount(Base):
    """What is still unmatched of the lot behind ``var``, in minor units of the active numeraire (integer)."""

    var: Var


@dataclass(frozen=True, slots=True, kw_only=True)
class LotOriginal(Base):
    """What the lot behind ``var`` carried when it entered the active numeraire (integer)."""

    var: Var


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamRef(Base):
    """The run-time value of a param."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardKey(Base):
    """The key of the shard of ``partition_by_with`` number ``binder``; ``part`` picks one part of a tuple key."""

    binder: int
    part: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arith(Operation):
    """``left op right`` on two integers, two reals, or two moneys of one scale (add, sub, min, max)."""

    op: ArithOp
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Operation):
    """``op`` on one number."""

    op: UnaryOp
    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Base):
    """Two values of one type compared: text by UTF-8 bytes, tuples and lists by equality only, false before true."""

    op: CompareOp
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic(Base):
    """``left op right`` on booleans; the right side is evaluated only where it matters."""

    op: LogicOp
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Base):
    """The opposite of a boolean."""

    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Where(Base):
    """``then`` where ``condition`` holds, else ``otherwise``; only the chosen side is evaluated."""

    condition: Value
    then: Value
    otherwise: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier(Base):
    """``cost`` where ``condition`` holds, null elsewhere."""

    condition: Value
    cost: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOf(Base):
    """The first operand that is not null; ``fill`` and ``coalesce`` are this."""

    operands: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(Operation):
    """Whether a nullable value is null."""

    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Operation):
    """A change of type that is written, never implied (but integer to real beside a real)."""

    op: CastOp
    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Operation):
    """The absolute difference of two dates (days) or two integers, as an integer."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class DatePart(Operation):
    """A part of a date in the proleptic Gregorian calendar."""

    op: DatePartOp
    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDay(Operation):
    """The ordinal of the last business day up to a date, so that differences count business days.

    ``holidays`` are ISO dates, ascending, and ``weekend`` weekdays (0 is Monday), ascending; both separated by spaces.
    """

    operand: Value
    holidays: str
    weekend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFn(Operation):
    """A text made from a text."""

    op: TextOp
    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSlice(Operation):
    """The first or last ``count`` characters (Unicode scalar values)."""

    op: TextSliceOp
    operand: Value
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReplace(Operation):
    """Every occurrence of ``old`` (not empty) replaced by ``new``, left to right."""

    operand: Value
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSplit(Operation):
    """Part ``index`` (from 0) of the text cut at every ``separator`` (not empty); null where there is no such part."""

    operand: Value
    separator: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConcat(Operation):
    """Texts joined without a separator."""

    operands: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTest(Operation):
    """Whether ``operand`` contains, starts with or ends with ``other``."""

    op: TextTestOp
    operand: Value
    other: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStripLeft(Operation):
    """The text without the ``characters`` (not empty) that it begins with."""

    operand: Value
    characters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextToInteger(Operation):
    """The integer that the text is, null where it is none."""

    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class TextToDate(Operation):
    """The date that the text is in ``format``, null where it is none."""

    operand: Value
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextToMoney(Operation):
    """The amount that the text is, null where it is none; ``decimal`` is ``,`` or ``.``."""

    operand: Value
    decimal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextExtract(Operation):
    """The group (1) of the first match of ``pattern``, or the whole match (0); null without a match."""

    operand: Value
    pattern: str
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatches(Operation):
    """Whether some part of the text matches ``pattern``."""

    operand: Value
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedPair(Operation):
    """Two texts as a tuple in ascending order, so that (A, B) and (B, A) are one key."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTuple(Base):
    """A composite key."""

    operands: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Base):
    """The value that ``table`` gives for ``operand``; ``default`` (null: nullable result) where it has none."""

    operand: Value
    table: tuple[tuple[Constant, Constant], ...]
    default: Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens(Operation):
    """The distinct upper-cased words of a text (null: none) of at least ``min_length`` characters, sorted."""

    operand: Value
    min_length: int
    with_digit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensKeeping(Operation):
    """As ``Tokens``, of words that may have the characters ``keep`` (not empty) inside."""

    operand: Value
    min_length: int
    with_digit: bool
    keep: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ngrams(Operation):
    """The distinct runs of ``size`` characters of the normalized text (null: none), sorted."""

    operand: Value
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractAll(Operation):
    """The distinct groups of all matches of ``pattern`` in a text (null: none), sorted."""

    operand: Value
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOverlaps(Operation):
    """Whether two lists share an element."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContains(Operation):
    """Whether a list holds a text."""

    operand: Value
    element: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSize(Operation):
    """How many elements a list has."""

    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity(Operation):
    """How alike two texts are, 0 to 1."""

    op: SimilarityOp
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A slack: ``amount`` is minor units for ``abs_tol`` and basis points otherwise; both values are integers over
    params and shard keys."""

    op: ToleranceOp
    amount: Value
    floor: Value | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nets(Base):
    """In a pair: the two lots' current amounts cancel within a tolerance whose legs are these two amounts."""

    tol: Tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetric(Base):
    """An integer fact about a group: its size, the count of its smaller side, and sums and extremes of its amounts."""

    op: MetricOp


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupClean(Base):
    """Whether the group's net is within a tolerance whose legs are the member amounts."""

    tol: Tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpan(Base):
    """Largest minus smallest of an item expression over the members (dates: days), as an integer."""

    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDistinct(Base):
    """How many different non-null values an item expression takes over the members."""

    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFold(Base):
    """The sum, the smallest or the largest of an item expression over the members, in its type."""

    op: FoldOp
    operand: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUnique(Base):
    """Whether the group is marked as the only one that its leaf could have formed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQuantifier(Base):
    """Whether any or all members satisfy an item predicate, or how many do."""

    op: QuantifierOp
    predicate: Value


Value = (
    Lit
    | Lane
    | LotAmount
    | LotOriginal
    | ParamRef
    | ShardKey
    | Arith
    | Unary
    | Compare
    | Logic
    | Not
    | Where
    | Tier
    | FirstOf
    | IsNull
    | Cast
    | Gap
    | DatePart
    | BusinessDay
    | TextFn
    | TextSlice
    | TextReplace
    | TextSplit
    | TextConcat
    | TextTest
    | TextStripLeft
    | TextToInteger
    | TextToDate
    | TextToMoney
    | TextExtract
    | TextMatches
    | SortedPair
    | MakeTuple
    | Lookup
    | Tokens
    | TokensKeeping
    | Ngrams
    | ExtractAll
    | ListOverlaps
    | ListContains
    | ListSize
    | Similarity
    | Nets
    | GroupMetric
    | GroupClean
    | GroupSpan
    | GroupDistinct
    | GroupFold
    | GroupUnique
    | GroupQuantifier
)
"""The closed union of value expressions."""
