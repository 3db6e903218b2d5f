"""Closures: a value expression with its parameters and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from florecon_build.codegen.rust import control_flow
from florecon_build.codegen.rust.body import Body, Wrap, hint
from florecon_build.codegen.rust.fallibility import fails_itself, is_fallible
from florecon_build.codegen.rust.fragment import Form, Frag
from florecon_build.codegen.rust.layout import ARGS_WIDTH
from florecon_build.codegen.rust.rust_types import has_real, key_type, lane_type
from florecon_build.codegen.rust.simplify import is_untyped
from florecon_build.codegen.rust.texts import tuple_text, zipped
from florecon_build.codegen.rust.writer import INDENT, MAX_WIDTH, indent, width
from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import value_parts
from florecon_build.ir.types import Kind

Params = tuple[tuple[str, str], ...]
"""Name and type of each parameter."""

_LOT = "Item<'_, Row>"
ITEM: Params = (("item", _LOT),)
PAIR: Params = (("a", _LOT), ("b", _LOT))
GROUP: Params = (("group", "&Group<'_, Row>"),)


class Returns(Enum):
    """What the runtime takes from a closure."""

    VALUE = "the value"
    OPTION = "an Option of the value"
    KEY = "an Option of a key, or a list of keys"


@dataclass(frozen=True, slots=True)
class Answer:
    """An expression and how it is returned."""

    value: e.Value
    returns: Returns = Returns.VALUE

    @property
    def nullable(self) -> bool:
        """Whether the closure's value is an Option."""
        if self.returns is Returns.VALUE:
            return self.value.type.nullable
        return self.value.type.kind is not Kind.LIST

    @property
    def type(self) -> str:
        """The closure's value as a Rust type, without the ``Result``."""
        kind = self.value.type
        plain = key_type(kind) if self.returns is Returns.KEY else lane_type(kind.with_nullable(False))
        return f"Option<{plain}>" if self.nullable else plain

    @property
    def is_direct(self) -> bool:
        """Whether the expression can be returned as the ``Result`` that it is."""
        plain = not any(is_fallible(part) for _, part in value_parts(self.value))
        return fails_itself(self.value) and plain and not self._as_real_key

    @property
    def _as_real_key(self) -> bool:
        return self.returns is Returns.KEY and has_real(self.value.type)

    def write(self, body: Body, *, ok: bool) -> None:
        """Adds the lines that compute the answer."""
        wrap = Wrap(nullable=self.nullable, ok=ok)
        if not self._as_real_key:
            body.tail(self.value, wrap)
            return
        key = real_key(body, self.value)
        body.lines.append(wrap.text(key.text, some=False))

    def read_in(self, body: Body, params: Params, *, ok: bool) -> set[str]:
        """Adds the lines, and says which of the closure's parameters they read."""
        outer, body.env.used = body.env.used, set()
        self.write(body, ok=ok)
        read, body.env.used = body.env.used, outer
        return read & {name for name, _ in params}


def real_key(body: Body, value: e.Value) -> Frag:
    """A key with reals in it, which are wrapped and null when NaN."""
    if isinstance(value, e.MakeTuple):
        settle = any(is_fallible(operand) for operand in value.operands)
        parts = tuple(_operand(body, operand, settle=settle) for operand in value.operands)
        return zipped(body, tuple(_key_part(part) for part in parts), value.type.with_nullable(True), tuple_text)
    frag = body.root(value, len("Ok(Some(Real::key()))"))
    if value.type.kind is Kind.REAL:
        return _key_part(frag if width(frag.plain.text) <= ARGS_WIDTH // 2 else body.bind(hint(value), frag))
    whole = body.bind("whole", frag)
    parts = tuple(Frag(f"{whole.text}.{i}", part, form=Form.PLACE) for i, part in enumerate(value.type.parts))
    key = zipped(body, tuple(_key_part(part) for part in parts), value.type.with_nullable(True), tuple_text)
    return replace(key, text=f"{whole.text}.and_then(|{whole.text}| {key.text})") if value.type.nullable else key


def _operand(body: Body, value: e.Value, *, settle: bool) -> Frag:
    """A part of a tuple; a real that is computed is wrapped as a key afterwards, so it gets a name."""
    computed = value.type.kind is Kind.REAL and not isinstance(value, e.Lane | e.Lit | e.ParamRef | e.ShardKey)
    return body.bound(value) if settle or computed else body.arg(value)


def _key_part(part: Frag) -> Frag:
    if part.type.kind is not Kind.REAL:
        return part
    text = f"{part.plain.text}.and_then(Real::key)" if part.type.nullable else f"Real::key({part.plain.text})"
    return replace(part.plain, text=text, type=part.type.with_nullable(True), form=Form.TEMP)


def inline(body: Body, answer: Answer) -> str | None:
    """A closure over an item as a short argument of a call, or None where it is not short."""
    if is_fallible(answer.value) and not answer.is_direct:
        return None
    inner = body.child(0)
    read = answer.read_in(inner, ITEM, ok=answer.is_direct)
    text = f"|{'item' if read else '_'}| {inner.lines[0]}"
    return text if len(inner.lines) == 1 and width(text) <= MAX_WIDTH // 2 else None


def write(body: Body, name: str, params: Params, answer: Answer, *, moves: bool = False) -> None:
    """Adds ``let name = |params| ..;`` with the shortest body that rustfmt leaves alone."""
    fallible = is_fallible(answer.value)
    inner = body.child()
    read = answer.read_in(inner, params, ok=fallible)
    listed = ", ".join(f"{param if param in read else '_'}: {type}" for param, type in params)
    head = f"{'move ' if moves else ''}|{listed}|"
    annotated = is_untyped(answer.value) or (fallible and not (len(inner.lines) == 1 and answer.is_direct))
    if annotated:
        head += f" -> Result<{answer.type}, EvalError>" if fallible else f" -> {answer.type}"
    lines = _one_line(body, name, head, inner, annotated=annotated) or _lone_match(body, name, head, answer, inner)
    body.lines.extend(lines or [f"let {name} = {head} {{", *indent(inner.lines), "};"])


def _one_line(body: Body, name: str, head: str, inner: Body, *, annotated: bool) -> list[str]:
    """The closure on the line of its ``let`` or on the next, if it fits there."""
    if len(inner.lines) != 1:
        return []
    text = f"{head} {{ {inner.lines[0]} }}" if annotated else f"{head} {inner.lines[0]}"
    for lines in ([f"let {name} = {text};"], [f"let {name} =", f"{' ' * INDENT}{text};"]):
        if max(width(line) for line in lines) + body.column <= MAX_WIDTH:
            return lines
    return []


def _lone_match(body: Body, name: str, head: str, answer: Answer, inner: Body) -> list[str]:
    """A ``match`` that is the whole body needs no block; a long subject gets a name, and then it does."""
    if "->" in head or not control_flow.is_lone_match(inner.lines):
        return []
    lead = f"let {name} = {head} "
    bare = body.child(0)
    bare.lead = width(lead)
    answer.write(bare, ok=is_fallible(answer.value))
    if control_flow.is_lone_match(bare.lines):
        return [lead + bare.lines[0], *bare.lines[1:-1], f"{bare.lines[-1]};"]
    inner.lines.clear()
    inner.lead = width(lead)
    answer.write(inner, ok=is_fallible(answer.value))
    return []
