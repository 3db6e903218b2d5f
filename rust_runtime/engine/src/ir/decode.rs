//! Decoder of types, constants and expressions: strict, and typed by the rules that the frontend applies.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use florecon::sdk::schema::MAX_SCALE;
use florecon::value::{Text, date};
use serde_json::{Map, Value};

use super::place::{At, Refused, shown};
use super::{
    Comparison, Constant, Expr, ExprNode, Fold, Kind, Lookup, Metric, Operator, Param, Quantifier, Settings, Tolerance,
    ToleranceKind, Type, Var,
};

/// The most expressions and nodes of a strategy.
pub(crate) const MOST_PARTS: usize = 200_000;

/// The most levels that expressions and nodes are nested.
const MOST_LEVELS: usize = 200;

/// What may stand in an expression, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Columns and earlier lanes.
    Lane,
    /// The row and its lot, params, shard keys.
    Item,
    /// Both sides of a pair, params, shard keys.
    Pair,
    /// A group, params, shard keys.
    Group,
    /// Params and shard keys.
    Setting,
}

impl Scope {
    fn words(self) -> &'static str {
        match self {
            Self::Lane => "a row expression over columns and earlier lanes",
            Self::Item => "a row expression",
            Self::Pair => "a pair expression over a and b",
            Self::Group => "a group expression",
            Self::Setting => "a constant, a param or a shard key",
        }
    }
}

/// The fields of a JSON object.
pub(crate) struct Fields<'j, 'p> {
    map: &'j Map<String, Value>,
    pub at: &'p At<'p>,
}

impl<'j, 'p> Fields<'j, 'p> {
    pub fn of(json: &'j Value, at: &'p At<'p>) -> Result<Self, Refused> {
        match json {
            Value::Object(map) => Ok(Self { map, at }),
            other => at.refuse(format!("expected an object, found {}", shown(other))),
        }
    }

    /// Refuses fields other than these.
    pub fn exactly(&self, names: &[&str]) -> Result<(), Refused> {
        if let Some(missing) = names.iter().find(|name| !self.map.contains_key(**name)) {
            return self.at.refuse(format!("the field `{missing}` is missing"));
        }
        match self.map.keys().find(|key| !names.contains(&key.as_str())) {
            Some(unknown) => self.at.refuse(format!("there is no field `{unknown}` here")),
            None => Ok(()),
        }
    }

    /// A field that [`exactly`](Self::exactly) found.
    pub fn get(&self, name: &str) -> &'j Value {
        static NULL: Value = Value::Null;
        self.map.get(name).unwrap_or(&NULL)
    }

    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    pub fn text(&self, name: &str) -> Result<&'j str, Refused> {
        match self.get(name) {
            Value::String(text) => Ok(text),
            other => self.wrong(name, "a text", other),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.get(name) {
            Value::Bool(flag) => Ok(*flag),
            other => self.wrong(name, "true or false", other),
        }
    }

    pub fn list(&self, name: &str) -> Result<&'j [Value], Refused> {
        match self.get(name) {
            Value::Array(items) => Ok(items),
            other => self.wrong(name, "a list", other),
        }
    }

    pub fn integer(&self, name: &str, least: i64, most: i64) -> Result<i64, Refused> {
        let json = self.get(name);
        match json.as_i64() {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            _ => self.wrong(name, &format!("an integer from {least} to {most}"), json),
        }
    }

    fn wrong<T>(&self, name: &str, expected: &str, found: &Value) -> Result<T, Refused> {
        self.at
            .field(name)
            .refuse(format!("expected {expected}, found {}", shown(found)))
    }
}

/// A number of elements, characters or decimals.
pub(crate) const MOST_COUNT: i64 = (1 << 31) - 1;

pub(crate) fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "integer" => Kind::Integer,
        "real" => Kind::Real,
        "text" => Kind::Text,
        "money" => Kind::Money,
        "date" => Kind::Date,
        "boolean" => Kind::Boolean,
        "list" => Kind::List,
        "tuple" => Kind::Tuple,
        _ => return None,
    })
}

pub(crate) fn type_of(json: &Value, at: &At<'_>) -> Result<Type, Refused> {
    let fields = Fields::of(json, at)?;
    let Some(kind) = kind_of(fields.text("kind")?) else {
        return at
            .field("kind")
            .refuse(format!("unknown type {}", shown(fields.get("kind"))));
    };
    let mut names = vec!["kind"];
    names.extend((kind == Kind::Money).then_some("scale"));
    names.extend(matches!(kind, Kind::List | Kind::Tuple).then_some("parts"));
    names.extend(fields.has("nullable").then_some("nullable"));
    fields.exactly(&names)?;
    let mut of = Type::of(kind);
    if fields.has("nullable") {
        of.nullable = fields.flag("nullable")?;
        if !of.nullable {
            return at.field("nullable").refuse("it is written only where it is true");
        }
    }
    if kind == Kind::Money {
        // from 0 to MAX_SCALE
        of.scale = fields.integer("scale", 0, i64::from(MAX_SCALE))? as u32;
    }
    if fields.has("parts") {
        let at = at.field("parts");
        for (index, part) in fields.list("parts")?.iter().enumerate() {
            of.parts.push(type_of(part, &at.item(index))?);
        }
    }
    if kind == Kind::List && of != Type::list() {
        return at.refuse("a list is of texts that are never null, and is never null itself");
    }
    if kind == Kind::Tuple && (of.parts.len() < 2 || of.parts.iter().any(|part| part.nullable)) {
        return at.refuse("a tuple has at least two parts, typed as never null");
    }
    Ok(of)
}

/// A constant of a type.
pub(crate) fn constant(json: &Value, of: &Type, at: &At<'_>) -> Result<Constant, Refused> {
    let whole = |json: &Value| json.as_i64().filter(|number| *number != i64::MIN);
    let found = match (json, of.kind) {
        (Value::Null, _) if of.nullable => return Ok(Constant::Null),
        _ if of.nullable => None,
        (Value::Number(_), Kind::Integer | Kind::Money) => whole(json).map(Constant::Whole),
        (Value::Number(_), Kind::Date) => whole(json)
            .filter(|day| i32::try_from(*day).is_ok())
            .map(Constant::Whole),
        (Value::Number(number), Kind::Real) => number.as_f64().filter(|real| real.is_finite()).map(Constant::Real),
        (Value::Bool(flag), Kind::Boolean) => Some(Constant::Flag(*flag)),
        (Value::String(text), Kind::Text) => Some(Constant::Text(Text::from(text.as_str()))),
        _ => None,
    };
    match found {
        Some(constant) => Ok(constant),
        None => at.refuse(format!("{} is no constant of this type", shown(json))),
    }
}

/// Decoder with what the expressions may name.
pub(crate) struct Decoder {
    pub lanes: HashMap<String, (usize, Type)>,
    pub params: Vec<Param>,
    /// The shard keys in scope, innermost last.
    pub bound: Vec<(i64, Type)>,
    /// The tables of patterns.
    automata: HashMap<String, Rc<[u8]>>,
    parts: usize,
    level: usize,
}

impl Decoder {
    pub fn new(automata: HashMap<String, Rc<[u8]>>) -> Self {
        Self {
            automata,
            lanes: HashMap::new(),
            params: Vec::new(),
            bound: Vec::new(),
            parts: 0,
            level: 0,
        }
    }

    /// Counts a part; refuses one too many or too deep. `leave` is called after the part.
    pub fn enter(&mut self, at: &At<'_>) -> Result<(), Refused> {
        self.parts += 1;
        self.level += 1;
        if self.parts > MOST_PARTS {
            return at.refuse(format!("the strategy has more than {MOST_PARTS} expressions and nodes"));
        }
        if self.level > MOST_LEVELS {
            return at.refuse(format!("it is nested more than {MOST_LEVELS} levels deep"));
        }
        Ok(())
    }

    pub fn leave(&mut self) {
        self.level -= 1;
    }

    pub fn expression(&mut self, json: &Value, at: &At<'_>, scope: Scope) -> Result<Expr, Refused> {
        self.enter(at)?;
        let fields = Fields::of(json, at)?;
        let kind = match fields.get("kind") {
            Value::String(kind) => kind.as_str(),
            other => return at.field("kind").refuse(format!("unknown expression {}", shown(other))),
        };
        let of = type_of(fields.get("type"), &at.field("type"))?;
        let node = match kind {
            "lit" | "lane" | "lot_amount" | "lot_original" | "param_ref" | "shard_key" => {
                self.leaf(kind, &fields, &of, scope)?
            }
            "compare" | "logic" | "not" | "where" | "tier" | "first_of" | "lookup" | "make_tuple" => {
                self.choice(kind, &fields, &of, scope)?
            }
            "nets" | "group_metric" | "group_clean" | "group_span" | "group_distinct" | "group_quantifier"
            | "group_fold" | "group_unique" => self.fact(kind, &fields, scope)?,
            _ => self.operation(kind, &fields, &of, scope)?,
        };
        let result = match &node {
            ExprNode::Compare(..) | ExprNode::And(_) | ExprNode::Or(_) | ExprNode::Not(_) => Type::of(Kind::Boolean),
            ExprNode::Nets(_) | ExprNode::Clean(_) | ExprNode::Unique => Type::of(Kind::Boolean),
            ExprNode::Fold(_, operand) => operand.of.clone(),
            ExprNode::Quantifier(Quantifier::Any | Quantifier::All, _) => Type::of(Kind::Boolean),
            ExprNode::Amount(_) | ExprNode::Original(_) | ExprNode::Metric(_) => Type::of(Kind::Integer),
            ExprNode::Span(_) | ExprNode::Distinct(_) | ExprNode::Quantifier(..) => Type::of(Kind::Integer),
            // those whose type follows from what they hold were checked with it
            _ => of.clone(),
        };
        if result != of {
            return at.field("type").refuse("the type is not that of the expression");
        }
        self.leave();
        Ok(Expr { of, node })
    }

    fn leaf(&self, kind: &str, fields: &Fields<'_, '_>, of: &Type, scope: Scope) -> Result<ExprNode, Refused> {
        let at = fields.at;
        let reads_row = matches!(scope, Scope::Lane | Scope::Item);
        let var = |fields: &Fields<'_, '_>| match (fields.text("var")?, scope) {
            ("item", Scope::Lane | Scope::Item) | ("a", Scope::Pair) => Ok(Var::First),
            ("b", Scope::Pair) => Ok(Var::Second),
            ("item" | "a" | "b", _) => at.refuse(format!("expected {}", scope.words())),
            _ => at
                .field("var")
                .refuse(format!("expected item, a or b, found {}", shown(fields.get("var")))),
        };
        match kind {
            "lit" => {
                fields.exactly(&["kind", "type", "value"])?;
                constant(fields.get("value"), of, &at.field("value")).map(ExprNode::Lit)
            }
            "lane" => {
                fields.exactly(&["kind", "type", "var", "name"])?;
                let (var, name) = (var(fields)?, fields.text("name")?);
                match self.lanes.get(name) {
                    Some((lane, known)) if known == of => Ok(ExprNode::Lane(var, *lane)),
                    Some(_) => at.refuse(format!("the lane `{name}` is of another type")),
                    None => at.refuse(format!(
                        "unknown lane `{name}`: it is neither a column nor a lane before this one"
                    )),
                }
            }
            "lot_amount" | "lot_original" => {
                fields.exactly(&["kind", "type", "var"])?;
                let var = var(fields)?;
                if scope == Scope::Lane {
                    return at.refuse(format!("expected {}", scope.words()));
                }
                Ok(if kind == "lot_amount" {
                    ExprNode::Amount(var)
                } else {
                    ExprNode::Original(var)
                })
            }
            _ if reads_row && scope == Scope::Lane => at.refuse(format!("expected {}", scope.words())),
            "param_ref" => {
                fields.exactly(&["kind", "type", "name"])?;
                let name = fields.text("name")?;
                match self.params.iter().position(|param| param.name == name) {
                    Some(param) if self.params[param].of == *of => Ok(ExprNode::Param(param)),
                    Some(_) => at.refuse(format!("the param `{name}` is of another type")),
                    None => at.refuse(format!("unknown param `{name}`")),
                }
            }
            _ => {
                fields.exactly(&["kind", "type", "binder", "part"])?;
                let binder = fields.integer("binder", i64::MIN, i64::MAX)?;
                let part = match fields.get("part") {
                    Value::Null => None,
                    _ => Some(fields.integer("part", 0, MOST_COUNT)? as usize),
                };
                let bound = self.bound.iter().rev().find(|(known, _)| *known == binder);
                let Some((_, whole)) = bound else {
                    return at.refuse(format!(
                        "the shard key {binder} is used outside of the partition_by_with that binds it"
                    ));
                };
                let known = match part {
                    None => Some(whole),
                    Some(part) => whole.parts.get(part).filter(|_| whole.kind == Kind::Tuple),
                };
                if known == Some(of) {
                    Ok(ExprNode::ShardKey { binder, part })
                } else {
                    at.refuse(format!("the shard key {binder} is of another type"))
                }
            }
        }
    }

    fn boolean(&mut self, fields: &Fields<'_, '_>, name: &str, scope: Scope) -> Result<Expr, Refused> {
        let at = fields.at.field(name);
        let expr = self.expression(fields.get(name), &at, scope)?;
        if expr.of.is(Kind::Boolean) {
            Ok(expr)
        } else {
            at.refuse("expected a boolean that is never null")
        }
    }

    pub fn part(&mut self, fields: &Fields<'_, '_>, name: &str, scope: Scope) -> Result<Expr, Refused> {
        self.expression(fields.get(name), &fields.at.field(name), scope)
    }

    pub fn parts(&mut self, fields: &Fields<'_, '_>, name: &str, scope: Scope) -> Result<Vec<Expr>, Refused> {
        let at = fields.at.field(name);
        let items = fields.list(name)?;
        items
            .iter()
            .enumerate()
            .map(|(index, item)| self.expression(item, &at.item(index), scope))
            .collect()
    }

    fn choice(&mut self, kind: &str, fields: &Fields<'_, '_>, of: &Type, scope: Scope) -> Result<ExprNode, Refused> {
        let at = fields.at;
        let same = |left: &Type, right: &Type| left.plain() == right.plain();
        let typed = |expected: &Type, node| {
            if expected == of {
                Ok(node)
            } else {
                at.field("type").refuse("the type is not that of the expression")
            }
        };
        match kind {
            "compare" => {
                fields.exactly(&["kind", "type", "op", "left", "right"])?;
                let comparison = match fields.text("op")? {
                    "eq" => Comparison::Eq,
                    "ne" => Comparison::Ne,
                    "lt" => Comparison::Lt,
                    "le" => Comparison::Le,
                    "gt" => Comparison::Gt,
                    "ge" => Comparison::Ge,
                    _ => return unknown_op(fields),
                };
                let (left, right) = (self.part(fields, "left", scope)?, self.part(fields, "right", scope)?);
                if left.of != right.of || left.of.nullable {
                    return at.refuse("the two sides are of one type, and never null");
                }
                let equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
                if !equality && matches!(left.of.kind, Kind::List | Kind::Tuple) {
                    return at.refuse("a list or tuple has no order; compare with eq or ne");
                }
                Ok(ExprNode::Compare(comparison, Box::new([left, right])))
            }
            "logic" => {
                fields.exactly(&["kind", "type", "op", "left", "right"])?;
                let sides = Box::new([
                    self.boolean(fields, "left", scope)?,
                    self.boolean(fields, "right", scope)?,
                ]);
                match fields.text("op")? {
                    "and" => Ok(ExprNode::And(sides)),
                    "or" => Ok(ExprNode::Or(sides)),
                    _ => unknown_op(fields),
                }
            }
            "not" => {
                fields.exactly(&["kind", "type", "operand"])?;
                Ok(ExprNode::Not(Box::new(self.boolean(fields, "operand", scope)?)))
            }
            "where" => {
                fields.exactly(&["kind", "type", "condition", "then", "otherwise"])?;
                let condition = self.boolean(fields, "condition", scope)?;
                let (then, otherwise) = (
                    self.part(fields, "then", scope)?,
                    self.part(fields, "otherwise", scope)?,
                );
                if !same(&then.of, &otherwise.of) {
                    return at.refuse("`then` and `otherwise` are of one type");
                }
                let expected = then.of.with_nullable(then.of.nullable || otherwise.of.nullable);
                typed(&expected, ExprNode::Where(Box::new([condition, then, otherwise])))
            }
            "tier" => {
                fields.exactly(&["kind", "type", "condition", "cost"])?;
                let condition = self.boolean(fields, "condition", scope)?;
                let cost = self.part(fields, "cost", scope)?;
                if !(cost.of.is(Kind::Integer) || cost.of.is(Kind::Real)) {
                    return at.field("cost").refuse("a cost is a number without a unit, never null");
                }
                let expected = cost.of.with_nullable(true);
                typed(&expected, ExprNode::Tier(Box::new([condition, cost])))
            }
            "first_of" => {
                fields.exactly(&["kind", "type", "operands"])?;
                let operands = self.parts(fields, "operands", scope)?;
                let Some((last, others)) = operands.split_last().filter(|(_, others)| !others.is_empty()) else {
                    return at.field("operands").refuse("at least two operands are needed");
                };
                if others
                    .iter()
                    .any(|operand| !operand.of.nullable || !same(&operand.of, &last.of))
                {
                    return at
                        .field("operands")
                        .refuse("the operands are of one type, and all but the last are nullable");
                }
                let expected = last.of.clone();
                typed(&expected, ExprNode::FirstOf(operands))
            }
            "lookup" => self.lookup(fields, of, scope),
            _ => {
                fields.exactly(&["kind", "type", "operands"])?;
                let operands = self.parts(fields, "operands", scope)?;
                if operands.len() < 2 {
                    return at.field("operands").refuse("a tuple has at least two parts");
                }
                let expected = Type::tuple(operands.iter().map(|operand| &operand.of));
                typed(&expected, ExprNode::Tuple(operands))
            }
        }
    }

    fn lookup(&mut self, fields: &Fields<'_, '_>, of: &Type, scope: Scope) -> Result<ExprNode, Refused> {
        fields.exactly(&["kind", "type", "operand", "table", "default"])?;
        let at = fields.at;
        let operand = self.part(fields, "operand", scope)?;
        if matches!(operand.of.kind, Kind::Real | Kind::List | Kind::Tuple) {
            return at.field("operand").refuse("a real, list or tuple is no key of a table");
        }
        if matches!(of.kind, Kind::List | Kind::Tuple) {
            return at.field("type").refuse("a table gives scalars");
        }
        let (keys, answers, rows) = (operand.of.plain(), of.plain(), fields.list("table")?);
        let at_table = at.field("table");
        let mut table = Vec::with_capacity(rows.len());
        let mut seen = HashSet::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let at = at_table.item(index);
            let Some([key, answer]) = row.as_array().map(Vec::as_slice) else {
                return at.refuse(format!("expected [key, value], found {}", shown(row)));
            };
            table.push((
                constant(key, &keys, &at.item(0))?,
                constant(answer, &answers, &at.item(1))?,
            ));
            if !seen.insert(key.to_string()) {
                return at.refuse(format!("the key {} stands there twice", shown(key)));
            }
        }
        if table.is_empty() {
            return at_table.refuse("the table is empty");
        }
        let default = constant(fields.get("default"), of, &at.field("default"))?;
        Ok(ExprNode::Lookup(Box::new(Lookup {
            operand,
            table,
            default,
        })))
    }

    /// An integer over params and shard keys.
    pub fn setting(&mut self, fields: &Fields<'_, '_>, name: &str) -> Result<Expr, Refused> {
        let expr = self.part(fields, name, Scope::Setting)?;
        if expr.of.is(Kind::Integer) {
            Ok(expr)
        } else {
            fields.at.field(name).refuse("expected an integer that is never null")
        }
    }

    pub fn tolerance(&mut self, json: &Value, at: &At<'_>) -> Result<Tolerance, Refused> {
        let fields = Fields::of(json, at)?;
        fields.exactly(&["op", "amount", "floor"])?;
        let kind = match fields.text("op")? {
            "abs_tol" => ToleranceKind::Abs,
            "rel_tol" => ToleranceKind::Rel,
            "rel_max_tol" => ToleranceKind::RelMax,
            "rel_side_tol" => ToleranceKind::RelSide,
            "rel_gross_tol" => ToleranceKind::RelGross,
            _ => return unknown_op(&fields),
        };
        let amount = self.setting(&fields, "amount")?;
        let floor = match fields.get("floor") {
            Value::Null => None,
            _ if kind == ToleranceKind::Abs => return at.field("floor").refuse("an absolute tolerance has no floor"),
            _ => Some(self.setting(&fields, "floor")?),
        };
        Ok(Tolerance { kind, amount, floor })
    }

    fn fact(&mut self, kind: &str, fields: &Fields<'_, '_>, scope: Scope) -> Result<ExprNode, Refused> {
        let at = fields.at;
        let needed = if kind == "nets" { Scope::Pair } else { Scope::Group };
        if scope != needed {
            return at.refuse(format!("expected {}", scope.words()));
        }
        match kind {
            "nets" | "group_clean" => {
                fields.exactly(&["kind", "type", "tol"])?;
                let tol = Box::new(self.tolerance(fields.get("tol"), &at.field("tol"))?);
                Ok(if kind == "nets" {
                    ExprNode::Nets(tol)
                } else {
                    ExprNode::Clean(tol)
                })
            }
            "group_metric" => {
                fields.exactly(&["kind", "type", "op"])?;
                Ok(ExprNode::Metric(match fields.text("op")? {
                    "size" => Metric::Size,
                    "net" => Metric::Net,
                    "abs_net" => Metric::AbsNet,
                    "max_abs" => Metric::MaxAbs,
                    "min_side" => Metric::MinSide,
                    "gross" => Metric::Gross,
                    "positive" => Metric::Positive,
                    "negative" => Metric::Negative,
                    "min_abs" => Metric::MinAbs,
                    "originals" => Metric::Originals,
                    _ => return unknown_op(fields),
                }))
            }
            "group_unique" => {
                fields.exactly(&["kind", "type"])?;
                Ok(ExprNode::Unique)
            }
            "group_fold" => {
                fields.exactly(&["kind", "type", "op", "operand"])?;
                let fold = match fields.text("op")? {
                    "sum" => Fold::Sum,
                    "min" => Fold::Min,
                    "max" => Fold::Max,
                    _ => return unknown_op(fields),
                };
                let operand = self.part(fields, "operand", Scope::Item)?;
                let is_number = matches!(operand.of.kind, Kind::Integer | Kind::Money);
                if operand.of.nullable || !(is_number || (operand.of.is(Kind::Date) && fold != Fold::Sum)) {
                    let words = "expected an integer or money (of `min` and `max` also a date) that is never null";
                    return at.field("operand").refuse(words);
                }
                Ok(ExprNode::Fold(fold, Box::new(operand)))
            }
            "group_quantifier" => {
                fields.exactly(&["kind", "type", "op", "predicate"])?;
                let quantifier = match fields.text("op")? {
                    "any" => Quantifier::Any,
                    "all" => Quantifier::All,
                    "count" => Quantifier::Count,
                    _ => return unknown_op(fields),
                };
                let predicate = self.boolean(fields, "predicate", Scope::Item)?;
                Ok(ExprNode::Quantifier(quantifier, Box::new(predicate)))
            }
            _ => {
                fields.exactly(&["kind", "type", "operand"])?;
                let operand = self.part(fields, "operand", Scope::Item)?;
                let at = at.field("operand");
                if kind == "group_span" {
                    if !operand.of.is_whole() || operand.of.nullable {
                        return at.refuse("expected an integer, money or a date that is never null");
                    }
                    return Ok(ExprNode::Span(Box::new(operand)));
                }
                if operand.of.holds(Kind::List) {
                    return at.refuse("expected a scalar or a tuple of scalars");
                }
                Ok(ExprNode::Distinct(Box::new(operand)))
            }
        }
    }

    /// The table of the pattern, which the document has beside the plugin.
    fn automaton(&self, fields: &Fields<'_, '_>) -> Result<Rc<[u8]>, Refused> {
        let pattern = fields.text("pattern")?;
        match self.automata.get(pattern) {
            Some(table) => Ok(Rc::clone(table)),
            None => fields
                .at
                .field("pattern")
                .refuse(format!("`automata` has no table for {}", shown(fields.get("pattern")))),
        }
    }

    fn operation(&mut self, kind: &str, fields: &Fields<'_, '_>, of: &Type, scope: Scope) -> Result<ExprNode, Refused> {
        let (names, others): (&[&str], &[&str]) = match kind {
            "arith" | "similarity" => (&["left", "right"], &["op"]),
            "unary" | "cast" | "date_part" | "text_fn" => (&["operand"], &["op"]),
            "gap" | "sorted_pair" | "list_overlaps" => (&["left", "right"], &[]),
            "text_slice" => (&["operand"], &["op", "count"]),
            "text_replace" => (&["operand"], &["old", "new"]),
            "text_split" => (&["operand"], &["separator", "index"]),
            "text_concat" => (&[], &["operands"]),
            "text_test" => (&["operand", "other"], &["op"]),
            "tokens" => (&["operand"], &["min_length", "with_digit"]),
            "tokens_keeping" => (&["operand"], &["min_length", "with_digit", "keep"]),
            "ngrams" => (&["operand"], &["size"]),
            "text_strip_left" => (&["operand"], &["characters"]),
            "text_to_integer" => (&["operand"], &[]),
            "text_to_date" => (&["operand"], &["format"]),
            "text_to_money" => (&["operand"], &["decimal"]),
            "business_day" => (&["operand"], &["holidays", "weekend"]),
            "text_extract" => (&["operand"], &["pattern", "group"]),
            "text_matches" | "extract_all" => (&["operand"], &["pattern"]),
            "list_contains" => (&["operand", "element"], &[]),
            "list_size" | "is_null" => (&["operand"], &[]),
            _ => {
                return fields
                    .at
                    .field("kind")
                    .refuse(format!("unknown expression {}", shown(fields.get("kind"))));
            }
        };
        fields.exactly(&[&["kind", "type"], names, others].concat())?;
        let operands = if kind == "text_concat" {
            let operands = self.parts(fields, "operands", scope)?;
            if operands.len() < 2 {
                return fields.at.field("operands").refuse("at least two texts are needed");
            }
            operands
        } else {
            let read = names.iter().map(|name| self.part(fields, name, scope));
            read.collect::<Result<Vec<_>, _>>()?
        };
        let op = if others.contains(&"op") { fields.text("op")? } else { "" };
        let types: Vec<&Type> = operands.iter().map(|operand| &operand.of).collect();
        let Some((operator, result)) = Operator::of(kind, op, &types, of.scale) else {
            return fields
                .at
                .refuse(format!("there is no {kind} {op} of operands of these types"));
        };
        if result != *of {
            return fields.at.field("type").refuse("the type is not that of the expression");
        }
        let mut settings = settings(operator, &operands, of, fields)?;
        if others.contains(&"pattern") {
            settings.automaton = self.automaton(fields)?;
        }
        Ok(ExprNode::Operation(operator, operands, settings))
    }
}

fn settings(operator: Operator, operands: &[Expr], of: &Type, fields: &Fields<'_, '_>) -> Result<Settings, Refused> {
    let mut settings = Settings::default();
    // from 0 or 1 to MOST_COUNT
    let count = |name: &str, least: i64| fields.integer(name, least, MOST_COUNT).map(|count| count as u32);
    let filled = |name: &str| match fields.text(name)? {
        "" => fields.at.field(name).refuse("the text is empty"),
        text => Ok(Text::from(text)),
    };
    match operator {
        Operator::FloorDiv | Operator::Mod if !matches!(operands[1].node, ExprNode::Lit(Constant::Whole(1..))) => {
            return fields
                .at
                .field("right")
                .refuse("the divisor is a positive integer constant");
        }
        Operator::MinorUnits => settings.count = of.scale,
        Operator::Left | Operator::Right => settings.count = count("count", 1)?,
        Operator::Replace => {
            settings.first = filled("old")?;
            settings.second = Text::from(fields.text("new")?);
        }
        Operator::Split => {
            settings.first = filled("separator")?;
            settings.count = count("index", 0)?;
        }
        Operator::Tokens | Operator::TokensKeeping => {
            settings.count = count("min_length", 1)?;
            settings.flag = fields.flag("with_digit")?;
            if operator == Operator::TokensKeeping {
                settings.first = filled("keep")?;
            }
        }
        Operator::StripLeft => settings.first = filled("characters")?,
        Operator::ToDate => settings.first = filled("format")?,
        Operator::ToMoney => {
            settings.count = of.scale;
            settings.first = filled("decimal")?;
        }
        Operator::BusinessDay => {
            let days = fields.text("holidays")?.split_terminator(' ');
            let Some(days) = days.map(|day| date::parse(day, "%Y-%m-%d")).collect::<Option<Vec<_>>>() else {
                return fields.at.field("holidays").refuse("expected ISO dates, ascending");
            };
            if !days.is_sorted() {
                return fields.at.field("holidays").refuse("expected ISO dates, ascending");
            }
            settings.days = Rc::from(days);
            for weekday in fields.text("weekend")?.split_terminator(' ') {
                match weekday.parse() {
                    Ok(day @ 0..7) => settings.count |= 1 << day,
                    _ => return fields.at.field("weekend").refuse("expected weekdays from 0 to 6"),
                }
            }
        }
        Operator::Ngrams => settings.count = count("size", 1)?,
        Operator::Extract => settings.count = fields.integer("group", 0, 1)? as u32,
        _ => {}
    }
    Ok(settings)
}

fn unknown_op<T>(fields: &Fields<'_, '_>) -> Result<T, Refused> {
    fields
        .at
        .field("op")
        .refuse(format!("unknown operation {}", shown(fields.get("op"))))
}
