"""Hash collisions: keys and ids with equal hashes stay distinct, in every node and implementation."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator

import pytest

import florecon_build as fb
from tests.differential.compare import Native, run_interpreter, run_wasm, table
from tests.differential.hashes import fnv1a, fx32, fx64
from tests.differential.keyed import FNV_PAIRS, FX32_PAIRS, FX64_PAIR, NAMES, PAIRS, keyed_suite
from tests.support.random_ledgers import Row

pytestmark = pytest.mark.cargo

KEYS = [text for pair in PAIRS for text in pair]
DAY = (datetime.date(2025, 1, 1) - datetime.date(1970, 1, 1)).days


@pytest.fixture(scope="module")
def native() -> Iterator[Native]:
    with Native(keyed_suite().native) as program:
        yield program


def rows_of(rng: random.Random, size: int) -> list[Row]:
    """Rows whose keys and ids come in pairs that hash alike, in no order."""
    ids = [*KEYS, *(f"{text}{number}" for text in KEYS for number in range(9))]
    return [
        {
            "row_id": id,
            "key": rng.choice([*KEYS, None]),
            "other": rng.choice(KEYS),
            "day": DAY + rng.randrange(3),
            "units": rng.randrange(2),
            "amount": rng.choice([-100, 100]),
            "alt": rng.choice([None, 100, -100]),
        }
        for id in rng.sample(ids[: max(size, len(KEYS))], size)
    ]


def test_the_texts_do_collide() -> None:
    assert len(set(KEYS)) == len(KEYS)
    assert all(fnv1a(one) == fnv1a(two) for one, two in FNV_PAIRS)
    assert all(fx32(one) == fx32(two) for one, two in FX32_PAIRS)
    assert fx64(FX64_PAIR[0]) == fx64(FX64_PAIR[1])


@pytest.mark.parametrize("name", NAMES)
def test_colliding_keys_stay_distinct(native: Native, name: str) -> None:
    """Two opposite rows whose keys collide find each other only where the key has no say."""
    suite, index = keyed_suite(), NAMES.index(name)
    with fb.Workspace(suite.wasm, config={"strategy": index}) as workspace:
        for one, two in PAIRS:
            common: Row = {"day": DAY, "units": 1, "alt": None}
            rows: list[Row] = [
                {**common, "row_id": two, "key": one, "other": two, "amount": 100},
                {**common, "row_id": one, "key": two, "other": one, "amount": -100},
            ]
            expected = run_interpreter(suite, index, rows)
            assert run_wasm(workspace, table(suite.plugins[index].columns, rows)) == expected
            assert native.run({"strategy": index}, table(suite.plugins[index].columns, rows)) == expected
            met = any(size == 2 for *_, size, _, _, _ in expected.groups)
            assert met is (name in ("agg_net pair", "flow window") or (name == "lookup" and not known(one, two)))


def known(one: str, two: str) -> bool:
    """Whether a lookup's table tells the two apart."""
    return (one, two) in FNV_PAIRS


@pytest.mark.parametrize("name", NAMES)
def test_bags_of_colliding_keys_and_ids(native: Native, name: str) -> None:
    suite, index = keyed_suite(), NAMES.index(name)
    config = {"strategy": index}
    with fb.Workspace(suite.wasm, config=config) as workspace:
        for seed in range(12):
            rng = random.Random(f"{name}/{seed}")
            rows = rows_of(rng, rng.randrange(2, 40))
            batch = table(suite.plugins[index].columns, rows)
            expected = run_interpreter(suite, index, rows)
            assert run_wasm(workspace, batch) == expected
            assert native.run(config, batch) == expected
            turned = rng.sample(rows, len(rows))
            assert run_wasm(workspace, table(suite.plugins[index].columns, turned)) == expected
            assert native.run(config, table(suite.plugins[index].columns, turned)) == expected
