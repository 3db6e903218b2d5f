"""Closures: a value expression with its parameters and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from florecon_build.codegen import choice
from florecon_build.codegen.body import Body, Wrap
from florecon_build.codegen.fallible import fails_itself, is_fallible
from florecon_build.codegen.frag import Form, Frag
from florecon_build.codegen.rust_types import has_real, key_type, lane_type
from florecon_build.codegen.texts import tuple_text, zipped
from florecon_build.codegen.writer import INDENT, MAX_WIDTH, indent, width
from florecon_build.ir import values as v
from florecon_build.ir.types import Kind
from florecon_build.ir.walk import value_parts

ITEM = "item: Item<'_, Row>"
PAIR = "a: Item<'_, Row>, b: Item<'_, Row>"
GROUP = "group: &Group<'_, Row>"


class Returns(Enum):
    """What the runtime takes from a closure."""

    VALUE = "the value"
    OPTION = "an Option of the value"
    KEY = "an Option of a key, or a list of keys"


@dataclass(frozen=True, slots=True)
class Answer:
    """An expression and how it is returned."""

    value: v.Value
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


def real_key(body: Body, value: v.Value) -> Frag:
    """A key with reals in it, which are wrapped and null when NaN."""
    if isinstance(value, v.MakeTuple):
        parts = body.args(*value.operands)
        return zipped(body, tuple(_key_part(part) for part in parts), value.type.with_nullable(True), tuple_text)
    frag = body.arg(value)
    if value.type.kind is Kind.REAL:
        return _key_part(frag)
    whole = body.bind("whole", frag)
    parts = tuple(Frag(f"{whole.text}.{i}", part, form=Form.PLACE) for i, part in enumerate(value.type.parts))
    key = zipped(body, tuple(_key_part(part) for part in parts), value.type.with_nullable(True), tuple_text)
    return replace(key, text=f"{whole.text}.and_then(|{whole.text}| {key.text})") if value.type.nullable else key


def _key_part(part: Frag) -> Frag:
    if part.type.kind is not Kind.REAL:
        return part
    text = f"{part.plain.text}.and_then(Real::key)" if part.type.nullable else f"Real::key({part.plain.text})"
    return replace(part.plain, text=text, type=part.type.with_nullable(True), form=Form.TEMP)


def inline(body: Body, params: str, answer: Answer) -> str | None:
    """The closure as a short argument of a call, or None where it is not short."""
    if is_fallible(answer.value) and not answer.is_direct:
        return None
    inner = body.child(0)
    answer.write(inner, ok=answer.is_direct)
    text = f"|{params}| {inner.lines[0]}"
    return text if len(inner.lines) == 1 and width(text) <= MAX_WIDTH // 2 else None


def write(body: Body, name: str, params: str, answer: Answer, *, moves: bool = False) -> None:
    """Adds ``let name = |params| ..;`` with the shortest body that rustfmt leaves alone."""
    fallible = is_fallible(answer.value)
    inner = body.child()
    answer.write(inner, ok=fallible)
    head = f"{'move ' if moves else ''}|{params}|"
    annotated = fallible and not (len(inner.lines) == 1 and answer.is_direct)
    if annotated:
        head += f" -> Result<{answer.type}, EvalError>"
    short = inner.lines[0] if len(inner.lines) == 1 else None if annotated else choice.one_line_if(inner.lines)
    if short is not None:
        text = f"{head} {{ {short} }}" if annotated else f"{head} {short}"
        for lines in ([f"let {name} = {text};"], [f"let {name} =", f"{' ' * INDENT}{text};"]):
            if max(width(line) for line in lines) + body.column <= MAX_WIDTH:
                body.lines.extend(lines)
                return
    if not annotated and choice.is_lone_match(inner.lines):
        inner = body.child(0)
        answer.write(inner, ok=fallible)
        body.lines.extend([f"let {name} = {head} {inner.lines[0]}", *inner.lines[1:-1], f"{inner.lines[-1]};"])
        return
    body.lines.extend([f"let {name} = {head} {{", *indent(inner.lines), "};"])
