"""Expressions that choose: ``where``, ``tier``, ``first_of``, ``lookup`` and the short-circuit operators.

A choice takes several lines, so it stands only at the end of a block or on the right of a ``let``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from florecon_build.codegen.body import PLAIN, Body, Position, Wrap
from florecon_build.codegen.fallible import is_fallible
from florecon_build.codegen.frag import Form, Frag, Prec, call, infix, method
from florecon_build.codegen.layout import IF_WIDTH
from florecon_build.codegen.literals import constant
from florecon_build.codegen.rust_types import is_copy
from florecon_build.codegen.writer import INDENT, MAX_WIDTH, indent, width
from florecon_build.ir import values as v
from florecon_build.ir.types import BOOLEAN, Kind


@dataclass(frozen=True, slots=True)
class Arm:
    """``value`` (None: null) where ``condition`` holds; the last arm has no condition."""

    condition: v.Value | None
    value: v.Value | None


def is_block(body: Body, value: v.Value) -> bool:
    """Whether the expression takes several lines."""
    match value:
        case v.Where() | v.Tier():
            return True
        case v.FirstOf():
            later = value.operands[1:]
            return arms_of(value) is not None or any(is_fallible(o) or body.is_block(o) for o in later)
        case v.Lookup():
            return _flag_keys(value) is None
        case v.Logic():
            return not _fits_inline(body, value)
        case _:
            return False


def arms_of(value: v.Value) -> list[Arm] | None:
    """The arms of an ``if`` chain that computes ``value``, or None where it is no such chain."""
    match value:
        case v.Where():
            return [Arm(value.condition, value.then), *_rest(value.otherwise)]
        case v.Tier():
            return [Arm(value.condition, value.cost), Arm(None, None)]
        case v.FirstOf():
            *tiers, last = value.operands
            sure = [tier for tier in tiers if isinstance(tier, v.Tier) and not tier.cost.type.nullable]
            if not tiers or len(sure) < len(tiers):
                return None
            return [*(Arm(tier.condition, tier.cost) for tier in sure), *_rest(last)]
        case v.Logic(op=v.LogicOp.AND):
            return [Arm(value.left, value.right), Arm(None, v.Lit(value=False, type=BOOLEAN))]
        case v.Logic():
            return [Arm(value.left, v.Lit(value=True, type=BOOLEAN)), Arm(None, value.right)]
        case _:
            return None


def _rest(value: v.Value) -> list[Arm]:
    chained = arms_of(value) if isinstance(value, v.Where | v.Tier | v.FirstOf) else None
    return chained or [Arm(None, value)]


def write(body: Body, value: v.Value, position: Position, prefix: str, suffix: str, wrap: Wrap) -> None:
    """Adds the lines of a choice, between ``prefix`` and ``suffix``."""
    if isinstance(value, v.Logic) and _write_chain(body, value, prefix, suffix, wrap):
        return
    arms = arms_of(value)
    if arms is not None:
        _write_arms(body, arms, position, prefix, suffix, wrap)
    elif isinstance(value, v.Lookup):
        _write_lookup(body, value, prefix, suffix, wrap)
    elif isinstance(value, v.FirstOf):
        _write_first_of(body, value, prefix, suffix, wrap)
    else:
        raise TypeError(f"{type(value).__name__} fits on one line")


# -- if chains --------------------------------------------------------------------------------------


def _write_arms(body: Body, arms: list[Arm], position: Position, prefix: str, suffix: str, wrap: Wrap) -> None:
    lines: list[str] = []
    for index, arm in enumerate(arms):
        inner = body.child()
        if arm.condition is None:
            inner.tail(arm.value, wrap)
            lines += ["} else {", *indent(inner.lines)]
            break
        probe = body if index == 0 else body.child(0)
        opening = f"{prefix}if " if index == 0 else "} else if "
        condition = probe.root(arm.condition, len(opening) + len(" {")).plain.text
        if index > 0 and probe.lines:
            nested = body.child()
            _write_arms(nested, arms[index:], Position.TAIL, "", "", wrap)
            lines += ["} else {", *indent(nested.lines)]
            break
        inner.tail(arm.value, wrap)
        lines += [f"{opening}{condition} {{", *indent(inner.lines)]
    lines.append(f"}}{suffix}")
    short = one_line_if(lines, prefix) if position is Position.LET else None
    fits = short is not None and body.column + width(short) <= MAX_WIDTH
    body.lines.extend([short] if short is not None and fits else lines)


def one_line_if(lines: list[str], prefix: str = "") -> str | None:
    """The one-line form of an ``if`` with ``else`` where rustfmt prefers it."""
    if len(lines) != 5 or lines[2] != "} else {" or not lines[0].startswith(f"{prefix}if "):
        return None
    text = f"{lines[0]} {lines[1].strip()} }} else {{ {lines[3].strip()} {lines[4]}"
    return text if width(text) - width(prefix) - (len(lines[4]) - 1) <= IF_WIDTH else None


# -- short-circuit operators ------------------------------------------------------------------------

_LOGIC = {v.LogicOp.AND: ("&&", Prec.AND), v.LogicOp.OR: ("||", Prec.OR)}


def logic(body: Body, value: v.Logic) -> Frag:
    """``left && right`` on one line."""
    if body.spread:
        fresh = body.names.fresh("holds")
        write(body, value, Position.LET, f"let {fresh} = ", ";", PLAIN)
        return Frag(fresh, value.type)
    symbol, prec = _LOGIC[value.op]
    left, right = body.args(value.left, value.right)
    return infix(left.at(prec), symbol, right.at(Prec(prec + 1)), value.type, prec, (left, right))


def _fits_inline(body: Body, value: v.Logic) -> bool:
    probe = body.child(0)
    probe.emit(value.left)
    before = len(probe.lines)
    probe.emit(value.right)
    if len(probe.lines) > before:
        return False
    probe = body.child(0)
    return probe.fits(logic(probe, value), len("let holds = Ok();"))


def _write_chain(body: Body, value: v.Logic, prefix: str, suffix: str, wrap: Wrap) -> bool:
    """One operand a line, as rustfmt breaks a chain; False where an operand needs statements of its own."""
    symbol, prec = _LOGIC[value.op]
    first, *others = _operands(value, value.op)
    chain = body.child()
    rest = [chain.root(other, len(symbol) + 2) for other in others]
    if chain.lines:
        return False
    opening = body.child(0)
    head = opening.root(first, width(prefix)).at(prec)
    if width(head) <= INDENT:
        return False
    body.lines.extend(opening.lines)
    name = body.names.fresh("holds") if wrap.ok else ""
    start, end = (f"let {name} = ", ";") if wrap.ok else (prefix, suffix)
    lines = [f"{start}{head}", *(f"    {symbol} {frag.at(Prec(prec + 1))}" for frag in rest)]
    lines[-1] += end
    body.lines.extend(lines)
    if wrap.ok:
        body.lines.append(f"{prefix}{wrap.text(name, some=wrap.nullable)}{suffix}")
    return True


def _operands(value: v.Value, op: v.LogicOp) -> list[v.Value]:
    if isinstance(value, v.Logic) and value.op is op:
        return [*_operands(value.left, op), value.right]
    return [value]


# -- the first that is not null ---------------------------------------------------------------------


def first_of(body: Body, value: v.FirstOf) -> Frag:
    """``a.or_else(|| b).unwrap_or(c)``; the operands after the first cannot fail."""
    frags = body.args(*value.operands)
    nullable = value.operands[0].type
    made = frags[0]
    for frag in frags[1:]:
        name = "or" if frag.type.nullable else "unwrap_or"
        lazy = not is_copy(frag.type) or (frag.form is Form.TEMP and not _is_constant(frag))
        args = [f"|| {frag.owned}" if lazy else frag.owned]
        receiver = replace(made, text=made.owned, form=Form.TEMP, result=False)
        made = method(receiver, f"{name}_else" if lazy else name, nullable, args, frag)
    return replace(made, type=value.type)


def _is_constant(frag: Frag) -> bool:
    return frag.text.lstrip("-").replace("_", "").replace(".", "").isalnum()


def _write_first_of(body: Body, value: v.FirstOf, prefix: str, suffix: str, wrap: Wrap) -> None:
    """A ``match`` (an ``if``, where the answer may be null) per operand: later ones may fail or take statements."""
    first, *others = value.operands
    rest = replace(value, operands=tuple(others)) if len(others) > 1 else others[0]
    if value.type.nullable:
        found = body.bound(first, "first")
        present = wrap.text(found.text, some=False)
        opening = f"{prefix}if {found.text}.is_some() {{"
        inner = body.child()
        inner.tail(rest, wrap)
        body.lines.extend([opening, *indent([present]), "} else {", *indent(inner.lines), f"}}{suffix}"])
        return
    found = body.names.child().fresh("found")
    operand = body.root(first, width(prefix) + len("match  {"))
    present = wrap.text(found, some=wrap.nullable)
    lines = [f"Some({found}) => {present},", *_arm("None", body, rest, wrap)]
    body.lines.extend([f"{prefix}match {operand.owned} {{", *indent(lines), f"}}{suffix}"])


def _arm(pattern: str, body: Body, value: v.Value, wrap: Wrap) -> list[str]:
    """One match arm; what takes several lines gets a block, but for a lone ``match``."""
    inner = body.child()
    inner.tail(value, wrap, len(f"{pattern} => ,"))
    if len(inner.lines) == 1:
        return [f"{pattern} => {inner.lines[0]},"]
    inner = body.child(2)
    inner.tail(value, wrap)
    if is_lone_match(inner.lines):
        inner = body.child()
        inner.tail(value, wrap)
        return [f"{pattern} => {inner.lines[0]}", *inner.lines[1:-1], f"{inner.lines[-1]},"]
    return [f"{pattern} => {{", *indent(inner.lines), "}"]


def is_lone_match(lines: list[str]) -> bool:
    """Whether the lines are one ``match`` and nothing else."""
    return len(lines) > 1 and lines[0].startswith("match ") and not any(line.startswith("}") for line in lines[1:-1])


# -- tables -----------------------------------------------------------------------------------------


def _flag_keys(value: v.Lookup) -> tuple[bool, tuple[v.Constant, ...]] | None:
    """For a table of booleans: the default, and the keys that give the opposite."""
    if value.type.nullable or value.type.kind is not Kind.BOOLEAN or value.operand.type.nullable:
        return None
    default = bool(value.default)
    return default, tuple(key for key, found in value.table if bool(found) is not default)


def lookup_flag(body: Body, value: v.Lookup) -> Frag:
    """A table of booleans as ``matches!``."""
    flags = _flag_keys(value)
    if flags is None:
        return body.bound(value)
    default, keys = flags
    subject = _subject(body, value)
    patterns = " | ".join(constant(key, value.operand.type) for key in keys)
    if not keys:
        return Frag("true" if default else "false", value.type)
    made = call("matches!", value.type, [subject.text, patterns], (subject,))
    return replace(made, text=f"!{made.text}", prec=Prec.UNARY) if default else made


def _subject(body: Body, value: v.Lookup) -> Frag:
    operand = body.arg(value.operand)
    if value.operand.type.kind is not Kind.TEXT or operand.form is Form.LITERAL:
        return operand.plain
    return method(operand, "as_deref" if value.operand.type.nullable else "as_str", value.operand.type)


def _write_lookup(body: Body, value: v.Lookup, prefix: str, suffix: str, wrap: Wrap) -> None:
    operand = value.operand.type
    subject = _subject(body, value)
    lines: list[str] = []
    for key, found in value.table:
        pattern = constant(key, operand)
        pattern = f"Some({pattern})" if operand.nullable else pattern
        lines.append(f"{pattern} => {_entry(value, found, wrap)},")
    if not _covers_booleans(value):
        lines.append(f"_ => {_entry(value, value.default, wrap)},")
    body.lines.extend([f"{prefix}match {subject.plain.text} {{", *indent(lines), f"}}{suffix}"])


def _covers_booleans(value: v.Lookup) -> bool:
    operand = value.operand.type
    return operand.kind is Kind.BOOLEAN and not operand.nullable and len({key for key, _ in value.table}) == 2


def _entry(value: v.Lookup, found: v.Constant, wrap: Wrap) -> str:
    """An entry of the table; in a table with a nullable answer every entry is an ``Option``."""
    if found is None:
        return wrap.null
    form = Form.LITERAL if value.type.kind is Kind.TEXT else Form.TEMP
    owned = Frag(constant(found, value.type), value.type, form=form).owned
    return wrap.text(owned, some=wrap.nullable or value.type.nullable)
