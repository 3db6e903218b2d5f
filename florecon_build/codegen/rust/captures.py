"""What the closures of a strategy read from around them (row lanes, params, shard keys) and how it gets into a closure.

A plan outlives the function that builds it, so a closure owns what it reads. Numbers are copied by ``move``. A text is
cloned into a variable right before its closure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from florecon_build.codegen.rust.expressions import new_body
from florecon_build.codegen.rust.fragment import Form, Frag
from florecon_build.codegen.rust.names import Names
from florecon_build.codegen.rust.rust_types import is_copy, key_type
from florecon_build.codegen.rust.writer import INDENT
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind, Type


@dataclass(frozen=True, slots=True)
class Outside:
    """A param, or a shard key or a part of one."""

    param: str | None = None
    binder: int = 0
    part: int | None = None


@dataclass(slots=True)
class ClosureEnv:
    """What one closure reads. ``cloned`` maps what it owns a clone of to the variable that holds it."""

    scope: Scope
    cloned: dict[Outside, str] = field(default_factory=dict[Outside, str])
    used: set[str] = field(default_factory=set[str])
    moves: bool = False

    def lane(self, lane: e.Lane) -> Frag:
        """A field of the row."""
        owner = "item" if lane.var is e.Var.ITEM else lane.var.value
        self.used.add(owner)
        return Frag(f"{owner}.row.{self.scope.fields[lane.name]}", lane.type, form=Form.PLACE)

    def lot(self, lot: e.LotAmount | e.LotOriginal) -> Frag:
        """An amount of the lot."""
        owner = "item" if lot.var is e.Var.ITEM else lot.var.value
        self.used.add(owner)
        return Frag(f"{owner}.{'amount' if isinstance(lot, e.LotAmount) else 'original'}", lot.type, form=Form.PLACE)

    def param(self, param: e.ParamRef) -> Frag:
        """A param."""
        return self._read(Outside(param=param.name), param.type)

    def shard(self, key: e.ShardKey) -> Frag:
        """A shard key."""
        return self._read(Outside(binder=key.binder, part=key.part), key.type)

    def _read(self, what: Outside, type: Type) -> Frag:
        self.moves = True
        if is_copy(type):
            return Frag(self.scope.copied(what), type, form=Form.PLACE)
        if what not in self.cloned:
            self.cloned[what] = self.scope.variable_for_clone(what)
        return Frag(self.cloned[what], type, form=Form.PLACE)

    def clones(self) -> list[str]:
        """The statements that make the clones."""
        return [f"let {name} = {self.scope.source(what)}.clone();" for what, name in self.cloned.items()]


class Scope:
    """A function or closure that builds a plan: its statements, and what its closures may read."""

    def __init__(
        self, fields: dict[str, str], params: dict[str, str], names: Names, column: int, lints: set[str]
    ) -> None:
        self.fields = fields
        self.params = params
        self.names = names
        self.outer: ClosureEnv | None = None
        self.binder: int | None = None
        self.key: str = ""
        self.key_type: Type | None = None
        self.reads_key = False
        self.fails = False
        self._copied: dict[Outside, str] = {}
        self.env = ClosureEnv(self)
        self.body = new_body(self.env, names, column, lints)

    def inner(self, env: ClosureEnv, binder: int, key: str, type: Type) -> Scope:
        """The body of a ``partition_by_with`` closure whose captures ``env`` collects."""
        scope = Scope(self.fields, self.params, self.names, self.body.column + INDENT, self.body.lints)
        scope.outer, scope.binder, scope.key, scope.key_type = env, binder, key, type
        return scope

    def gap(self) -> None:
        """A blank line before what comes, unless there is nothing before it."""
        if self.body.lines and self.body.lines[-1]:
            self.body.lines.append("")

    def fresh_env(self) -> ClosureEnv:
        """Starts a closure: what is read from now on is read by it."""
        self.env = ClosureEnv(self)
        self.body.env = self.env
        return self.env

    def copied(self, what: Outside) -> str:
        """The variable that holds a number read from outside; it is declared at the head of the scope."""
        if what not in self._copied:
            if what.param is not None and self.outer is None:
                self._copied[what] = self.params[what.param]
            elif self._is_own(what):
                self._copied[what] = self.key if what.part is None else self.names.fresh(f"{self.key}_{what.part}")
            elif self.outer is not None:
                self.outer.moves = True
                return self.outer.scope.copied(what)
        return self._copied[what]

    def variable_for_clone(self, what: Outside) -> str:
        """A variable for a closure's own clone of a text read from outside."""
        if what.param is not None and self.outer is None:
            return self.params[what.param]
        return self.names.fresh(self.params[what.param] if what.param is not None else self.key or "key")

    def source(self, what: Outside) -> str:
        """The place to clone from."""
        if self._is_own(what):
            return self.key if what.part is None else f"{self.key}.{what.part}"
        if self.outer is None:
            return f"p.{self.params[what.param or '']}"
        self.outer.moves = True
        if what not in self.outer.cloned:
            self.outer.cloned[what] = self.outer.scope.variable_for_clone(what)
        return self.outer.cloned[what]

    def _is_own(self, what: Outside) -> bool:
        own = what.param is None and what.binder == self.binder
        self.reads_key = self.reads_key or own
        return own

    def head(self) -> list[str]:
        """The declarations of what was copied."""
        lines: list[str] = []
        for what, name in self._copied.items():
            if what.param is not None:
                lines.append(f"let {name} = p.{name};")
            elif self.key_type is not None:
                lines.append(f"let {name} = {self._key_value(what)};")
        return lines

    def _key_value(self, what: Outside) -> str:
        type = self.key_type
        if type is None or what.part is None:
            return f"{self.key}.get()" if type is not None and type.kind is Kind.REAL else f"*{self.key}"
        part = f"{self.key}.{what.part}"
        return f"{part}.get()" if type.parts[what.part].kind is Kind.REAL else part

    def text(self, plan: list[str]) -> list[str]:
        """All lines of the scope, ending in the plan."""
        head = self.head()
        statements = self.body.lines
        if head and statements:
            head.append("")
        spaced = [*head, *statements]
        while spaced and not spaced[0]:
            del spaced[0]
        if statements:
            spaced.append("")
        return [*spaced, *plan]


def key_parameter(type: Type) -> str:
    """The type by which a shard key is handed to a closure."""
    return f"&{key_type(type)}"
