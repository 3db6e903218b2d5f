//! Decoder of strategy nodes.

use florecon::nodes::{Score, closest, fewest};
use serde_json::Value;

use super::decode::{Decoder, Fields, MOST_COUNT, Scope, constant};
use super::place::{At, Refused, shown};
use super::{AnchoredSubset, Expr, Flow, Kind, Node, Soak, Type};

impl Decoder {
    pub fn node(&mut self, json: &Value, at: &At<'_>) -> Result<Node, Refused> {
        self.enter(at)?;
        let fields = Fields::of(json, at)?;
        let kind = match fields.get("kind") {
            Value::String(kind) => kind.as_str(),
            other => return at.field("kind").refuse(format!("unknown node {}", shown(other))),
        };
        let node = match kind {
            "exact_1to1" | "agg_net" | "signal_group" | "reference_net" | "running_zero" | "subset_net"
            | "anchored_subset" | "flow" | "soak_all" | "soak_small" | "soak_if" | "identity" => {
                self.leaf_node(kind, &fields)?
            }
            _ => self.combinator(kind, &fields)?,
        };
        self.leave();
        Ok(node)
    }

    fn inner(&mut self, fields: &Fields<'_, '_>) -> Result<Box<Node>, Refused> {
        self.node(fields.get("inner"), &fields.at.field("inner")).map(Box::new)
    }

    fn combinator(&mut self, kind: &str, fields: &Fields<'_, '_>) -> Result<Node, Refused> {
        let at = fields.at;
        Ok(match kind {
            "seq" => {
                fields.exactly(&["kind", "steps"])?;
                let at = at.field("steps");
                let steps = fields.list("steps")?;
                let steps = steps
                    .iter()
                    .enumerate()
                    .map(|(index, step)| self.node(step, &at.item(index)));
                Node::Seq(steps.collect::<Result<_, _>>()?)
            }
            "best_of" => {
                fields.exactly(&["kind", "score", "strategies"])?;
                let score = match fields.text("score")? {
                    "matched_value" => Score::MatchedValue,
                    "matched_items" => Score::MatchedItems,
                    "fewest_groups" => Score::FewestGroups,
                    other => {
                        return at
                            .field("score")
                            .refuse(format!("unknown score {}", shown(&Value::from(other))));
                    }
                };
                let at = at.field("strategies");
                let strategies = fields.list("strategies")?;
                if strategies.len() < 2 {
                    return at.refuse("expected two or more strategies");
                }
                let strategies = strategies
                    .iter()
                    .enumerate()
                    .map(|(index, strategy)| self.node(strategy, &at.item(index)));
                Node::BestOf(score, strategies.collect::<Result<_, _>>()?)
            }
            "partition_by" => {
                fields.exactly(&["kind", "key", "inner"])?;
                Node::PartitionBy(self.key(fields, "key", false)?, self.inner(fields)?)
            }
            "partition_by_table" => self.table(fields)?,
            "partition_by_with" => {
                fields.exactly(&["kind", "key", "binder", "inner"])?;
                let key = self.key(fields, "key", false)?;
                let binder = fields.integer("binder", i64::MIN, i64::MAX)?;
                if self.bound.iter().any(|(known, _)| *known == binder) {
                    return at
                        .field("binder")
                        .refuse(format!("the binder {binder} is bound by a node above already"));
                }
                self.bound.push((binder, key.of.plain()));
                let inner = self.inner(fields)?;
                self.bound.pop();
                Node::PartitionByWith { key, binder, inner }
            }
            "when" => {
                fields.exactly(&["kind", "predicate", "inner"])?;
                Node::When(self.predicate(fields, "predicate", Scope::Item)?, self.inner(fields)?)
            }
            "windowed" => {
                fields.exactly(&["kind", "order", "width", "inner"])?;
                let order = self.measure(fields)?;
                Node::Windowed(order, self.setting(fields, "width")?, self.inner(fields)?)
            }
            "pivot" => {
                fields.exactly(&["kind", "amount", "inner"])?;
                let amount = self.part(fields, "amount", Scope::Item)?;
                if !matches!(amount.of.kind, Kind::Integer | Kind::Money) {
                    return at.field("amount").refuse("expected money or an integer");
                }
                Node::Pivot(amount, self.inner(fields)?)
            }
            "fixed_point" => {
                fields.exactly(&["kind", "inner", "max_passes"])?;
                let passes = fields.integer("max_passes", 1, 10_000)? as usize;
                Node::FixedPoint(passes, self.inner(fields)?)
            }
            "labeled" => {
                fields.exactly(&["kind", "tag", "inner"])?;
                Node::Labeled(name(fields, "tag")?, self.inner(fields)?)
            }
            "accept_if" => {
                fields.exactly(&["kind", "predicate", "inner"])?;
                Node::AcceptIf(self.predicate(fields, "predicate", Scope::Group)?, self.inner(fields)?)
            }
            "coalesce" => {
                fields.exactly(&["kind", "origin", "inner"])?;
                Node::Coalesce(name(fields, "origin")?, self.inner(fields)?)
            }
            "trim" | "snap" | "reclaim" => {
                fields.exactly(&["kind", "tol", "inner"])?;
                let tol = self.tolerance(fields.get("tol"), &at.field("tol"))?;
                let inner = self.inner(fields)?;
                match kind {
                    "trim" => Node::Trim(tol, inner),
                    "snap" => Node::Snap(tol, inner),
                    _ => Node::Reclaim(tol, inner),
                }
            }
            "whole_only" => {
                fields.exactly(&["kind", "inner"])?;
                Node::WholeOnly(self.inner(fields)?)
            }
            _ => {
                return at
                    .field("kind")
                    .refuse(format!("unknown node {}", shown(fields.get("kind"))));
            }
        })
    }

    fn table(&mut self, fields: &Fields<'_, '_>) -> Result<Node, Refused> {
        fields.exactly(&["kind", "key", "cases", "default"])?;
        let key = self.key(fields, "key", false)?;
        let whole = key.of.plain();
        let parts = if whole.kind == Kind::Tuple {
            whole.parts.clone()
        } else {
            vec![whole]
        };
        if parts.iter().any(|part| matches!(part.kind, Kind::Real | Kind::Tuple)) {
            return fields
                .at
                .field("key")
                .refuse("a real, or a tuple in a tuple, has no constants to tell cases by");
        }
        let at = fields.at.field("cases");
        let mut cases = Vec::new();
        for (index, case) in fields.list("cases")?.iter().enumerate() {
            let at = at.item(index);
            let Some([key, node]) = case.as_array().map(Vec::as_slice) else {
                return at.refuse(format!("expected [key, node], found {}", shown(case)));
            };
            let at_key = at.item(0);
            let cells = match key {
                Value::Array(cells) => cells.as_slice(),
                one => std::slice::from_ref(one),
            };
            if cells.len() != parts.len() || key.is_array() != (parts.len() > 1) {
                return at_key.refuse("the key has another number of parts");
            }
            let constants = cells.iter().zip(&parts);
            let constants = constants.map(|(cell, of)| constant(cell, of, &at_key));
            let constants = constants.collect::<Result<Vec<_>, _>>()?;
            if cases.iter().any(|(known, _)| *known == constants) {
                return at_key.refuse("the key stands there twice");
            }
            cases.push((constants, self.node(node, &at.item(1))?));
        }
        if cases.is_empty() {
            return at.refuse("there are no cases");
        }
        let default = self.node(fields.get("default"), &fields.at.field("default"))?;
        Ok(Node::PartitionByTable(key, cases, Box::new(default)))
    }

    fn leaf_node(&mut self, kind: &str, fields: &Fields<'_, '_>) -> Result<Node, Refused> {
        let at = fields.at;
        Ok(match kind {
            "identity" => {
                fields.exactly(&["kind"])?;
                Node::Identity
            }
            "exact_1to1" => {
                fields.exactly(&["kind", "key", "order"])?;
                let key = self.optional_key(fields)?;
                let order = match fields.get("order") {
                    Value::Null => None,
                    _ => Some(self.order(fields)?),
                };
                Node::Exact1to1 { key, order }
            }
            "agg_net" => {
                let accept = self.acceptance(fields, &["kind", "key", "tol"])?;
                let key = self.optional_key(fields)?;
                Node::AggNet(key, self.tolerance(fields.get("tol"), &at.field("tol"))?, accept)
            }
            "signal_group" => {
                let accept = self.acceptance(fields, &["kind", "signals", "tol", "cap"])?;
                let signals = self.signals(fields)?;
                let tol = self.tolerance(fields.get("tol"), &at.field("tol"))?;
                Node::SignalGroup(signals, tol, fields.integer("cap", 2, MOST_COUNT)? as usize, accept)
            }
            "reference_net" => {
                fields.exactly(&["kind", "signals", "tol", "cap"])?;
                let signals = self.signals(fields)?;
                let tol = self.tolerance(fields.get("tol"), &at.field("tol"))?;
                Node::ReferenceNet(signals, tol, fields.integer("cap", 2, MOST_COUNT)? as usize)
            }
            "running_zero" => {
                let accept = self.acceptance(fields, &["kind", "order", "tol", "key"])?;
                let order = self.order(fields)?;
                let tol = self.tolerance(fields.get("tol"), &at.field("tol"))?;
                let key = self.optional_key(fields)?;
                Node::RunningZero {
                    order,
                    tol,
                    key,
                    accept,
                }
            }
            "subset_net" => {
                let accept = self.acceptance(fields, &["kind", "key", "tol", "max_size", "budget"])?;
                Node::SubsetNet {
                    key: self.optional_key(fields)?,
                    tol: self.tolerance(fields.get("tol"), &at.field("tol"))?,
                    max_size: fields.integer("max_size", 2, 64)? as usize,
                    budget: fields.integer("budget", 1, 1 << 53)? as u64,
                    accept,
                }
            }
            "anchored_subset" => self.anchored_subset(fields)?,
            "flow" => self.flow(fields)?,
            "soak_all" => {
                fields.exactly(&["kind", "origin", "mode", "key"])?;
                Node::SoakAll(name(fields, "origin")?, self.soak(fields)?)
            }
            "soak_small" => {
                fields.exactly(&["kind", "tol", "origin", "mode", "key"])?;
                let tol = self.tolerance(fields.get("tol"), &at.field("tol"))?;
                Node::SoakSmall(tol, name(fields, "origin")?, self.soak(fields)?)
            }
            _ => {
                fields.exactly(&["kind", "predicate", "origin", "mode", "key"])?;
                let predicate = self.predicate(fields, "predicate", Scope::Item)?;
                Node::SoakIf(predicate, name(fields, "origin")?, self.soak(fields)?)
            }
        })
    }

    fn signals(&mut self, fields: &Fields<'_, '_>) -> Result<Expr, Refused> {
        let signals = self.key(fields, "signals", true)?;
        if !matches!(signals.of.kind, Kind::List | Kind::Text) {
            return fields.at.field("signals").refuse("expected a list of texts, or a text");
        }
        Ok(signals)
    }

    fn anchored_subset(&mut self, fields: &Fields<'_, '_>) -> Result<Node, Refused> {
        fields.exactly(&[
            "kind",
            "key",
            "anchor",
            "tol",
            "prefer",
            "max_size",
            "max_left_out",
            "budget",
        ])?;
        let key = self.optional_key(fields)?;
        let anchor = self.part(fields, "anchor", Scope::Item)?;
        if anchor.of != Type::of(Kind::Boolean) {
            return fields
                .at
                .field("anchor")
                .refuse("expected a boolean that is never null");
        }
        let tol = self.tolerance(fields.get("tol"), &fields.at.field("tol"))?;
        let limit = |name, least| match fields.get(name) {
            Value::Null => Ok(None),
            _ => fields
                .integer(name, least, MOST_COUNT)
                .map(|limit| Some(limit as usize)),
        };
        let (max_size, max_left_out) = (limit("max_size", 2)?, limit("max_left_out", 0)?);
        let preference = match fields.text("prefer")? {
            "closest" => closest(max_size, max_left_out),
            "fewest" => fewest(max_size, max_left_out),
            other => {
                return fields.at.field("prefer").refuse(format!("unknown preference {other}"));
            }
        };
        Ok(Node::AnchoredSubset(Box::new(AnchoredSubset {
            key,
            anchor,
            tol,
            preference,
            budget: fields.integer("budget", 1, 1 << 53)? as u64,
        })))
    }

    fn flow(&mut self, fields: &Fields<'_, '_>) -> Result<Node, Refused> {
        fields.exactly(&[
            "kind",
            "penalty",
            "cost",
            "order",
            "window",
            "match_keys",
            "bucket_cap",
            "window_cap",
        ])?;
        let at = fields.at;
        let penalty = self.part(fields, "penalty", Scope::Item)?;
        if !penalty.of.is(Kind::Real) {
            return at.field("penalty").refuse("expected a real that is never null");
        }
        let cost = self.part(fields, "cost", Scope::Pair)?;
        if cost.of.kind != Kind::Real {
            return at.field("cost").refuse("expected a real");
        }
        let window = match (fields.get("order"), fields.get("window")) {
            (Value::Null, Value::Null) => None,
            (Value::Null, _) => return at.field("order").refuse("a window needs an order"),
            (_, Value::Null) => return at.field("window").refuse("an order needs a window"),
            _ => {
                let order = self.measure(fields)?;
                Some((order, self.setting(fields, "window")?))
            }
        };
        let at_keys = at.field("match_keys");
        let mut match_keys = Vec::new();
        for (index, key) in fields.list("match_keys")?.iter().enumerate() {
            let at = at_keys.item(index);
            let key = self.expression(key, &at, Scope::Item)?;
            match_keys.push(checked_key(key, &at, true)?);
        }
        Ok(Node::Flow(Box::new(Flow {
            penalty,
            cost,
            window,
            match_keys,
            bucket_cap: fields.integer("bucket_cap", 2, MOST_COUNT)? as usize,
            window_cap: fields.integer("window_cap", 1, MOST_COUNT)? as usize,
        })))
    }

    fn soak(&mut self, fields: &Fields<'_, '_>) -> Result<Soak, Refused> {
        let key = self.optional_key(fields)?;
        match (fields.text("mode")?, key) {
            ("singleton", None) => Ok(Soak::Singleton),
            ("bucket", Some(key)) if key.of.holds(Kind::Real) => fields
                .at
                .field("key")
                .refuse("a real has no exact text for the origin of a group"),
            ("bucket", Some(key)) => Ok(Soak::Bucket(key)),
            ("singleton" | "bucket", _) => fields.at.refuse("mode bucket takes a key, mode singleton none"),
            _ => fields
                .at
                .field("mode")
                .refuse(format!("unknown mode {}", shown(fields.get("mode")))),
        }
    }

    fn key(&mut self, fields: &Fields<'_, '_>, name: &str, lists: bool) -> Result<Expr, Refused> {
        let key = self.part(fields, name, Scope::Item)?;
        checked_key(key, &fields.at.field(name), lists)
    }

    fn optional_key(&mut self, fields: &Fields<'_, '_>) -> Result<Option<Expr>, Refused> {
        match fields.get("key") {
            Value::Null => Ok(None),
            _ => self.key(fields, "key", false).map(Some),
        }
    }

    fn order(&mut self, fields: &Fields<'_, '_>) -> Result<Expr, Refused> {
        let order = self.part(fields, "order", Scope::Item)?;
        if order.of.nullable || order.of.holds(Kind::Real) || order.of.holds(Kind::List) {
            return fields
                .at
                .field("order")
                .refuse("an order is never null, and holds no real and no list");
        }
        Ok(order)
    }

    fn measure(&mut self, fields: &Fields<'_, '_>) -> Result<Expr, Refused> {
        let order = self.order(fields)?;
        if order.of.is_whole() {
            Ok(order)
        } else {
            fields.at.field("order").refuse("expected an integer, money or a date")
        }
    }

    /// The fields of a leaf, and its condition on candidates, which is left out where there is none.
    fn acceptance(&mut self, fields: &Fields<'_, '_>, names: &[&str]) -> Result<Option<Expr>, Refused> {
        if !fields.has("accept") {
            fields.exactly(names)?;
            return Ok(None);
        }
        fields.exactly(&[names, &["accept"]].concat())?;
        self.predicate(fields, "accept", Scope::Group).map(Some)
    }

    fn predicate(&mut self, fields: &Fields<'_, '_>, name: &str, scope: Scope) -> Result<Expr, Refused> {
        let predicate = self.part(fields, name, scope)?;
        if predicate.of == Type::of(Kind::Boolean) {
            Ok(predicate)
        } else {
            fields.at.field(name).refuse("expected a boolean that is never null")
        }
    }
}

fn checked_key(key: Expr, at: &At<'_>, lists: bool) -> Result<Expr, Refused> {
    let is_list = key.of.kind == Kind::List;
    if (is_list && !lists) || (!is_list && key.of.holds(Kind::List)) {
        return at.refuse("a key is a scalar or a tuple of scalars");
    }
    Ok(key)
}

/// A label or an origin: a text that is not blank.
fn name(fields: &Fields<'_, '_>, field: &str) -> Result<String, Refused> {
    let text = fields.text(field)?;
    if text.trim().is_empty() {
        return fields.at.field(field).refuse("expected a text that is not blank");
    }
    Ok(text.to_owned())
}
