"""Parser of closures: text to syntax. Lark's tree ends here; nothing else knows of it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, cast

from lark import Lark, Token, Transformer_NonRecursive, v_args  # pyright: ignore[reportUnknownVariableType]
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError
from lark.tree import Meta

from florecon_build.frontend.closure import syntax as s
from florecon_build.frontend.closure.errors import ClosureError, Piece, Source
from florecon_build.frontend.closure.literals import read_real, read_text
from florecon_build.frontend.closure.unsupported_syntax import hint_at
from florecon_build.frontend.columns import MAX_SCALE
from florecon_build.ir import types as t

MAX_LENGTH = 10_000
"""Characters of a closure's text."""

MAX_DEPTH = 100
"""The limit of nested syntax."""

_RESERVED = (
    "abstract|as|async|await|become|box|break|const|continue|crate|do|dyn|enum|extern|final|fn|for|gen|impl|in|loop|"
    "macro|mod|move|mut|override|priv|pub|ref|return|self|Self|static|struct|super|trait|try|type|typeof|unsafe|"
    "unsized|use|virtual|where|while|yield"
)
_OWN = {"else", "false", "if", "let", "match", "true", "Some", "None", "_"}
_TYPES = {"i64": t.INTEGER, "f64": t.REAL, "bool": t.BOOLEAN, "Text": t.TEXT, "Date": t.DATE}
_TOO_LONG_NUMBER = 40

Parts = list[Any]


@cache
def _grammar() -> Lark:
    text = resources.files("florecon_build.frontend.closure").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        text.replace("KEYWORDS", _RESERVED),
        parser="lalr",
        lexer="basic",
        propagate_positions=True,
        maybe_placeholders=False,
    )


def is_name(text: str) -> bool:
    """True where a word is a name in a closure."""
    return re.fullmatch(rf"(?!(?:{_RESERVED})\Z)[A-Za-z_][A-Za-z0-9_]*", text) is not None and text not in _OWN


def parse(source: Source) -> s.Lambda:
    """The syntax of a closure's text. Raises ``ClosureError``."""
    _check_text(source)
    try:
        tree: Any = _grammar().parse(source.text)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedInput as error:
        raise _unexpected(source, error) from None
    try:
        return cast("s.Lambda", _Syntax(source).transform(tree))  # pyright: ignore[reportUnknownMemberType]
    except VisitError as error:
        raise error.orig_exc from None


def _check_text(source: Source) -> None:
    text = source.text
    if len(text) > MAX_LENGTH:
        raise source.error(
            "closure_too_large",
            Piece(MAX_LENGTH, MAX_LENGTH + 1),
            "this text is too long",
            expected=f"at most {MAX_LENGTH} characters",
            got=str(len(text)),
            fix="derive its parts as lanes, and write the closure on the lanes",
        )
    lone = re.search("[\ud800-\udfff]", text)
    if lone is not None:
        at = Piece(lone.start(), lone.end())
        raise source.error("closure_literal", at, "half of a surrogate pair is no character", fix="leave it out")


def _unexpected(source: Source, error: UnexpectedInput) -> ClosureError:
    text = source.text
    at = len(text)
    if not _is_end(error):
        at = cast("int", error.pos_in_stream)
    if text.lstrip()[:1] != "|":
        return _no_bar(source)
    if at >= len(text):
        fix = "close what is open, end with the value, and give every `if` its `else`"
        return source.error("closure_syntax", Piece(len(text), len(text) + 1), "the text ends too soon", fix=fix)
    if found := hint_at(text, at):
        hint, end = found
        return source.error("closure_unsupported", Piece(at, end), f"{hint.what} is not in the subset", fix=hint.fix)
    word = re.compile(r"\w+|\W").match(text, at)
    piece = Piece(at, word.end() if word else at + 1)
    fix = "a closure is `|a, b| value`; see docs/closures.md for all there is"
    return source.error("closure_syntax", piece, f"`{source.slice(piece)}` does not fit here", fix=fix)


def _is_end(error: Any) -> bool:
    return isinstance(error, UnexpectedToken) and error.token.type == "$END"  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _no_bar(source: Source) -> ClosureError:
    start = len(source.text) - len(source.text.lstrip())
    found = hint_at(source.text, start) if re.match(r"(?:move|lambda|async|fn)\b", source.text[start:]) else None
    if found:
        hint, end = found
        return source.error("closure_unsupported", Piece(start, end), f"{hint.what} is not in the subset", fix=hint.fix)
    fix = "begin with its parameters: `|a, b| ..` for a pair, `|row| ..` for a row"
    return source.error("closure_syntax", Piece(start, start + 1), "a closure begins with `|`", fix=fix)


@v_args(meta=True)
class _Syntax(Transformer_NonRecursive[Token, Any]):
    """One method a rule; what is below is made already."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source

    def _at(self, meta: Meta, *below: s.Syntax) -> dict[str, Any]:
        """The place and the height of a piece of syntax over what is below it."""
        at = Piece(meta.start_pos, meta.end_pos)
        depth = 1 + max((part.depth for part in below), default=0)
        if depth > MAX_DEPTH:
            raise self.source.error(
                "closure_too_large",
                at,
                "this is nested too deeply",
                expected=f"at most {MAX_DEPTH} levels",
                got=f"{depth} levels",
                fix="name its parts with `let`, or derive them as lanes",
            )
        return {"at": at, "depth": depth}

    def start(self, meta: Meta, parts: Parts) -> s.Lambda:
        return parts[0]

    def param(self, meta: Meta, parts: Parts) -> Token:
        return parts[0]

    def closure(self, meta: Meta, parts: Parts) -> s.Lambda:
        *params, body = parts
        names = tuple(str(param) for param in params)
        bars = Piece(meta.start_pos, self.source.text.index("|", meta.start_pos + 1) + 1)
        for index, param in enumerate(params):
            if param != "_" and param in names[:index]:
                at = Piece(param.start_pos, param.end_pos)
                raise self.source.error(
                    "closure_params", at, f"`{param}` stands twice", fix="give each parameter its own name"
                )
        return s.Lambda(params=names, params_at=bars, body=body, **self._at(meta, body))

    def thunk(self, meta: Meta, parts: Parts) -> s.Lambda:
        bars = Piece(meta.start_pos, meta.start_pos + 2)
        return s.Lambda(params=(), params_at=bars, body=parts[1], **self._at(meta, parts[1]))

    def block(self, meta: Meta, parts: Parts) -> s.Syntax:
        *lets, result = parts
        if not lets:
            return result
        return s.Block(lets=tuple(lets), result=result, **self._at(meta, *parts))

    def let(self, meta: Meta, parts: Parts) -> s.Let:
        return s.Let(name=str(parts[0]), value=parts[1], **self._at(meta, parts[1]))

    def if_expr(self, meta: Meta, parts: Parts) -> s.If:
        condition, then, otherwise = parts
        return s.If(condition=condition, then=then, otherwise=otherwise, **self._at(meta, *parts))

    def match_expr(self, meta: Meta, parts: Parts) -> s.Match:
        return s.Match(subject=parts[0], arms=tuple(parts[1:]), **self._at(meta, *parts))

    def arm(self, meta: Meta, parts: Parts) -> s.Arm:
        return s.Arm(patterns=tuple(parts[:-1]), result=parts[-1], **self._at(meta, *parts))

    def pattern(self, meta: Meta, parts: Parts) -> s.Pattern:
        return s.Pattern(constant=parts[0], **self._at(meta, parts[0]))

    def some_pattern(self, meta: Meta, parts: Parts) -> s.Pattern:
        return s.Pattern(constant=parts[0], is_some=True, **self._at(meta, parts[0]))

    def wildcard(self, meta: Meta, parts: Parts) -> s.Pattern:
        return s.Pattern(constant=None, **self._at(meta))

    def binary(self, meta: Meta, parts: Parts) -> s.Binary:
        left, op, right = parts
        op_at = Piece(op.start_pos, op.end_pos)
        return s.Binary(op=str(op), op_at=op_at, left=left, right=right, **self._at(meta, left, right))

    def unary(self, meta: Meta, parts: Parts) -> s.Syntax:
        op, operand = parts
        if op == "-" and isinstance(operand, s.Literal) and isinstance(operand.value, int | float):
            is_signed = isinstance(operand.value, bool) or self.source.text[operand.at.start] == "-"
            if not is_signed:
                return s.Literal(value=-operand.value, **self._at(meta))
        return s.Unary(op=str(op), operand=operand, **self._at(meta, operand))

    def field(self, meta: Meta, parts: Parts) -> s.Field:
        receiver, name = parts
        name_at = Piece(name.start_pos, name.end_pos)
        return s.Field(receiver=receiver, name=str(name), name_at=name_at, **self._at(meta, receiver))

    def index(self, meta: Meta, parts: Parts) -> s.Field:
        receiver, name = parts
        name_at = Piece(name.start_pos, name.end_pos)
        text = read_text(self.source, name_at)
        return s.Field(receiver=receiver, name=text, name_at=name_at, **self._at(meta, receiver))

    def part(self, meta: Meta, parts: Parts) -> s.Part:
        receiver, index = parts
        return s.Part(receiver=receiver, index=self._integer(index), **self._at(meta, receiver))

    def method(self, meta: Meta, parts: Parts) -> s.Call:
        receiver, name, *arguments = parts
        return self._call(meta, receiver, name, arguments)

    def call(self, meta: Meta, parts: Parts) -> s.Call:
        name, *arguments = parts
        return self._call(meta, None, name, arguments)

    def _call(self, meta: Meta, receiver: s.Syntax | None, name: Token, arguments: Parts) -> s.Call:
        below = [*arguments] if receiver is None else [receiver, *arguments]
        name_at = Piece(name.start_pos or 0, name.end_pos or 0)
        return s.Call(
            receiver=receiver,
            name=str(name),
            name_at=name_at,
            arguments=tuple(arguments),
            **self._at(meta, *below),
        )

    def name(self, meta: Meta, parts: Parts) -> s.Name:
        return s.Name(name=str(parts[0]), **self._at(meta))

    def some(self, meta: Meta, parts: Parts) -> s.Some:
        return s.Some(operand=parts[0], **self._at(meta, parts[0]))

    def none(self, meta: Meta, parts: Parts) -> s.Nothing:
        return s.Nothing(type=self._type(meta, str(parts[0])), **self._at(meta))

    def _type(self, meta: Meta, text: str) -> t.Type | None:
        if "<" not in text:
            return None
        name = re.sub(r"\s", "", text)[len("None::<") : -1]
        if name in _TYPES:
            return _TYPES[name].with_nullable(True)
        scale = int(name[len("Money<") : -1])
        if scale > MAX_SCALE:
            at = Piece(meta.start_pos, meta.end_pos)
            fix = f"use a scale from 0 to {MAX_SCALE}"
            raise self.source.error("bad_scale", at, "a money scale counts decimal places", got=str(scale), fix=fix)
        return t.money(scale).with_nullable(True)

    def paren(self, meta: Meta, parts: Parts) -> s.Syntax:
        inner = parts[0]
        is_number = isinstance(inner, s.Literal) and not isinstance(inner.value, str | bool)
        return s.Paren(operand=inner, **self._at(meta, inner)) if is_number else inner

    def tuple(self, meta: Meta, parts: Parts) -> s.MakeTuple:
        return s.MakeTuple(parts=tuple(parts), **self._at(meta, *parts))

    def integer(self, meta: Meta, parts: Parts) -> s.Literal:
        return s.Literal(value=self._integer(parts[0]), **self._at(meta))

    def _integer(self, token: Token) -> int:
        if len(token) > _TOO_LONG_NUMBER:
            at = Piece(token.start_pos or 0, token.end_pos or 0)
            raise self.source.error(
                "bad_constant", at, "this number does not fit 64 bits", fix="use a number within +-(2**63 - 1)"
            )
        return int(token.replace("_", ""))

    def real(self, meta: Meta, parts: Parts) -> s.Literal:
        return s.Literal(value=read_real(str(parts[0])), **self._at(meta))

    def text(self, meta: Meta, parts: Parts) -> s.Literal:
        return s.Literal(value=read_text(self.source, Piece(meta.start_pos, meta.end_pos)), **self._at(meta))

    def boolean(self, meta: Meta, parts: Parts) -> s.Literal:
        return s.Literal(value=parts[0] == "true", **self._at(meta))
