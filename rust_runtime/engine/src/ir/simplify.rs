//! Rewrites that change what a strategy reads, never what it computes, as in `florecon_build/codegen/rust/simplify.py`.
//!
//! They are the same as the generator's so that a row holds the same lanes as in the compiled module, and a snapshot of
//! one is a snapshot of the other.

use super::{Constant, Expr, ExprNode, Kind, Lookup, Operator, Tolerance, Type};

/// The expression without operands that are never reached or always null.
pub(crate) fn simplify(expr: Expr) -> Expr {
    let Expr { of, node } = expr;
    let all = |parts: Vec<Expr>| parts.into_iter().map(simplify).collect::<Vec<_>>();
    let two = |two: Box<[Expr; 2]>| Box::new((*two).map(simplify));
    let one = |one: Box<Expr>| Box::new(simplify(*one));
    let tolerance = |tol: Box<Tolerance>| {
        Box::new(Tolerance {
            kind: tol.kind,
            amount: simplify(tol.amount),
            floor: tol.floor.map(simplify),
        })
    };
    let node = match node {
        ExprNode::Operation(operator, operands, settings) => {
            let operands = all(operands);
            if let (Operator::IsNull, ExprNode::Lit(constant)) = (operator, &operands[0].node) {
                ExprNode::Lit(Constant::Flag(*constant == Constant::Null))
            } else {
                ExprNode::Operation(operator, operands, settings)
            }
        }
        ExprNode::Compare(comparison, sides) => ExprNode::Compare(comparison, two(sides)),
        ExprNode::And(sides) => ExprNode::And(two(sides)),
        ExprNode::Or(sides) => ExprNode::Or(two(sides)),
        ExprNode::Tier(sides) => ExprNode::Tier(two(sides)),
        ExprNode::Not(inner) => ExprNode::Not(one(inner)),
        ExprNode::Where(three) => ExprNode::Where(Box::new((*three).map(simplify))),
        ExprNode::FirstOf(operands) => return first_of(all(operands), of),
        ExprNode::Lookup(lookup) => {
            let operand = simplify(lookup.operand);
            return lookup_of(Lookup { operand, ..*lookup }, of);
        }
        ExprNode::Tuple(operands) => ExprNode::Tuple(all(operands)),
        ExprNode::Nets(tol) => ExprNode::Nets(tolerance(tol)),
        ExprNode::Clean(tol) => ExprNode::Clean(tolerance(tol)),
        ExprNode::Span(inner) => ExprNode::Span(one(inner)),
        ExprNode::Distinct(inner) => ExprNode::Distinct(one(inner)),
        ExprNode::Quantifier(quantifier, inner) => ExprNode::Quantifier(quantifier, one(inner)),
        ExprNode::Fold(fold, inner) => ExprNode::Fold(fold, one(inner)),
        leaf => leaf,
    };
    Expr { of, node }
}

fn first_of(given: Vec<Expr>, of: Type) -> Expr {
    let mut operands = Vec::new();
    for operand in flat(given) {
        match &operand.node {
            ExprNode::Lit(Constant::Null) => continue,
            ExprNode::Lit(_) => {
                operands.push(operand);
                break;
            }
            _ => operands.push(operand),
        }
    }
    match operands.len() {
        0 => Expr {
            of,
            node: ExprNode::Lit(Constant::Null),
        },
        1 => operands.remove(0),
        _ => Expr {
            of,
            node: ExprNode::FirstOf(operands),
        },
    }
}

/// The operands, those of an inner one among them; nothing after one that is never null is reached.
fn flat(given: Vec<Expr>) -> Vec<Expr> {
    let mut operands = Vec::new();
    for operand in given {
        let nullable = operand.of.nullable;
        match operand.node {
            ExprNode::FirstOf(inner) => operands.extend(flat(inner)),
            _ => operands.push(operand),
        }
        if !nullable {
            break;
        }
    }
    operands
}

/// A table that always gives one answer is that; an operand that can fail is evaluated still.
fn lookup_of(mut lookup: Lookup, of: Type) -> Expr {
    let found = |table: &[(Constant, Constant)], key: &Constant, default: &Constant| {
        let known = table.iter().find(|(known, _)| known == key);
        known.map_or_else(|| default.clone(), |(_, answer)| answer.clone())
    };
    let boolean = Type::of(Kind::Boolean);
    if let ExprNode::Lit(constant) = &lookup.operand.node {
        let node = ExprNode::Lit(found(&lookup.table, constant, &lookup.default));
        return Expr { of, node };
    }
    if lookup.operand.of == boolean {
        let [if_true, if_false] = [true, false].map(|key| found(&lookup.table, &Constant::Flag(key), &lookup.default));
        if of == boolean && if_true != if_false {
            return if if_true == Constant::Flag(true) {
                lookup.operand
            } else {
                Expr {
                    of,
                    node: ExprNode::Not(Box::new(lookup.operand)),
                }
            };
        }
        if if_true == if_false {
            lookup.table.clear();
            lookup.default = if_true;
        }
    }
    if lookup.table.iter().all(|(_, answer)| *answer == lookup.default) {
        if !lookup.operand.is_fallible() {
            return Expr {
                of,
                node: ExprNode::Lit(lookup.default),
            };
        }
        lookup.table.clear();
    }
    Expr {
        of,
        node: ExprNode::Lookup(Box::new(lookup)),
    }
}
