//! Operator table: the typing rule of each operator that is a plain function of its operands.
//!
//! The rows are those of `florecon_build/ir/operators.py`; `tests/differential` holds the two together.

use super::{Kind, Type};

/// Plain function of its operands, chosen by their types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    FloorDiv,
    Mod,
    Min,
    Max,
    RealAdd,
    RealSub,
    RealMul,
    RealDiv,
    RealMin,
    RealMax,
    Neg,
    Abs,
    Sign,
    RealNeg,
    RealAbs,
    ToReal,
    ToMinor,
    MinorUnits,
    Gap,
    Year,
    Month,
    Day,
    MonthEnd,
    BusinessDay,
    Upper,
    Lower,
    Strip,
    Digits,
    Alnum,
    Normalize,
    Left,
    Right,
    Replace,
    Split,
    Concat,
    Contains,
    StartsWith,
    EndsWith,
    StripLeft,
    ToInteger,
    ToDate,
    ToMoney,
    Extract,
    Matches,
    Dice,
    JaroWinkler,
    TokenSet,
    Prefix,
    Tokens,
    TokensKeeping,
    Ngrams,
    ExtractAll,
    Overlaps,
    Has,
    Size,
    SortedPair,
    IsNull,
}

impl Operator {
    /// The operator of a `kind` and an `op`, and the type of its result; none where the operands do not fit.
    ///
    /// `scale` is that of the node's type, which `minor_units` and `to_money` alone are free in.
    pub fn of(kind: &str, op: &str, operands: &[&Type], scale: u32) -> Option<(Self, Type)> {
        let is = |index: usize, kind: Kind| operands[index].is(kind);
        let every = |kind: Kind| operands.iter().all(|of| of.is(kind));
        let same = operands.windows(2).all(|two| two[0] == two[1]);
        let first = || operands[0].clone();
        let exact = |of: &Type| matches!(of.kind, Kind::Integer | Kind::Money) && !of.nullable;
        let ordered = |of: &Type| of.is_whole() && !of.nullable;
        let (integer, real, text) = (Type::of(Kind::Integer), Type::of(Kind::Real), Type::of(Kind::Text));
        let (boolean, date) = (Type::of(Kind::Boolean), Type::of(Kind::Date));
        let is_text = |index: usize| is(index, Kind::Text);
        let reals = every(Kind::Real);
        let found = match (kind, op) {
            ("arith", "add") if reals => (Self::RealAdd, real),
            ("arith", "sub") if reals => (Self::RealSub, real),
            ("arith", "mul") if reals => (Self::RealMul, real),
            ("arith", "div") if reals => (Self::RealDiv, real),
            ("arith", "min") if reals => (Self::RealMin, real),
            ("arith", "max") if reals => (Self::RealMax, real),
            ("arith", "add") if same && exact(operands[0]) => (Self::Add, first()),
            ("arith", "sub") if same && exact(operands[0]) => (Self::Sub, first()),
            ("arith", "mul") if exact(operands[0]) && is(1, Kind::Integer) => (Self::Mul, first()),
            ("arith", "mul") if is(0, Kind::Integer) && is(1, Kind::Money) => (Self::Mul, operands[1].clone()),
            ("arith", "floor_div") if every(Kind::Integer) => (Self::FloorDiv, integer),
            ("arith", "mod") if every(Kind::Integer) => (Self::Mod, integer),
            ("arith", "min") if same && ordered(operands[0]) => (Self::Min, first()),
            ("arith", "max") if same && ordered(operands[0]) => (Self::Max, first()),
            ("unary", "neg") if reals => (Self::RealNeg, real),
            ("unary", "abs") if reals => (Self::RealAbs, real),
            ("unary", "neg") if exact(operands[0]) => (Self::Neg, first()),
            ("unary", "abs") if exact(operands[0]) => (Self::Abs, first()),
            ("unary", "sign") if exact(operands[0]) => (Self::Sign, integer),
            ("cast", "to_real") if is(0, Kind::Integer) => (Self::ToReal, real),
            ("cast", "to_minor") if is(0, Kind::Money) => (Self::ToMinor, integer),
            ("cast", "minor_units") if reals => (Self::MinorUnits, Type::money(scale)),
            ("gap", "") if same && (is(0, Kind::Date) || is(0, Kind::Integer)) => (Self::Gap, integer),
            ("date_part", "year") if is(0, Kind::Date) => (Self::Year, integer),
            ("date_part", "month") if is(0, Kind::Date) => (Self::Month, integer),
            ("date_part", "day") if is(0, Kind::Date) => (Self::Day, integer),
            ("date_part", "month_end") if is(0, Kind::Date) => (Self::MonthEnd, date),
            ("business_day", "") if is(0, Kind::Date) => (Self::BusinessDay, integer),
            ("text_fn", "upper") if is_text(0) => (Self::Upper, text),
            ("text_fn", "lower") if is_text(0) => (Self::Lower, text),
            ("text_fn", "strip") if is_text(0) => (Self::Strip, text),
            ("text_fn", "digits") if is_text(0) => (Self::Digits, text),
            ("text_fn", "alnum") if is_text(0) => (Self::Alnum, text),
            ("text_fn", "normalize") if is_text(0) => (Self::Normalize, text),
            ("text_slice", "left") if is_text(0) => (Self::Left, text),
            ("text_slice", "right") if is_text(0) => (Self::Right, text),
            ("text_replace", "") if is_text(0) => (Self::Replace, text),
            ("text_split", "") if is_text(0) => (Self::Split, text.with_nullable(true)),
            ("text_concat", "") if every(Kind::Text) => (Self::Concat, text),
            ("text_test", "contains") if every(Kind::Text) => (Self::Contains, boolean),
            ("text_test", "startswith") if every(Kind::Text) => (Self::StartsWith, boolean),
            ("text_test", "endswith") if every(Kind::Text) => (Self::EndsWith, boolean),
            ("text_strip_left", "") if is_text(0) => (Self::StripLeft, text),
            ("text_to_integer", "") if is_text(0) => (Self::ToInteger, integer.with_nullable(true)),
            ("text_to_date", "") if is_text(0) => (Self::ToDate, date.with_nullable(true)),
            ("text_to_money", "") if is_text(0) => (Self::ToMoney, Type::money(scale).with_nullable(true)),
            ("text_extract", "") if is_text(0) => (Self::Extract, text.with_nullable(true)),
            ("text_matches", "") if is_text(0) => (Self::Matches, boolean),
            ("similarity", "dice") if every(Kind::Text) => (Self::Dice, real),
            ("similarity", "jaro_winkler") if every(Kind::Text) => (Self::JaroWinkler, real),
            ("similarity", "token_set") if every(Kind::Text) => (Self::TokenSet, real),
            ("similarity", "prefix") if every(Kind::Text) => (Self::Prefix, real),
            ("tokens", "") if operands[0].kind == Kind::Text => (Self::Tokens, Type::list()),
            ("tokens_keeping", "") if operands[0].kind == Kind::Text => (Self::TokensKeeping, Type::list()),
            ("ngrams", "") if operands[0].kind == Kind::Text => (Self::Ngrams, Type::list()),
            ("extract_all", "") if operands[0].kind == Kind::Text => (Self::ExtractAll, Type::list()),
            ("list_overlaps", "") if every(Kind::List) => (Self::Overlaps, boolean),
            ("list_contains", "") if is(0, Kind::List) && is_text(1) => (Self::Has, boolean),
            ("list_size", "") if is(0, Kind::List) => (Self::Size, integer),
            ("sorted_pair", "") if operands.iter().all(|of| of.kind == Kind::Text) => {
                (Self::SortedPair, Type::tuple(operands.iter().copied()))
            }
            ("is_null", "") => (Self::IsNull, boolean),
            _ => return None,
        };
        Some(found)
    }

    /// Whether the result may be null though no operand is.
    pub fn gives_null(self) -> bool {
        matches!(
            self,
            Self::Split | Self::Extract | Self::ToInteger | Self::ToDate | Self::ToMoney
        )
    }

    /// Whether it takes a null text.
    pub fn takes_null(self) -> bool {
        matches!(
            self,
            Self::Tokens | Self::TokensKeeping | Self::Ngrams | Self::ExtractAll
        )
    }

    /// Whether it can fail, whatever its operands are.
    pub fn is_fallible(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Sub | Self::Mul | Self::Neg | Self::Abs | Self::ToMinor | Self::MinorUnits | Self::Gap
        )
    }
}
