"""Semantic difference of two plugins, in words and as data; the text of the strategy plays no part.

Nodes are aligned from the root down: like with like, by what they say and hold. What is left on one side was added or
removed, unless the same subtree turns up on the other side: then it was moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from typing import Any, cast

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.alignment import align, likeness
from florecon_build.ir.python_printer import show, show_constant, show_tolerance
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, Place, map_node_values, map_values, walk, with_children
from florecon_build.ir.tree_printer import summary
from florecon_build.ir.types import Type

MOVED_ENOUGH = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: ``kind`` is added, removed, changed or moved; ``what`` says of what (node, lane, param, column,
    plugin).

    ``path`` is the place in the new tree (in the old one for what was removed), ``setting`` the setting that changed,
    ``before`` and ``after`` what it was and is, as the author writes it.
    """

    kind: str
    what: str
    path: str
    setting: str = ""
    before: str = ""
    after: str = ""
    before_span: e.Span | None = None
    after_span: e.Span | None = None

    def __str__(self) -> str:
        place = self.after_span or self.before_span
        where = f"  [{place.file}:{place.line}]" if place else ""
        match self.kind:
            case "added":
                return f"added {self.what} {self.after} at {self.path}{where}"
            case "removed":
                return f"removed {self.what} {self.before} at {self.path}{where}"
            case "moved":
                return f"moved {self.what} {self.after} from {self.before} to {self.path}{where}"
            case _:
                return f"changed {self.setting} of {self.what} {self.path}: {self.before} -> {self.after}{where}"


@dataclass(frozen=True, slots=True)
class Difference:
    """Every change between two plugins; false when they mean the same, and its text is one line a change."""

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no difference"

    def as_data(self) -> list[dict[str, Any]]:
        """The changes as plain dicts, for JSON."""
        return [asdict(change) for change in self.changes]


def diff_ir(before: n.PluginIr, after: n.PluginIr) -> Difference:
    """The changes that make ``before`` mean what ``after`` means; empty exactly when their fingerprints agree."""
    found = [*_plugin(before, after)]
    found += _named("column", before.columns, after.columns)
    found += _named("lane", before.lanes, after.lanes)
    found += _named("param", before.params, after.params)
    found += _Trees(before.strategy, after.strategy).changes()
    return Difference(tuple(found))


def _plugin(before: n.PluginIr, after: n.PluginIr) -> Iterator[Change]:
    for setting in ("id", "version", "numeraire", "currency", "account"):
        old, new = getattr(before, setting), getattr(after, setting)
        if old != new:
            texts = (_text(old), _text(new))
            yield Change(kind="changed", what="plugin", path=after.id, setting=setting, before=texts[0], after=texts[1])


Named = n.Column | n.DerivedLane | n.Param


def _named(what: str, before: Sequence[Named], after: Sequence[Named]) -> Iterator[Change]:
    old, new = {item.name: item for item in before}, {item.name: item for item in after}
    for name, item in old.items():
        if name not in new:
            yield Change(kind="removed", what=what, path=name, before=_declared(item), before_span=item.span)
    for name, item in new.items():
        if name not in old:
            yield Change(kind="added", what=what, path=name, after=_declared(item), after_span=item.span)
        else:
            yield from _settings(what, name, old[name], item)
    common = [name for name in old if name in new]
    reordered = [name for name in new if name in old]
    if common != reordered:
        name = next(new_name for old_name, new_name in zip(common, reordered, strict=True) if old_name != new_name)
        index = (list(old).index(name), list(new).index(name))
        yield Change(kind="moved", what=what, path=f"place {index[1]}", before=f"place {index[0]}", after=name)


def _declared(item: Named) -> str:
    match item:
        case n.Column():
            return f"{item.type}"
        case n.DerivedLane():
            return show(item.value)
        case n.Param():
            return show_constant(item.default, item.type)


def _text(content: object) -> str:
    if isinstance(content, VALUE_KINDS):
        return show(content)
    if isinstance(content, e.Tolerance):
        return show_tolerance(content)
    if isinstance(content, tuple):
        return f"[{', '.join(map(_text, cast('tuple[object, ...]', content)))}]"
    if isinstance(content, Enum):
        return str(content.value)
    if isinstance(content, Type):
        return str(content)
    return "none" if content is None else repr(content)


def _settings(what: str, path: str, old: Named | n.Node, new: Named | n.Node) -> Iterator[Change]:
    for item in fields(old):
        was, now = getattr(old, item.name), getattr(new, item.name)
        if item.name in {"span", "name", "cases", "steps", "strategies"} or isinstance(was, NODE_KINDS) or was == now:
            continue
        yield Change(
            kind="changed",
            what=what,
            path=path,
            setting=item.name,
            before=_text(was),
            after=_text(now),
            before_span=old.span,
            after_span=new.span,
        )


def by_distance(root: n.Node) -> n.Node:
    """The tree with every shard key naming its binder by how many others stand between: blind to what is above."""

    def visit(node: n.Node, binders: tuple[int, ...]) -> n.Node:
        def rename(value: e.Value) -> e.Value:
            if isinstance(value, e.ShardKey) and value.binder in binders:
                return replace(value, binder=binders[::-1].index(value.binder))
            return value

        node_below = map_node_values(node, lambda value: map_values(value, rename))
        if isinstance(node, n.PartitionByWith):
            node_below = replace(cast(n.PartitionByWith, node_below), binder=0)
            binders = (*binders, node.binder)
        return with_children(node_below, tuple(visit(child, binders) for child in n.children(node)))

    return visit(root, ())


class _Trees:
    """The alignment of two trees, and the changes between them."""

    def __init__(self, before: n.Node, after: n.Node) -> None:
        self._old = walk(by_distance(before))
        self._new = walk(by_distance(after))
        self._changed: list[Change] = []
        self._removed: list[tuple[Place, bool]] = []
        self._added: list[tuple[Place, bool]] = []

    def changes(self) -> list[Change]:
        """Every change, in the order of the new tree as far as there is one."""
        self._match(self._old[0], self._new[0])
        moved = list(self._moves())
        removed = [self._gone(place, alone) for place, alone in self._removed]
        added = [self._come(place, alone) for place, alone in self._added]
        return [*self._changed, *moved, *removed, *added]

    def _below(self, places: list[Place], place: Place) -> list[Place]:
        return [child for child in places if child.parent == place.id]

    def _match(self, old: Place, new: Place) -> None:
        """Pairs two nodes, or one of them with what is below the other, whichever is most alike."""
        if old.node == new.node:
            return
        inside = [(likeness(old.node, child.node), child) for child in self._below(self._new, new)]
        outside = [(likeness(child.node, new.node), child) for child in self._below(self._old, old)]
        best_in = max(inside, default=(0.0, new), key=lambda pair: pair[0])
        best_out = max(outside, default=(0.0, old), key=lambda pair: pair[0])
        same = type(old.node) is type(new.node)
        least = max(MOVED_ENOUGH, likeness(old.node, new.node) if same else 0.0)
        if max(best_in[0], best_out[0]) >= least:
            self._unwrap(old, new, *((None, best_in[1]) if best_in[0] >= best_out[0] else (best_out[1], None)))
        elif same:
            self._changed += _settings("node", new.path, old.node, new.node)
            self._match_below(old, new)
        else:
            self._removed.append((old, False))
            self._added.append((new, False))

    def _unwrap(self, old: Place, new: Place, kept_old: Place | None, kept_new: Place | None) -> None:
        """A node was put around what was there (``kept_new`` is it), or one around it was taken away (``kept_old``)."""
        if kept_new is not None:
            self._added.append((new, True))
            self._added += [(child, False) for child in self._below(self._new, new) if child is not kept_new]
        if kept_old is not None:
            self._removed.append((old, True))
            self._removed += [(child, False) for child in self._below(self._old, old) if child is not kept_old]
        self._match(kept_old or old, kept_new or new)

    def _match_below(self, old: Place, new: Place) -> None:
        olds, news = self._below(self._old, old), self._below(self._new, new)
        pairs = self._cases(old, new, olds, news)
        if pairs is None:
            pairs = align([place.node for place in olds], [place.node for place in news])
        for first, second in pairs:
            self._match(olds[first], news[second])
        kept_old, kept_new = {first for first, _ in pairs}, {second for _, second in pairs}
        self._removed += [(place, False) for index, place in enumerate(olds) if index not in kept_old]
        self._added += [(place, False) for index, place in enumerate(news) if index not in kept_new]

    def _cases(self, old: Place, new: Place, olds: list[Place], news: list[Place]) -> list[tuple[int, int]] | None:
        """The cases of two tables by key, and their defaults; none where the nodes are no tables."""
        if not isinstance(old.node, n.PartitionByTable) or not isinstance(new.node, n.PartitionByTable):
            return None
        first = {key: index for index, (key, _) in enumerate(old.node.cases)}
        second = {key: index for index, (key, _) in enumerate(new.node.cases)}
        common = [key for key in first if key in second]
        order = [key for key in second if key in first]
        if common != order:
            texts = [", ".join(map(repr, keys)) for keys in (common, order)]
            self._changed.append(
                Change(
                    kind="changed",
                    what="node",
                    path=new.path,
                    setting="order of cases",
                    before=texts[0],
                    after=texts[1],
                    before_span=old.node.span,
                    after_span=new.node.span,
                )
            )
        return [*((first[key], second[key]) for key in common), (len(olds) - 1, len(news) - 1)]

    def _moves(self) -> Iterator[Change]:
        """Pairs of a removed and an added subtree that are alike; what differs inside is matched like the rest."""
        for place, alone in list(self._removed):
            if alone:
                continue
            found = [(likeness(place.node, new.node), new) for new, single in self._added if not single]
            best = max(found, default=(0.0, place), key=lambda pair: pair[0])
            if best[0] < MOVED_ENOUGH:
                continue
            self._removed.remove((place, False))
            self._added.remove((best[1], False))
            yield Change(
                kind="moved",
                what="node",
                path=best[1].path,
                before=place.path,
                after=summary(best[1].node),
                before_span=place.node.span,
                after_span=best[1].node.span,
            )
            self._match(place, best[1])

    def _gone(self, place: Place, alone: bool) -> Change:
        text = summary(place.node) if alone else _with_below(place.node)
        return Change(kind="removed", what="node", path=place.path, before=text, before_span=place.node.span)

    def _come(self, place: Place, alone: bool) -> Change:
        text = summary(place.node) if alone else _with_below(place.node)
        return Change(kind="added", what="node", path=place.path, after=text, after_span=place.node.span)


def _with_below(node: n.Node) -> str:
    count = len(walk(node)) - 1
    return summary(node) + (
        f" and the {count} nodes below it" if count > 1 else " and the node below it" if count else ""
    )
