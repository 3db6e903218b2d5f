"""SVG drawing: well-formed XML, no overlaps, identical bytes in every process."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

import florecon_build as fb
from florecon_build.ir.traversal import walk
from tests.support.random_strategies import ROWS as row
from tests.support.random_strategies import random_plugin

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def forty() -> fb.Plugin:
    """Forty nodes, four levels deep."""
    legs = [
        fb.labeled(
            f"stage {number}",
            fb.seq(
                fb.when(row.units > number, fb.exact_1to1((row.company, row.account), order=row.day)),
                fb.accept_if(lambda g: g.span(row.day) <= 31, fb.agg_net(row.account, tol=fb.rel_tol(10, floor=5))),
            ),
        )
        for number in range(6)
    ]
    strategy = fb.partition_by(row.company, fb.seq(*legs, fb.soak_all("open items")))
    plugin = fb.Plugin("acme.forty", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
    assert len(walk(plugin.data.strategy)) == 39
    return plugin


def boxes(text: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each node's box."""
    drawn = Xml.fromstring(text)
    found: list[tuple[float, float, float, float]] = []
    for group in drawn.iter(f"{SVG}g"):
        if group.find(f"{SVG}title") is not None:
            rect = group.find(f"{SVG}rect")
            assert rect is not None
            x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


def apart(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]


def test_every_node_has_a_box() -> None:
    for plugin in (forty(), *(random_plugin(random.Random(seed), row, 5) for seed in range(12))):
        text = plugin.svg()
        found = boxes(text)
        assert len(found) == len(walk(plugin.data.strategy))
        assert all(itertools.starmap(apart, itertools.combinations(found, 2)))
        assert text.count("<path") == len(found) - 1


def test_steps_are_in_order_from_top_to_bottom() -> None:
    found = boxes(forty().svg())
    places = walk(forty().data.strategy)
    steps = [found[place.id] for place in places if place.parent == 1]
    assert [step[1] for step in steps] == sorted(step[1] for step in steps)
    assert len({step[0] for step in steps}) == 1


def test_any_text_is_escaped() -> None:
    awkward = 'a "b" <c> & d \\ \u0007 \u00e9 \u6570 \U0001f4b6 {e} ' + "x" * 300
    keys = fb.partition_by_with(row.company, {awkward: fb.labeled(awkward, fb.agg_net())})
    plugin = fb.Plugin("acme.awkward", "1.0.0", rows=row, numeraire=row.amount, strategy=keys)
    assert len(boxes(plugin.svg())) == 4


@pytest.mark.slow
def test_drawing_is_deterministic() -> None:
    code = "import tests.test_strategy_svg as t; p = t.random_plugin(t.random.Random(5), t.row, 5); p.svg(); "
    code += "import sys; sys.stdout.buffer.write((p.svg() + t.forty().svg()).encode())"
    for seed in ("0", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": ""}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, cwd="/")
        here = random_plugin(random.Random(5), row, 5).svg() + forty().svg()
        assert done.stdout == here.encode()
