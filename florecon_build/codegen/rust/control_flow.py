"""Expressions that choose: ``where``, ``tier``, ``first_of``, ``lookup`` and the short-circuit operators.

A choice takes several lines, so it stands only at the end of a block or on the right of a ``let``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from florecon_build.codegen.rust.body import PLAIN, Body, Slot, Wrap
from florecon_build.codegen.rust.fallibility import is_fallible
from florecon_build.codegen.rust.fragment import Form, Frag, Prec, call, infix, method
from florecon_build.codegen.rust.layout import ARGS_WIDTH, IF_WIDTH, Atom, Vector, binding
from florecon_build.codegen.rust.literals import constant
from florecon_build.codegen.rust.rust_types import is_copy
from florecon_build.codegen.rust.simplify import is_untyped
from florecon_build.codegen.rust.writer import INDENT, MAX_WIDTH, indent, width
from florecon_build.ir import expressions as e
from florecon_build.ir.types import BOOLEAN, Kind


@dataclass(frozen=True, slots=True)
class Arm:
    """``value`` (None: null) where ``condition`` holds; the last arm has no condition."""

    condition: e.Value | None
    value: e.Value | None


def is_block(body: Body, value: e.Value) -> bool:
    """Whether the expression takes several lines."""
    match value:
        case e.Where() | e.Tier():
            return True
        case e.FirstOf():
            later = value.operands[1:]
            return arms_of(value) is not None or any(is_fallible(o) or body.is_block(o) for o in later)
        case e.Lookup():
            return _flag_keys(value) is None
        case e.Logic():
            return not _fits_inline(body, value)
        case _:
            return False


def arms_of(value: e.Value) -> list[Arm] | None:
    """The arms of an ``if`` chain that computes ``value``, or None where it is no such chain."""
    match value:
        case e.Where():
            return [Arm(value.condition, value.then), *_rest(value.otherwise)]
        case e.Tier():
            return [Arm(value.condition, value.cost), Arm(None, None)]
        case e.FirstOf():
            *tiers, last = value.operands
            sure = [tier for tier in tiers if isinstance(tier, e.Tier) and not tier.cost.type.nullable]
            if not tiers or len(sure) < len(tiers):
                return None
            return [*(Arm(tier.condition, tier.cost) for tier in sure), *_rest(last)]
        case e.Logic(op=e.LogicOp.AND):
            return [Arm(value.left, value.right), Arm(None, e.Lit(value=False, type=BOOLEAN))]
        case e.Logic():
            return [Arm(value.left, e.Lit(value=True, type=BOOLEAN)), Arm(None, value.right)]
        case _:
            return None


def _rest(value: e.Value) -> list[Arm]:
    chained = arms_of(value) if isinstance(value, e.Where | e.Tier | e.FirstOf) else None
    return chained or [Arm(None, value)]


def write(body: Body, value: e.Value, slot: Slot) -> None:
    """Adds the lines of a choice where it stands."""
    if isinstance(value, e.Logic) and _write_chain(body, value, slot):
        return
    arms = arms_of(value)
    if arms is not None:
        _write_arms(body, arms, slot)
    elif isinstance(value, e.Lookup):
        _write_lookup(body, value, slot)
    elif isinstance(value, e.FirstOf):
        _write_first_of(body, value, slot)
    else:
        raise TypeError(f"{type(value).__name__} fits on one line")


# -- if chains


def _write_arms(body: Body, arms: list[Arm], slot: Slot) -> None:
    lines: list[str] = []
    blocks: list[list[str]] = []
    conditions: set[str] = set()
    for index, arm in enumerate(arms):
        inner = body.child()
        if arm.condition is None:
            inner.tail(arm.value, slot.wrap)
            lines += ["} else {", *indent(inner.lines)]
            blocks.append(inner.lines)
            break
        probe = body if index == 0 else body.child(0)
        opening = f"{slot.prefix}if " if index == 0 else "} else if "
        condition = probe.root(arm.condition, len(opening) + len(" {") + 1).plain.text
        if index > 0 and probe.lines:
            nested = body.child()
            _write_arms(nested, arms[index:], Slot(slot.wrap))
            lines += ["} else {", *indent(nested.lines)]
            break
        if condition in conditions:
            body.lints.add("clippy::ifs_same_cond")
        conditions.add(condition)
        inner.tail(arm.value, slot.wrap)
        lines += [f"{opening}{condition} {{", *indent(inner.lines)]
        blocks.append(inner.lines)
    lines.append(f"}}{slot.suffix}")
    if any(one == other for one, other in pairwise(blocks)):
        body.lints.add("clippy::if_same_then_else")
    if all(block in (["true"], ["false"]) for block in blocks):
        body.lints.add("clippy::needless_bool")
    alone = body.broken_if and not slot.name and not body.lines
    short = None if alone else one_line_if(lines, slot.prefix)
    if short is not None and body.column + width(short) <= MAX_WIDTH:
        lines = [short]
    elif short is not None and slot.name and _fits_below(body, short, slot):
        lines = [slot.prefix.rstrip(), " " * INDENT + short.removeprefix(slot.prefix)]
    body.lines.extend(lines)


def _fits_below(body: Body, text: str, slot: Slot) -> bool:
    return body.column + INDENT + width(text.removeprefix(slot.prefix)) <= MAX_WIDTH


def one_line_if(lines: list[str], prefix: str = "") -> str | None:
    """The one-line form of an ``if`` with ``else`` where rustfmt prefers it."""
    if len(lines) != 5 or lines[2] != "} else {" or not lines[0].startswith(f"{prefix}if "):
        return None
    text = f"{lines[0]} {lines[1].strip()} }} else {{ {lines[3].strip()} {lines[4]}"
    measured = len(text.removeprefix(prefix).encode()) - (len(lines[4]) - 1)  # rustfmt counts bytes here
    return text if measured <= IF_WIDTH else None


# -- short-circuit operators

_LOGIC = {e.LogicOp.AND: ("&&", Prec.AND), e.LogicOp.OR: ("||", Prec.OR)}


def logic(body: Body, value: e.Logic) -> Frag:
    """``left && right`` on one line."""
    if body.spread:
        fresh = body.names.fresh("holds")
        write(body, value, Slot(PLAIN, fresh))
        return Frag(fresh, value.type)
    symbol, prec = _LOGIC[value.op]
    left, right = body.args(value.left, value.right)
    return infix((left.at(prec), symbol, right.at(Prec(prec + 1))), value.type, prec, (left, right))


def _fits_inline(body: Body, value: e.Logic) -> bool:
    probe = body.child(0)
    probe.emit(value.left)
    before = len(probe.lines)
    probe.emit(value.right)
    if len(probe.lines) > before:
        return False
    probe = body.child(0)
    return probe.fits(logic(probe, value), len("let holds = Ok();"))


def _write_chain(body: Body, value: e.Logic, slot: Slot) -> bool:
    """One operand a line, as rustfmt breaks a chain; False where an operand needs statements of its own."""
    symbol, prec = _LOGIC[value.op]
    first, *others = _operands(value, value.op)
    chain = body.child()
    rest = [chain.root(other, len(symbol) + 2) for other in others]
    if chain.lines:
        return False
    opening = body.child(0)
    head = opening.root(first, width(slot.prefix)).at(prec)
    if width(head) <= INDENT:
        return False
    body.lines.extend(opening.lines)
    name = body.names.fresh("holds") if slot.wrap.ok else ""
    start, end = (f"let {name} = ", ";") if slot.wrap.ok else (slot.prefix, slot.suffix)
    whole = f"{start}{f' {symbol} '.join([head, *(frag.at(Prec(prec + 1)) for frag in rest)])}{end}"
    lines = [f"{start}{head}", *(f"    {symbol} {frag.at(Prec(prec + 1))}" for frag in rest)]
    lines[-1] += end
    text = whole.removeprefix(start).removesuffix(end)
    if body.column + width(whole) <= MAX_WIDTH:
        lines = [whole]
    elif start and body.column + INDENT + width(text) + len(end) <= MAX_WIDTH:
        lines = [start.rstrip(), " " * INDENT + text + end]
    body.lines.extend(lines)
    if slot.wrap.ok:
        body.lines.append(f"{slot.prefix}{slot.wrap.text(name, some=slot.wrap.nullable)}{slot.suffix}")
    return True


def _operands(value: e.Value, op: e.LogicOp) -> list[e.Value]:
    if isinstance(value, e.Logic) and value.op is op:
        return [*_operands(value.left, op), value.right]
    return [value]


# -- the first that is not null


def first_of(body: Body, value: e.FirstOf) -> Frag:
    """``a.or_else(|| b).unwrap_or(c)``; the operands after the first cannot fail."""
    frags = body.parts(*value.operands)
    nullable = value.operands[0].type
    made = frags[0]
    for frag in frags[1:]:
        name = "or" if frag.type.nullable else "unwrap_or"
        lazy = not _is_cheap(frag)
        args = [f"|| {frag.owned}" if lazy else frag.owned]
        receiver = replace(made, text=made.owned, form=Form.TEMP, result=False)
        chained = method(receiver, f"{name}_else" if lazy else name, nullable, args, frag)
        if chained.wide and not receiver.text.isidentifier():
            chained = method(body.bind("first", receiver), f"{name}_else" if lazy else name, nullable, args, frag)
        made = chained
    return replace(made, type=value.type)


def _is_cheap(frag: Frag) -> bool:
    """Whether the operand may as well be computed where it is not needed: clippy wants no closure then."""
    if not is_copy(frag.type):
        return frag.owned.isidentifier()
    plain = frag.plain.text
    for cheap in ("Some(", ".or(", "matches!("):
        plain = plain.replace(cheap, "")
    return "(" not in plain


def _write_first_of(body: Body, value: e.FirstOf, slot: Slot) -> None:
    """A ``match`` (an ``if``, where the answer may be null) per operand: later ones may fail or take statements."""
    first, *others = value.operands
    rest = replace(value, operands=tuple(others)) if len(others) > 1 else others[0]
    if value.type.nullable:
        found = body.bound(first, "first")
        present = slot.wrap.text(found.text, some=False)
        opening = f"{slot.prefix}if {found.text}.is_some() {{"
        inner = body.child()
        inner.tail(rest, slot.wrap)
        body.lines.extend([opening, *indent([present]), "} else {", *indent(inner.lines), f"}}{slot.suffix}"])
        return
    found = body.names.child().fresh("found")
    around = width(slot.prefix) + len("match .clone() {") + body.lead
    operand = body.root(first, around)
    if not body.fits(operand, around):
        operand = body.bind("first", operand)
    present = slot.wrap.text(found, some=slot.wrap.nullable)
    lines = [f"Some({found}) => {present},", *_arm("None", body, rest, slot.wrap)]
    body.lines.extend([f"{slot.prefix}match {operand.owned} {{", *indent(lines), f"}}{slot.suffix}"])


def _arm(pattern: str, body: Body, value: e.Value, wrap: Wrap) -> list[str]:
    """One match arm; what takes several lines gets a block, but for a lone ``match``."""
    inner = body.child()
    inner.tail(value, wrap)
    if len(inner.lines) == 1 and not inner.lines[0].startswith("if "):
        line = f"{pattern} => {inner.lines[0]},"
        if inner.column + width(line) <= MAX_WIDTH:
            return [line]
    inner = body.child(2)
    inner.broken_if = True  # in the block of an arm rustfmt leaves no `if` on one line
    inner.tail(value, wrap)
    if is_lone_match(inner.lines):
        inner = body.child()
        inner.tail(value, wrap)
        return [f"{pattern} => {inner.lines[0]}", *inner.lines[1:-1], f"{inner.lines[-1]},"]
    return [f"{pattern} => {{", *indent(inner.lines), "}"]


def is_lone_match(lines: list[str]) -> bool:
    """Whether the lines are one ``match`` and nothing else."""
    return len(lines) > 1 and lines[0].startswith("match ") and not any(line.startswith("}") for line in lines[1:-1])


# -- tables


def _flag_keys(value: e.Lookup) -> tuple[bool, tuple[e.Constant, ...]] | None:
    """For a table of booleans: the default, and the keys that give the opposite."""
    if value.type.nullable or value.type.kind is not Kind.BOOLEAN:
        return None
    default = bool(value.default)
    return default, tuple(key for key, found in value.table if bool(found) is not default)


def lookup_flag(body: Body, value: e.Lookup) -> Frag:
    """A table of booleans as ``matches!``, or as a search in an array where the keys are long."""
    default, keys = _flag_keys(value) or (False, ())
    if not keys:
        if is_fallible(value.operand):
            body.lines.append(f"let _ = {body.root(value.operand, len('let _ = ;')).plain.text};")
        return Frag("true" if default else "false", value.type)
    subject = _subject(body, value)
    nullable = value.operand.type.nullable
    patterns = " | ".join(constant(key, value.operand.type) for key in keys)
    if width(patterns) <= ARGS_WIDTH // 2:
        pattern = f"Some({patterns})" if nullable else patterns
        made = call("matches!", value.type, [subject.text, pattern], (subject,))
    else:
        known = body.names.fresh("known")
        items = Vector(tuple(Atom(constant(key, value.operand.type)) for key in keys), "[")
        body.lines.extend(binding(known, items, body.column))
        if nullable:
            if subject.text.startswith("Some("):
                subject = method(body.bound(value.operand, "key"), "as_deref", value.operand.type)
            made = method(subject, "is_some_and", value.type, [f"|key| {known}.contains(&key)"])
        else:
            made = call(f"{known}.contains", value.type, [f"&{subject.at(Prec.UNARY)}"], (subject,))
    return replace(made, text=f"!{made.text}", prec=Prec.UNARY) if default else made


def _subject(body: Body, value: e.Lookup) -> Frag:
    """What is looked up, as it stands in a ``match``."""
    mark, names = len(body.lines), body.names.child()
    operand = body.args(value.operand)[0]
    if width(operand.text) > ARGS_WIDTH // 2 or operand.wide or is_untyped(value.operand):
        del body.lines[mark:]
        body.names = names
        operand = body.bound(value.operand, "key")
    if value.operand.type.kind is not Kind.TEXT or operand.form is Form.LITERAL:
        return operand.plain
    return method(operand, "as_deref" if value.operand.type.nullable else "as_str", value.operand.type)


def _write_lookup(body: Body, value: e.Lookup, slot: Slot) -> None:
    operand = value.operand.type
    subject = _subject(body, value)
    lines: list[str] = []
    for key, found in value.table:
        pattern = constant(key, operand)
        if operand.nullable and body.column + INDENT + width(f"Some({pattern}) => {{") > MAX_WIDTH:
            lines += ["Some(", *indent([f"{pattern},"])]
            pattern = ")"
        elif operand.nullable:
            pattern = f"Some({pattern})"
        lines += _short_arm(body, pattern, _entry(body, value, found, slot.wrap))
    if not _covers_booleans(value):
        lines += _short_arm(body, "_", _entry(body, value, value.default, slot.wrap))
    body.lines.extend([f"{slot.prefix}match {subject.plain.text} {{", *indent(lines), f"}}{slot.suffix}"])


def _short_arm(body: Body, pattern: str, text: str) -> list[str]:
    line = f"{pattern} => {text},"
    if body.column + INDENT + width(line) <= MAX_WIDTH:
        return [line]
    return [f"{pattern} => {{", *indent([text]), "}"]


def _covers_booleans(value: e.Lookup) -> bool:
    operand = value.operand.type
    return operand.kind is Kind.BOOLEAN and not operand.nullable and len({key for key, _ in value.table}) == 2


def _entry(body: Body, value: e.Lookup, found: e.Constant, wrap: Wrap) -> str:
    """An entry of the table; in a table with a nullable answer every entry is an ``Option``."""
    if found is None:
        return wrap.null
    text, form = constant(found, value.type), Form.TEMP
    if value.type.kind is Kind.TEXT:
        text, form = body.constant(text), Form.LITERAL
    owned = Frag(text, value.type, form=form).owned
    return wrap.text(owned, some=wrap.nullable or value.type.nullable)
