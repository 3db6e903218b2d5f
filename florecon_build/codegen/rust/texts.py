"""Emitters of texts, lists of keys and tuples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from florecon_build.codegen.rust.body import ATOM_WIDTH, Body
from florecon_build.codegen.rust.fragment import Form, Frag, call, join, method
from florecon_build.codegen.rust.layout import ARGS_WIDTH
from florecon_build.codegen.rust.literals import bool_literal, text_literal
from florecon_build.codegen.rust.writer import INDENT, width
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Type

Build = Callable[[list[str]], str]
"""Makes an expression of the owned texts of its parts."""


def view(body: Body, value: e.Value) -> Frag:
    """A non-null text as an argument of type ``&str``; its ``text`` is ready to stand in a call."""
    if isinstance(value, e.FirstOf) and len(value.operands) == 2:
        first, filling = value.operands
        if isinstance(filling, e.Lit) and first.type.nullable and not body.is_block(first):
            viewed = method(body.arg(first), "as_deref", value.type)
            literal = body.constant(text_literal(str(filling.value)))
            filled = replace(method(viewed, "unwrap_or", value.type, [literal]), form=Form.BORROW)
            return body.named_view(filled) if body.spread and width(filled.text) > ATOM_WIDTH else filled
    return viewable(body.arg(value))


def viewable(frag: Frag) -> Frag:
    """An emitted text as an argument of type ``&str``."""
    fallible, wide = join((frag,))
    return Frag(frag.borrowed, frag.type, form=Form.BORROW, fallible=fallible, wide=wide)


def views(body: Body, *values: e.Value) -> tuple[Frag, ...]:
    """Texts as arguments of type ``&str``, evaluated left to right."""
    return tuple(viewable(frag) for frag in body.args(*values))


Made = e.TextFn | e.TextSlice | e.TextReplace | e.TextSplit | e.TextConcat


def made(body: Body, value: Made) -> Frag:
    """A text made from texts."""
    if isinstance(value, e.TextConcat):
        return _concat(body, value)
    operand = view(body, value.operand)
    args = [operand.text]
    match value:
        case e.TextFn():
            name = value.op.value
        case e.TextSlice():
            name = value.op.value
            args.append(str(value.count))
        case e.TextReplace():
            name = "replace"
            args += [body.constant(text_literal(value.old)), body.constant(text_literal(value.new))]
        case e.TextSplit():
            name = "split"
            args += [body.constant(text_literal(value.separator)), str(value.index)]
    return call(f"text::{name}", value.type, args, (operand,))


def _concat(body: Body, value: e.TextConcat) -> Frag:
    mark, names = len(body.lines), body.names.child()
    frags = views(body, *value.operands)
    made = _joined(value.type, frags)
    if made.wide:
        del body.lines[mark:]
        body.names = names
        frags = tuple(viewable(body.small(operand)) for operand in value.operands)
        made = _joined(value.type, frags)
    while len(frags) > 2 and not body.fits(made, 2 * INDENT):
        # no line has room for all: the first ones are joined beforehand
        frags = _first_joined(body, value.type, frags)
        made = _joined(value.type, frags)
    return made


def _first_joined(body: Body, type: Type, frags: tuple[Frag, ...]) -> tuple[Frag, ...]:
    head = body.bind("joined", _joined(type, frags[:2]))
    return (viewable(head), *frags[2:])


def _joined(type: Type, frags: tuple[Frag, ...]) -> Frag:
    return call("text::concat", type, [f"&[{', '.join(frag.text for frag in frags)}]"], frags)


_TESTS = {e.TextTestOp.CONTAINS: "contains", e.TextTestOp.STARTSWITH: "starts_with", e.TextTestOp.ENDSWITH: "ends_with"}


def compared(body: Body, value: e.TextTest | e.Similarity) -> Frag:
    """A fact about two texts."""
    if isinstance(value, e.Similarity):
        left, right = views(body, value.left, value.right)
        return call(f"similarity::{value.op.value}", value.type, [left.text, right.text], (left, right))
    receiver, other = body.args(value.operand, value.other)
    needle = other.text if other.form is Form.LITERAL else f"{other.at(other.prec.POSTFIX)}.as_str()"
    return method(receiver, _TESTS[value.op], value.type, [needle], other)


def listed(body: Body, value: e.Tokens | e.Ngrams) -> Frag:
    """A list of keys made from a nullable text."""
    if isinstance(value.operand, e.Lit) and value.operand.value is None:
        operand = Frag("None", value.operand.type)
        text = operand.text
    elif value.operand.type.nullable:
        operand = method(body.arg(value.operand), "as_deref", value.operand.type)
        text = operand.text
    else:
        operand = view(body, value.operand)
        text = f"Some({operand.text})"
    if isinstance(value, e.Ngrams):
        return call("text::ngrams", value.type, [text, str(value.size)], (operand,))
    args = [text, str(value.min_length), bool_literal(value.with_digit)]
    return call("text::tokens", value.type, args, (operand,))


def list_fact(body: Body, value: e.ListOverlaps | e.ListContains | e.ListSize) -> Frag:
    """A fact about lists of keys."""
    match value:
        case e.ListOverlaps():
            left, right = body.args(value.left, value.right)
            return method(left, "overlaps", value.type, [right.borrowed], right)
        case e.ListContains():
            left, right = body.args(value.operand, value.element)
            return method(left, "has", value.type, [right.borrowed], right)
        case e.ListSize():
            return method(body.arg(value.operand), "size", value.type)


def sorted_pair(body: Body, value: e.SortedPair) -> Frag:
    """Two texts in ascending order, null when either is."""
    if value.type.nullable:
        return zipped(body, body.parts(value.left, value.right), value.type, _pair_text, always=True)
    left, right = body.args(value.left, value.right)
    return call("text::sorted_pair", value.type, [_text_ref(left), _text_ref(right)], (left, right))


def _pair_text(texts: list[str]) -> str:
    return f"text::sorted_pair(&{texts[0]}, &{texts[1]})"


def _text_ref(frag: Frag) -> str:
    return f"&{frag.owned}" if frag.form is Form.LITERAL else frag.borrowed


def make_tuple(body: Body, value: e.MakeTuple) -> Frag:
    """A tuple, null when any part is."""
    return zipped(body, body.parts(*value.operands), value.type, tuple_text)


def tuple_text(texts: list[str]) -> str:
    """A tuple expression of part texts."""
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def zipped(body: Body, parts: tuple[Frag, ...], type: Type, build: Build, *, always: bool = False) -> Frag:
    """``build`` over the parts where all are there, null elsewhere.

    ``always`` applies ``build`` even where zipping two nullable parts already gives their tuple.
    """
    nullable = [index for index, part in enumerate(parts) if part.type.nullable]
    if not nullable:
        return _whole(body, parts, type, build)
    settled = tuple(_settle(body, part) for part in parts)
    made = _zip(settled, nullable, type, build, always=always)
    if not made.wide:
        return made
    settled = tuple(_settle(body, part, always=True) for part in parts)
    return _zip(settled, nullable, type, build, always=always)


def _whole(body: Body, parts: tuple[Frag, ...], type: Type, build: Build) -> Frag:
    text = build([part.owned for part in parts])
    if width(text) - len("()") > ARGS_WIDTH:
        parts = tuple(_settle(body, part, always=True) for part in parts)
        text = build([part.owned for part in parts])
    return _chain(text, type, parts)


def _zip(parts: tuple[Frag, ...], nullable: list[int], type: Type, build: Build, *, always: bool) -> Frag:
    text = parts[nullable[0]].owned
    for index in nullable[1:]:
        text += f".zip({parts[index].owned})"
    if len(nullable) == len(parts) == 2 and not always:
        return _chain(text, type, parts)
    pattern = f"p{nullable[0]}"
    for index in nullable[1:]:
        pattern = f"({pattern}, p{index})"
    texts = [f"p{index}" if index in nullable else part.owned for index, part in enumerate(parts)]
    return _chain(f"{text}.map(|{pattern}| {build(texts)})", type, parts)


def _settle(body: Body, part: Frag, *, always: bool = False) -> Frag:
    """A part that may stand inside a closure: one that can fail is computed before."""
    if always and width(part.owned) > 8:
        return body.bind("part", part)
    return body.bind("part", part) if part.fallible or part.result or part.wide else part


def _chain(text: str, type: Type, parts: tuple[Frag, ...]) -> Frag:
    return replace(
        call(text, type, [], parts), text=text, wide=width(text) > ARGS_WIDTH or any(part.wide for part in parts)
    )
