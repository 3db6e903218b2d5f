"""``make fuzz``: random closure texts for a given time; a failure is printed with its seed.

python tests/frontend/closure/fuzz.py --seconds 600 [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import florecon_build as fb
from florecon_build.frontend.closure.errors import ClosureError
from florecon_build.frontend.closure.printer import captures, emit
from florecon_build.frontend.reconstruct import rebuilt
from florecon_build.frontend.rows import side, source_of
from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import VALUE_KINDS, values_in
from tests.frontend.closure.text import again
from tests.frontend.closure.texts import drawn
from tests.support.random_strategies import ROWS

PARAMS = {
    "slack": fb.param("slack", 5),
    "span": fb.param("span", 3),
    "limit": fb.param("limit", fb.minor(250, 2)),
    "strict": fb.param("strict", True),
}


def check(text: str) -> int:
    """Folds a text in each place and holds it to the promise: an expression that the builder makes too, or the typed
    error. Gives back in how many places it stood."""
    stood = 0
    source = source_of(ROWS)
    places = ((side(source, e.Var.A), side(source, e.Var.B)), (fb.Group(),), (ROWS,), ())
    try:
        closure = fb.rust(text, rows=ROWS, **PARAMS)
    except ClosureError as error:
        _is_located(text, error)
        return 0
    for views in places:
        try:
            value = closure(*views).ir
        except ClosureError as error:
            _is_located(text, error)
            continue
        stood += 1
        assert all(isinstance(part, VALUE_KINDS) for part in values_in(value))
        assert rebuilt(value).ir == value
        assert set(captures(value)) <= PARAMS.keys()
        if len(emit(value)) < 10_000:
            assert again(value, ROWS) == value
    return stood


def _is_located(text: str, error: ClosureError) -> None:
    lines = text.split("\n")
    assert 1 <= error.text_line <= len(lines)
    assert 1 <= error.text_column <= len(lines[error.text_line - 1]) + 1
    assert error.fix
    assert "^" in error.problems[0].excerpt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    start = time.monotonic()
    first = random.randrange(2**32) if arguments.seed is None else arguments.seed
    seen = stood = 0
    while time.monotonic() - start < arguments.seconds:
        seed = first + seen
        text = drawn(random.Random(seed))
        try:
            stood += bool(check(text))
        except Exception as error:
            print(f"seed {seed}: {text!r}\n{type(error).__name__}: {error}")
            return 1
        seen += 1
    print(f"{seen} closures from seed {first}, {stood} of them sound: every other one refused with its place")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
