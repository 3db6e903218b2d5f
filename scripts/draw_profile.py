"""Draws the flame graphs of docs/engine.md from benchmarks/profile.json, and writes its table of functions.

python -m scripts.draw_profile
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURES, PROFILE = ROOT / "docs" / "engine.md", ROOT / "docs" / "pictures", ROOT / "benchmarks" / "profile.json"
WIDTH, LINE, TOP, LEAST = 1000, 20, 28, 3.0
LETTER = 6.3
"""The width of a letter."""
SHORTEST = 4
"""Letters from which a name is written."""
LARGEST = 9
"""Functions of a step in the table."""
STYLE = (
    "text{font:11px ui-monospace,monospace;fill:#1b2530}.title{font:13px ui-sans-serif,system-ui,sans-serif}"
    "rect{stroke:#fff;stroke-width:.6}.d0{fill:#dfe9f4}.d1{fill:#cbdcee}.d2{fill:#f3e3cf}.d3{fill:#efd3b4}"
    "@media (prefers-color-scheme:dark){text{fill:#e3e9ef}rect{stroke:#14191f}.d0{fill:#23405f}.d1{fill:#2c5078}"
    ".d2{fill:#5c4423}.d3{fill:#704f22}}"
)
Stack = tuple[str, ...]


def profile() -> Mapping[str, Any]:
    """What was measured: the number of rows, and for each step its time and the part of the samples by stack."""
    return json.loads(PROFILE.read_text(encoding="utf-8"))


def stacks(step: Mapping[str, Any]) -> dict[Stack, float]:
    """The part of the samples by stack, the outermost function first."""
    return {tuple(stack): part for part, *stack in step["stacks"]}


def flame(title: str, parts: Mapping[Stack, float]) -> str:
    """A flame graph: a bar for each function, as wide as its part of the time, below the function that called it."""
    depth = max(map(len, parts))
    body = [f'<text class="title" x="2" y="18">{escape(title)}</text>']
    _draw(body, parts, (), 0.0)
    height = TOP + depth * LINE + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>{''.join(body)}</svg>\n"
    )


def _draw(body: list[str], parts: Mapping[Stack, float], above: Stack, left: float) -> None:
    depth = len(above)
    inside: defaultdict[str, float] = defaultdict(float)
    for stack, part in parts.items():
        if len(stack) > depth and stack[:depth] == above:
            inside[stack[depth]] += part
    for name, part in sorted(inside.items(), key=lambda each: (-each[1], each[0])):
        width = part * WIDTH
        if width >= LEAST:
            x, y = round(left, 1), TOP + depth * LINE
            room = int((width - 6) / LETTER)
            label = next(
                (each for each in (f"{name} {part:.0%}", name, f"{name[: room - 1]}…") if len(each) <= room), ""
            )
            hover = f"<title>{escape(name)}: {part:.1%}</title>"
            body.append(
                f'<rect class="d{depth % 4}" x="{x}" y="{y}" width="{width:.1f}" height="{LINE}">{hover}</rect>'
            )
            if room > SHORTEST:
                body.append(f'<text x="{x + 3:.1f}" y="{y + 14}">{escape(label)}</text>')
            _draw(body, parts, (*above, name), left)
        left += width


def own_times(step: Mapping[str, Any]) -> Sequence[tuple[str, float]]:
    """Functions by the milliseconds that they take themselves, the largest first."""
    own: defaultdict[str, float] = defaultdict(float)
    for stack, part in stacks(step).items():
        own[stack[-1]] += part * step["cpu_ms"]
    return sorted(own.items(), key=lambda each: -each[1])[:LARGEST]


def table(steps: Mapping[str, Any]) -> str:
    """The largest functions of each step."""
    names = list(steps)
    columns = [own_times(steps[name]) for name in names]
    lines = [
        "| " + " | ".join(f"{name} | ms" for name in names) + " |",
        "| " + " | ".join(["--- | ---:"] * len(names)) + " |",
    ]
    for at in range(LARGEST):
        cells = (column[at] if at < len(column) else ("", None) for column in columns)
        lines.append(
            "| " + " | ".join(f"{_code(name)} | {'' if ms is None else f'{ms:.0f}'}" for name, ms in cells) + " |"
        )
    return "\n".join(lines) + "\n"


def _code(name: str) -> str:
    return f"`{name}`" if "::" in name else name


def page(text: str, steps: Mapping[str, Any]) -> str:
    """The page with the table in its place. Raises ``ValueError`` if its markers are missing."""
    marked = re.compile(r"(<!-- results: profile -->\n).*?(<!-- end -->)", re.DOTALL)
    made, found = marked.subn(lambda match: f"{match[1]}\n{table(steps)}\n{match[2]}", text)
    if found != 1:
        raise ValueError(f"docs/engine.md has {found} tables marked `results: profile`; it needs one")
    return made


def pictures(measured: Mapping[str, Any]) -> dict[str, str]:
    """The flame graphs by their names."""
    rows = measured["rows"]
    steps = {name: step for name, step in measured.items() if name != "rows"}
    return {
        f"profile-{name}": flame(f"{name} of {rows:,} rows: {step['cpu_ms']:,.0f} ms of processor time", stacks(step))
        for name, step in steps.items()
    }


def main() -> None:
    """Writes the pictures and the table."""
    measured = profile()
    for name, picture in pictures(measured).items():
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
    steps = {name: step for name, step in measured.items() if name != "rows"}
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), steps), encoding="utf-8")


if __name__ == "__main__":
    main()
