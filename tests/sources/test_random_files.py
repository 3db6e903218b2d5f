"""Random files in random shapes: as declared they are read back; ``new`` finds the same reading or refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from florecon_build.sources import Source, SourceError, read
from tests.sources.fuzz import outcome
from tests.sources.random_files import random_file

pytestmark = pytest.mark.slow

DECLARED, DETECTED = 150, 150


def test_file_is_read_back_as_it_is_declared(tmp_path: Path) -> None:
    for seed in range(DECLARED):
        made = random_file(seed)
        source = Source.from_data("file", made.declaration)
        found = read(source, [made.write(tmp_path)], made.fields, id_name="row_id")
        assert found.table["amount"].to_pylist() == made.amounts, made.declaration
        assert found.table["day"].to_pylist() == made.days, made.declaration
        assert found.table["memo"].to_pylist() == made.texts, made.declaration
        assert sum(total.net for total in found.totals) == sum(made.amounts)


@pytest.mark.slow
def test_new_finds_the_same_reading_or_refuses(tmp_path: Path) -> None:
    said = [outcome(seed, tmp_path) for seed in range(1000, 1000 + DETECTED)]
    assert [one for one in said if one.startswith("wrong")] == []
    assert said.count("found") > DETECTED // 2, said


def test_declaration_with_the_other_decimal_mark_is_refused_or_reads_the_same(tmp_path: Path) -> None:
    for seed in range(60):
        made = random_file(seed)
        other = {**made.declaration, "decimal": "," if made.declaration["decimal"] == "." else "."}
        try:
            found = read(Source.from_data("file", other), [made.write(tmp_path)], made.fields, id_name="row_id")
        except SourceError:
            continue
        assert found.checks == () or all(check.holds for check in found.checks)
