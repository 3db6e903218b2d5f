"""Control flow: ``if`` and ``match``."""

from __future__ import annotations

from collections.abc import Callable

from florecon_build.frontend import functions as f
from florecon_build.frontend.closure import syntax as s
from florecon_build.frontend.closure.terms import Context, Term, is_literal
from florecon_build.frontend.diagnostics import fail
from florecon_build.frontend.handles import Expr, compare, lift, logic, meet
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind

_COSTS = {Kind.INTEGER, Kind.REAL}


def choose(context: Context, node: s.If, terms: tuple[Term, ...]) -> Term:
    """``if``: ``where``, or a ``tier`` where a number stands against a bare ``None``."""
    test, then, otherwise = terms
    condition = context.operand(node.condition, test, "if")
    sides = [(node.then, then), (node.otherwise, otherwise)]
    is_option = joined(context, sides)
    kind = then.type
    tiered = then.some and kind is not None and kind.kind in _COSTS and otherwise.item is None

    def make() -> Expr:
        if lift(condition, what="if").type.kind is not Kind.BOOLEAN:
            fail("type_mismatch", "", expected="boolean")
        if tiered:
            return f.tier(condition, then.item)  # pyright: ignore[reportArgumentType, reportReturnType, reportCallIssue, reportUnknownVariableType]
        return _where(condition, _side(context, node.then, then), _side(context, node.otherwise, otherwise))

    if lift(condition, what="if").type.kind is Kind.BOOLEAN:
        made = context.build(node.at, "else", sides, make)
    else:
        made = context.build(node.condition.at, "if", [(node.condition, test)], make)
    return _with_option(made, is_option)


def _where(condition: object, then: object, otherwise: object) -> Expr:
    return f.where(condition, then, otherwise)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType]


def _with_option(made: Term, is_option: bool) -> Term:
    return Term(made.item, some=is_option and isinstance(made.item, Expr) and not made.item.type.nullable)


def _side(context: Context, node: s.Syntax, term: Term) -> object:
    return None if term.item is None else context.operand(node, Term(term.item), "if")


def joined(context: Context, sides: list[tuple[s.Syntax, Term]]) -> bool:
    """True where the branches give options; all do or none does, and not all are ``None``."""
    first, *others = sides
    for node, term in others:
        if term.is_option is not first[1].is_option:
            plain = first[0] if not first[1].is_option else node
            got = context.source.slice(plain.at)
            fix = f"write `Some({got})`, or give the other branch a value that is never null"
            raise context.error(
                "closure_option", plain.at, "one branch is an option and this one is not", got=f"`{got}`", fix=fix
            )
    if all(term.item is None for _, term in sides):
        raise context.error("bad_constant", first[0].at, "every branch is None", fix="give at least one value")
    return first[1].is_option


def matched(
    context: Context, node: s.Match, subject: Term, results: list[Term], constant: Callable[[s.Syntax], Term]
) -> Term:
    """``match``: a ``lookup`` where every arm is a constant, a ladder of ``where`` otherwise."""
    item = context.operand(node.subject, subject, "match")
    arms = _arms(context, node, subject)
    patterns = [[constant(pattern) for pattern in patterns] for patterns in arms]
    _check_patterns(context, node, item, arms, patterns)
    sides = [(arm.result, result) for arm, result in zip(node.arms, results, strict=True)]
    is_option = joined(context, sides)
    *cells, last = results
    if all(is_literal(cell.item) for cell in cells) and (last.item is None or is_literal(last.item)):
        rows = [(key.item, cell.item) for keys, cell in zip(patterns, cells, strict=True) for key in keys]
        made = context.build(node.at, "match", [(node.subject, subject), *sides], lambda: _lookup(item, rows, last))
        return _with_option(made, is_option)
    if isinstance(item, Expr) and item.type.nullable:
        fix = "say what null means first: `match x.unwrap_or(..) { .. }`"
        raise context.error("nullable", node.subject.at, "a match on null with arms that are computed", fix=fix)
    made = last
    for keys, side in zip(reversed(patterns), reversed(sides[:-1]), strict=True):
        made = _step(context, node, (item, keys), side, made)
    return _with_option(made, is_option)


def _step(
    context: Context, node: s.Match, test: tuple[object, list[Term]], side: tuple[s.Syntax, Term], below: Term
) -> Term:
    subject, keys = test

    def make() -> Expr:
        tests = [compare(e.CompareOp.EQ, subject, key.item) for key in keys]
        condition = tests[0]
        for other in tests[1:]:
            condition = logic(e.LogicOp.OR, condition, other)
        return _where(condition, _side(context, *side), below.item)

    return context.build(side[0].at, "match", [side], make)


def _arms(context: Context, node: s.Match, subject: Term) -> list[list[s.Syntax]]:
    """The constants of every arm but the last, which is ``_``."""
    found: list[list[s.Syntax]] = []
    for index, arm in enumerate(node.arms):
        is_last = index == len(node.arms) - 1
        rest = [pattern for pattern in arm.patterns if pattern.constant is None]
        if rest and (not is_last or len(arm.patterns) > 1):
            fix = "let `_` stand alone in the last arm"
            raise context.error("closure_match", rest[0].at, "nothing after `_` is ever reached", fix=fix)
        if is_last and not rest:
            fix = "end with `_ => value`"
            raise context.error("closure_match", arm.at, "the last arm is not `_`", fix=fix)
        for pattern in arm.patterns if not rest else ():
            if pattern.is_some is not subject.is_option:
                fix = 'write `Some("x")`' if subject.is_option else "leave `Some(..)` out"
                what = "may be null" if subject.is_option else "is never null"
                raise context.error("closure_match", pattern.at, f"the subject {what}", fix=fix)
        found.append([pattern.constant for pattern in arm.patterns if pattern.constant is not None])
    if len(found) < 2:
        fix = "write the value itself"
        raise context.error("closure_match", node.at, "a match with nothing but `_`", fix=fix)
    return found[:-1]


def _check_patterns(
    context: Context, node: s.Match, subject: object, arms: list[list[s.Syntax]], patterns: list[list[Term]]
) -> None:
    """Refuses a pattern of another type than the subject, and one that an earlier arm has."""
    kind = lift(subject, what="match").type.with_nullable(False)
    seen: set[object] = set()
    if kind.kind in {Kind.REAL, Kind.LIST, Kind.TUPLE}:
        fix = "compare with `if`; a match is on texts, integers, money, dates and booleans"
        raise context.error("closure_match", node.subject.at, f"a {kind} is not matched", fix=fix)
    for syntax, term in ((n, p) for ns, ps in zip(arms, patterns, strict=True) for n, p in zip(ns, ps, strict=True)):
        expr = lift(term.item, like=kind, what="match")
        if expr.type != kind:
            fix = "money is `minor(n, scale)`, a date `date(2025, 12, 31)`"
            raise context.error(
                "type_mismatch", syntax.at, "a pattern of another type", expected=str(kind), got=str(expr.type), fix=fix
            )
        key = _cell(expr)
        if key in seen:
            fix = "leave it out"
            raise context.error("closure_match", syntax.at, "an earlier arm has this pattern", fix=fix)
        seen.add(key)


def _lookup(subject: object, rows: list[tuple[object, object]], last: Term) -> Expr:
    operand = lift(subject, what="match")
    kind = operand.type.with_nullable(False)
    results = meet([*(cell for _, cell in rows), *([] if last.item is None else [last.item])], "match")
    cells = [_cell(result) for result in results]
    keys = [_cell(lift(key, like=kind, what="match")) for key, _ in rows]
    default = None if last.item is None else cells[-1]
    return f.lookup_table(operand, list(zip(keys, cells, strict=False)), default, results[0].type)


def _cell(expr: Expr) -> e.Constant:
    assert isinstance(expr.ir, e.Lit)
    return expr.ir.value
