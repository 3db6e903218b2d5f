"""``fb.rust``: an expression written as the text of a Rust closure."""

from __future__ import annotations

from typing import Any

from florecon_build.frontend.closure.elaborate import Elaborator
from florecon_build.frontend.closure.errors import Piece, Source
from florecon_build.frontend.closure.parser import is_name, parse
from florecon_build.frontend.closure.terms import Context, Env, Term, is_constant
from florecon_build.frontend.diagnostics import author_span, authored, fail, raising, standing_at
from florecon_build.frontend.handles import Deferred, Expr, describe, lift
from florecon_build.frontend.rows import Rows, View
from florecon_build.frontend.text import wrap


class Closure(Deferred):
    """A parsed closure, type-checked when its place calls it with the views that its parameters stand for.

    The text never becomes part of a plugin.
    """

    __slots__ = ("_names", "_rows", "_source", "_syntax")

    def __init__(self, source: Source, names: Env, rows: Rows | None) -> None:
        self._source = source
        self._syntax = parse(source)
        self._names = names
        self._rows = rows

    @property
    def text(self) -> str:
        """The source text, as the author wrote it."""
        return self._source.text

    def __repr__(self) -> str:
        return f"<closure {self._source.slice(Piece(0, len(self.text)))}>"

    @authored
    def __call__(self, *views: object) -> Expr:
        """The expression over the views of its place: a pair's two sides, a group, or a row."""
        return self._elaborated(views)

    @authored
    def expression(self) -> Expr:
        """The expression in the place of a row expression, or where no row is read."""
        params = self._syntax.params
        if len(params) != 1:
            return self._elaborated(() if not params else (None,))
        return self._elaborated((None if params == ("_",) else self._row(self._syntax.params_at),))

    @authored
    def over(self, rows: object) -> Expr:
        """The expression over these rows."""
        return self._elaborated((rows,) if self._syntax.params else ())

    def _row(self, at: Piece) -> View:
        """The rows given as ``rows=``; ``not_rows`` where they are missing."""
        if self._rows is not None:
            return self._rows
        raise self._source.error(
            "not_rows",
            at,
            "the rows whose lanes this closure reads are not given",
            expected="rows=",
            fix="fb.rust(.., rows=row), with what columns() or derive() gave",
        )

    def _elaborated(self, views: tuple[object, ...]) -> Expr:
        syntax, source = self._syntax, self._source
        if len(syntax.params) != len(views):
            plain = {0: "`|| ..`", 1: "`|row| ..`, or `|g| ..` in accept_if", 2: "`|a, b| ..`"}
            raise source.error(
                "closure_params",
                syntax.params_at,
                "the number of parameters does not fit this place",
                expected=plain.get(len(views), str(len(views))),
                got=str(len(syntax.params)),
                fix="flow's cost has the two sides of a pair, accept_if a group, every other place a row",
            )
        return standing_at(source.span, lambda: self._made(views))

    def _made(self, views: tuple[object, ...]) -> Expr:
        syntax, source = self._syntax, self._source
        named = {name: Term(view) for name, view in zip(syntax.params, views, strict=True) if name != "_"}
        elaborator = Elaborator(Context(source, self._row))
        with raising():
            term = elaborator.value(syntax.body, {**self._names, **named})
            if term.item is None:
                fix = "give a value: a condition, a key, a cost"
                raise source.error("bad_constant", syntax.body.at, "this is always None", fix=fix)
            item = elaborator.context.operand(syntax.body, Term(term.item), "closure")
            return wrap(lift(item, what="closure"))


@authored
def rust(text: str, *, rows: Rows | None = None, **names: object) -> Any:
    """An expression written as a closure in a small, safe subset of Rust; see docs/closures.md for the whole subset.

    It stands wherever an expression, or a function that returns one, is accepted, and becomes the same tree as the
    builder's calls.

    ``text`` is the closure. Its parameters are what its place passes: ``|a, b|`` in ``flow``'s cost, ``|g|`` in
    ``accept_if``, ``|row|`` elsewhere, ``||`` where no row is read. ``rows`` are the rows whose lanes ``|row|`` reads,
    also inside a group's methods; only ``derive`` and a plugin's ``numeraire`` pass their own. ``names`` are the
    params, shard keys and constants that the text refers to: ``slack=slack``. It sees no variable of the calling code.

    Raises ``StrategyError`` at the author's line, with the line, the column and a caret in the text, and what to
    write instead. At most 10,000 characters, 100 levels and 2,000 operators.

    >>> import florecon_build as fb
    >>> ledger = fb.columns(row_id=fb.integer(id=True), day=fb.date(), memo=fb.text(), amount=fb.money(scale=2))
    >>> limit = fb.param("limit", 30)
    >>> cost = fb.rust("|a, b| if a.day.abs_diff(b.day) <= limit { Some(1.0) } else { None }", limit=limit)
    >>> flow = fb.flow(penalty=10, match_keys=[fb.amount_key()], cost=cost)
    >>> fees = fb.rust('|row| row.memo.normalize().contains("fee") && row.amount < minor(10_00, 2)', rows=ledger)
    >>> fees.expression()
    <boolean row.memo.normalize().contains("fee") & (row.amount < fb.minor(1000, 2))>
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        fix = 'write fb.rust("|a, b| ..")'
        fail("bad_setting", "rust takes a closure as text", expected="str", got=describe(text), fix=fix)
    if rows is not None and not isinstance(rows, Rows):  # pyright: ignore[reportUnnecessaryIsInstance]
        fix = "rows=row, with what columns() or derive() gave"
        fail("not_rows", "rust: rows", expected="what columns() or derive() gave", got=describe(rows), fix=fix)
    return Closure(Source(text, author_span()), _terms(names), rows)


def _terms(names: dict[str, object]) -> dict[str, Term]:
    for name in names:
        if not is_name(name):
            fix = "give it another name: fb.rust(.., kind=type_)"
            fail("bad_name", f"`{name}` is a keyword of Rust and cannot be a name in a closure", got=name, fix=fix)
    return {name: Term(item if is_constant(item) else lift(item, what=f"rust: {name}")) for name, item in names.items()}
