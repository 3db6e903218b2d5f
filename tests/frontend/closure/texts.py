"""Texts for fuzzing: arbitrary ones, ones made of the subset's own pieces, and valid ones with something changed."""

from __future__ import annotations

import random
import re

from hypothesis import strategies as st

from florecon_build.frontend.closure.printer import emit
from florecon_build.ir.validation import expressions
from tests.frontend.closure.mistakes import GROUP, PAIR, ROW
from tests.frontend.closure.pairs import PAIR as GOOD_PAIR
from tests.frontend.closure.pairs import ROW as GOOD_ROW
from tests.support.random_strategies import ROWS, random_plugin

PIECES = re.findall(r"\w+|\s+|[^\w\s]+", " ".join([*ROW.values(), *PAIR.values(), *GROUP.values()]))
SEEDS = [*(text for text, _ in GOOD_ROW), *(text for text, _ in GOOD_PAIR), *ROW.values(), *PAIR.values()]
STRANGE = [
    "\0",
    "\r",
    "\ud800",
    "\u202e",
    "\U0001f600",
    '"',
    "\\",
    "//",
    "/*",
    "*/",
    "#!",
    "${",
    "}}",
    "'",
    "`",
    "9" * 50,
]


def changed(rng: random.Random, text: str) -> str:
    """The text with a few pieces taken out, doubled, swapped or put in."""
    pieces = re.findall(r"\w+|\s+|[^\w\s]", text) or [" "]
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(pieces))
        match rng.randrange(5):
            case 0:
                pieces[at : at + rng.randrange(1, 3)] = []
            case 1:
                pieces.insert(at, pieces[at])
            case 2:
                pieces.insert(at, rng.choice(PIECES))
            case 3:
                pieces[at] = rng.choice([*STRANGE, *PIECES])
            case _:
                other = rng.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
        pieces = pieces or [" "]
    return "".join(pieces)


def drawn(rng: random.Random) -> str:
    """One text: emitted or of a test, mostly changed; or pieces in a row."""
    if rng.random() < 0.2:
        return "|a, b| " + "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 40)))
    if rng.random() < 0.4:
        return changed(rng, rng.choice(SEEDS))
    plugin = random_plugin(rng, ROWS, rng.randrange(1, 4)).data
    text = emit(rng.choice([value for _, value in expressions(plugin)]))
    return text if rng.random() < 0.2 else changed(rng, text)


TEXTS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="|ab row.{}()<>=!&+-*/%\"\\0123456789_,;:?'#", max_size=120).map(lambda text: "|row| " + text),
    st.integers(0, 2**32 - 1).map(lambda seed: drawn(random.Random(seed))),
    st.integers(0, 2**32 - 1).map(lambda seed: drawn(random.Random(seed))),
)
"""Any text at all, and mostly texts that are nearly right."""
