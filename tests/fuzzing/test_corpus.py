"""Corpus of the fuzzers: kept inputs, seeds, and a few mutations of them, held to the promises of their targets."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from florecon_build.host.description import parse
from florecon_build.host.errors import FloreconError
from tests.fuzzing.__main__ import search
from tests.fuzzing.coverage import Coverage
from tests.fuzzing.mutate import mutated
from tests.fuzzing.seeds import CORPUS, corpus, seeds
from tests.fuzzing.targets import TARGETS, Target, describe

pytestmark = pytest.mark.slow

MUTATIONS = 25


def inputs(name: str) -> list[bytes]:
    """The inputs of a target that are tried in every run of the tests."""
    kept = [*corpus(name), *seeds(name)]
    rng = random.Random(7)
    return kept + [mutated(rng, rng.choice(kept), kept, textual=TARGETS[name].textual) for _ in range(MUTATIONS)]


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if not target.compiles])
def test_no_input_breaks_a_promise(name: str) -> None:
    for content in inputs(name):
        TARGETS[name].run(content)


@pytest.mark.cargo
@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.compiles])
def test_no_input_breaks_a_promise_of_a_module(name: str, solver_wasm: Path) -> None:
    assert solver_wasm.is_file()
    for content in inputs(name):
        TARGETS[name].run(content)


def test_the_corpus_is_small_and_of_known_targets() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 300_000


def test_new_lines_guide_the_search() -> None:
    coverage = Coverage()
    assert coverage.grows(lambda: describe(b"{}"))
    assert not coverage.grows(lambda: describe(b"{}"))
    assert coverage.grows(lambda: describe(seeds("describe")[0]))


def test_a_broken_promise_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def careless(content: bytes) -> None:
        try:
            parse(content, "careless")
        except FloreconError as error:
            if "is no text" in str(error):
                raise RuntimeError("an error that nobody expects") from error

    found = search("describe", Target(careless), seconds=2, rng=random.Random(1), keep=False)
    assert found == len(list((tmp_path / ".cache" / "fuzzing" / "describe").iterdir())) == 1
