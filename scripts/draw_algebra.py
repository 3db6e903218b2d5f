"""Draws what the examples of docs/algebra.md do: one SVG a node, from what the interpreter answers.

python scripts/draw_algebra.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import florecon_build as fb

DOCS = Path(__file__).resolve().parent.parent / "docs"
STEP, TOP, LEFT, GROUPS_AT, WIDTH = 30, 34, 12, 400, 760
BOX, GROUP_BOX = 250, 330
COLOURS = ("#2f7d6b", "#245b96", "#8a4f9e", "#a06b1f", "#5b7a2b")
OPEN = "#c2622d"


@dataclass(frozen=True, slots=True)
class Example:
    """A node of the page: its name and the code that shows it."""

    name: str
    code: str


def examples(page: str) -> tuple[str, list[Example]]:
    """The code that all examples share, and the examples in the order of the page."""
    shared, *sections = re.split(r"^### (\w+)$", page, flags=re.MULTILINE)
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return _code(shared), [Example(name, _code(body)) for name, body in pairs]


def _code(text: str) -> str:
    found = re.search(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"no code in {text[:60]!r}")
    return found[1]


def draw(shared: str, example: Example) -> str:
    """The picture of an example: runs its code, solves its ledger, draws rows, groups and what is left."""
    known: dict[str, Any] = {}
    exec(compile(shared + example.code, f"algebra.md: {example.name}", "exec"), known)
    names = ["id", "account", "day", "memo", "amount", "usd"]
    ledger = [dict(zip(names, values, strict=False)) for values in known["ledger"]]
    rows = [{name: line.get(name) for name in names} for line in ledger]
    plugin = fb.Plugin(
        "docs.algebra", "1.0.0", rows=known["row"], numeraire=known["row"].amount, strategy=known["strategy"]
    )
    return picture(rows, plugin.simulate(rows))


def picture(rows: list[dict[str, Any]], report: fb.Report) -> str:
    """Rows on the left, groups and residual on the right, a curve for every allocation."""
    shown = [name for name in rows[0] if name != "id" and any(row[name] is not None for row in rows)]
    parts: dict[int, list[dict[str, Any]]] = {}
    for part in report.allocations.to_pylist():
        parts.setdefault(part["group_id"], []).append(part)
    groups = sorted(
        report.groups.to_pylist(),
        key=lambda group: (group["origin"] == "unmatched", group["first_id"], group["group_id"]),
    )
    at_row = {row["id"]: TOP + place * STEP for place, row in enumerate(rows)}
    heights = [44 if group["origin"] != "unmatched" else 24 for group in groups]
    at_group = {group["group_id"]: TOP + sum(heights[:place]) + 6 * place for place, group in enumerate(groups)}
    height = max(TOP + len(rows) * STEP, TOP + sum(heights) + 6 * len(groups)) + 8
    body = "".join(
        [
            _text(LEFT, 20, " · ".join(shown), "head"),
            _text(GROUPS_AT, 20, "groups, then the residual", "head"),
            *(_row(row, shown, at_row[row["id"]]) for row in rows),
            *_groups(groups, at_group, parts, {row["id"]: row["amount"] for row in rows}, at_row),
        ]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"<style>{STYLE}</style>{body}</svg>\n"
    )


STYLE = (
    "text{font:13px ui-sans-serif,system-ui,'Segoe UI',sans-serif;fill:#1b2530}"
    ".head{fill:#5c6b7a;font-size:12px}.n{text-anchor:end}.small{font-size:12px;fill:#5c6b7a}"
    ".box{fill:#f4f7fa;stroke:#dde3ea}path{fill:none;stroke-width:1.8}"
    "@media (prefers-color-scheme:dark){text{fill:#e3e9ef}.head,.small{fill:#9aa8b5}.box{fill:#1f2831;stroke:#33404c}}"
)


def _text(x: int, y: int, what: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{style}>{escape(what)}</text>'


def _row(row: dict[str, Any], shown: list[str], y: int) -> str:
    said = " · ".join("-" if row[name] is None else str(row[name]) for name in shown if name != "amount")
    return (
        f'<rect class="box" x="{LEFT}" y="{y}" width="{BOX}" height="{STEP - 6}" rx="4"/>'
        + _text(LEFT + 8, y + 17, f"{row['id']}")
        + _text(LEFT + 32, y + 17, said, "small")
        + _text(LEFT + BOX - 8, y + 17, f"{row['amount']:+}", "n")
    )


def _groups(
    groups: list[dict[str, Any]],
    at: dict[int, int],
    parts: dict[int, list[dict[str, Any]]],
    whole: dict[int, int],
    rows: dict[int, int],
) -> Iterator[str]:
    for place, group in enumerate(groups):
        y = at[group["group_id"]]
        left_over = group["origin"] == "unmatched"
        colour = OPEN if left_over else COLOURS[place % len(COLOURS)]
        tall = 24 if left_over else 44
        dash = ' stroke-dasharray="4 3"' if left_over else ""
        members = parts[group["group_id"]]
        for number, part in enumerate(members):
            end = y + tall * (number + 1) / (len(members) + 1)
            yield _curve(rows[part["id"]] + (STEP - 6) / 2, end, colour, dash)
            if part["amount"] != whole[part["id"]]:
                yield _text(GROUPS_AT - 6, round(end) - 4, f"{part['amount']:+}", "small n")
        yield (
            f'<rect class="box" x="{GROUPS_AT}" y="{y}" width="{GROUP_BOX}" height="{tall}" rx="6" '
            f'style="stroke:{colour}"{dash}/>'
        )
        if left_over:
            yield _text(GROUPS_AT + 10, y + 16, f"row {members[0]['id']}: {members[0]['amount']:+} left")
        else:
            said = group["reason"] if group["reason"] != "classified" else f"{group['origin']}: classified"
            yield _text(GROUPS_AT + 10, y + 18, str(said))
            held = " ".join(f"{part['amount']:+}" for part in members)
            yield _text(
                GROUPS_AT + 10, y + 35, f"{held} = {group['net']:+}" if group["net"] else f"{held} = 0", "small"
            )


def _curve(start: float, end: float, colour: str, dash: str) -> str:
    left, right = LEFT + BOX, GROUPS_AT
    middle = (left + right) / 2
    return (
        f'<path d="M{left} {start:g} C{middle:g} {start:g} {middle:g} {end:g} {right} {end:g}" '
        f'stroke="{colour}"{dash}/>'
    )


def main() -> None:
    shared, found = examples((DOCS / "algebra.md").read_text(encoding="utf-8"))
    for example in found:
        (DOCS / "pictures" / f"{example.name}.svg").write_text(draw(shared, example), encoding="utf-8")
        print(f"docs/pictures/{example.name}.svg")


if __name__ == "__main__":
    main()
