"""Elaboration of syntax into expressions, every operator through the builder, so that its rules hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from florecon_build.frontend.closure import syntax as s
from florecon_build.frontend.closure.access import field, group_call, part
from florecon_build.frontend.closure.calls import call_function, call_method, chained
from florecon_build.frontend.closure.control_flow import choose, matched
from florecon_build.frontend.closure.errors import Piece
from florecon_build.frontend.closure.terms import Context, Env, Term
from florecon_build.frontend.diagnostics import fail
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import BooleanExpr, Expr, compare, lift, logic
from florecon_build.frontend.numeric import NUMBERS, arith, unary
from florecon_build.frontend.text import TupleExpr, wrap
from florecon_build.ir import expressions as e
from florecon_build.ir.errors import did_you_mean
from florecon_build.ir.operators import TABLE, Chain, Infix
from florecon_build.ir.python_printer import COMPARISON

_ARITH: dict[str, e.ArithOp] = {
    row.closure.symbol: row.op for row in TABLE if isinstance(row.closure, Infix) and isinstance(row.op, e.ArithOp)
}
_COMPARE = {symbol: op for op, symbol in COMPARISON.items()}
_LOGIC = {"&&": e.LogicOp.AND, "||": e.LogicOp.OR}
_CHAINS = {row.closure.names for row in TABLE if isinstance(row.closure, Chain)}
_PYTHON = {"True": "`true`", "False": "`false`", "fb": "the function or method itself, without `fb.`"}


@dataclass(frozen=True, slots=True)
class Elaborator:
    """The elaboration of one closure."""

    context: Context

    def value(self, node: s.Syntax, env: Env) -> Term:
        """The term that a piece of syntax stands for."""
        match node:
            case s.Literal():
                return self._literal(node)
            case s.Nothing():
                return Term(None if node.type is None else wrap(Expr(e.Lit(type=node.type, value=None))))
            case s.Name():
                return self._name(node, env)
            case s.Paren():
                return self.value(node.operand, env)
            case s.Some():
                return self._some(node, env)
            case s.Binary():
                return self._binary(node, env)
            case s.Unary():
                return self._unary(node, env)
            case s.Block():
                return self._block(node, env)
            case s.If():
                terms = tuple(self.value(side, env) for side in (node.condition, node.then, node.otherwise))
                return choose(self.context, node, terms)
            case s.Match():
                return self._match(node, env)
            case s.MakeTuple():
                return self._tuple(node, env)
            case s.Field():
                return field(self.context, node, self.value(node.receiver, env))
            case s.Part():
                return part(self.context, node, self.value(node.receiver, env))
            case s.Call():
                return self._call(node, env)
            case s.Lambda():
                fix = "closures stand only in g.any(|row| ..), g.all, g.count, g.span and g.distinct"
                raise self.context.error("closure_unsupported", node.at, "a closure does not fit here", fix=fix)
            case s.Let() | s.Arm() | s.Pattern():
                raise TypeError("only inside a block or a match")

    def _literal(self, node: s.Literal) -> Term:
        self.context.build(node.at, "a constant", [], lambda: lift(node.value, what="a constant"))
        return Term(node.value)

    def _name(self, node: s.Name, env: Env) -> Term:
        if node.name in env:
            return env[node.name]
        if node.name in _PYTHON:
            fix = f"write {_PYTHON[node.name]}"
        else:
            close = did_you_mean(node.name, [name for name in env if name != "_"], "names here")
            fix = f"{close}; a param is given by name: fb.rust(.., {node.name}={node.name})"
        raise self.context.error("closure_name", node.at, f"no `{node.name}` here", fix=fix)

    def _some(self, node: s.Some, env: Env) -> Term:
        term = self.value(node.operand, env)
        if term.is_option:
            raise self.context.error(
                "closure_option",
                node.at,
                "an option of an option",
                got=self.context.source.slice(node.operand.at),
                fix="leave `Some(..)` out: the value inside may be null already",
            )
        return Term(self.context.operand(node.operand, term, "Some"), some=True)

    def _binary(self, node: s.Binary, env: Env) -> Term:
        left, right = self.value(node.left, env), self.value(node.right, env)
        if node.op in _COMPARE and (left.item is None or right.item is None):
            fix = "write `x.is_none()`, or `x.is_some()`"
            raise self.context.error("compare_null", node.at, "nothing equals None", fix=fix)
        items = [self.context.operand(side, term, node.op) for side, term in ((node.left, left), (node.right, right))]
        operands: list[tuple[s.Syntax, Term]] = [(node.left, left), (node.right, right)]
        if node.op == "%":
            raise self.context.error(
                "closure_operator",
                node.op_at,
                "`%` keeps the sign of its left side in Rust, which hides a mistake on negative amounts",
                fix="write `x.rem_euclid(n)`, which is never negative",
            )

        def make() -> Expr:
            if node.op in _COMPARE:
                return compare(_COMPARE[node.op], *items)
            if node.op in _LOGIC:
                return logic(_LOGIC[node.op], *items)
            return arith(_ARITH[node.op], *items)

        return self.context.build(node.op_at, node.op, operands, make)

    def _unary(self, node: s.Unary, env: Env) -> Term:
        term = self.value(node.operand, env)
        item = self.context.operand(node.operand, term, node.op)

        def make() -> Expr:
            expr = wrap(lift(item, what=node.op))
            if node.op == "!":
                return ~expr if isinstance(expr, BooleanExpr) else fail("type_mismatch", "", expected="boolean")
            if expr.type.kind not in NUMBERS:
                fail("type_mismatch", "", expected="integer, real or money")
            return unary(NUMBERS[expr.type.kind], e.UnaryOp.NEG, expr, "-")

        return self.context.build(Piece(node.at.start, node.at.start + 1), node.op, [(node.operand, term)], make)

    def _block(self, node: s.Block, env: Env) -> Term:
        inner = dict(env)
        for let in node.lets:
            term = self.value(let.value, inner)
            if let.name != "_":
                inner[let.name] = term
        return self.value(node.result, inner)

    def _match(self, node: s.Match, env: Env) -> Term:
        subject = self.value(node.subject, env)
        results = [self.value(arm.result, env) for arm in node.arms]
        return matched(self.context, node, subject, results, lambda constant: self.value(constant, {}))

    def _tuple(self, node: s.MakeTuple, env: Env) -> Term:
        terms = [(part, self.value(part, env)) for part in node.parts]
        items = tuple(self.context.operand(part, term, "a tuple") for part, term in terms)

        def make() -> Expr:
            made = lift(items, what="a tuple")
            return TupleExpr(replace(made.ir, span=self.context.source.span), made.uses.grown())

        return self.context.build(node.at, "a tuple", terms, make)

    def _call(self, node: s.Call, env: Env) -> Term:
        if node.receiver is None:
            arguments = [(argument, self.value(argument, env)) for argument in node.arguments]
            return call_function(self.context, node, arguments)
        before = node.receiver
        if isinstance(before, s.Call) and before.receiver is not None and (before.name, node.name) in _CHAINS:
            name, arguments = chained((before.name, node.name)), (*before.arguments, *node.arguments)
            whole = replace(node, name=name, receiver=before.receiver, arguments=arguments)
            return self._method(whole, self.value(before.receiver, env), env)
        return self._method(node, self.value(node.receiver, env), env)

    def _method(self, node: s.Call, receiver: Term, env: Env) -> Term:
        if isinstance(receiver.item, Group):
            return group_call(self.context, node, [self._member(argument, env) for argument in node.arguments])
        arguments = [(argument, self.value(argument, env)) for argument in node.arguments]
        return call_method(self.context, node, receiver, arguments)

    def _member(self, argument: s.Syntax, env: Env) -> Term:
        """An argument of a group's method: a closure over one member, or a tolerance."""
        if not isinstance(argument, s.Lambda):
            return self.value(argument, env)
        if len(argument.params) != 1:
            fix = "write `|row| ..`"
            raise self.context.error(
                "closure_params", argument.params_at, "a member's closure has one parameter", fix=fix
            )
        row = Term(self.context.rows(argument.params_at))
        return self.value(argument.body, {**env, argument.params[0]: row})
