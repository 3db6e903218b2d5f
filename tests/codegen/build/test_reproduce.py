"""Rebuild of a foreign module: every claim of its manifest is compared, and nothing of the module is believed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from florecon_build.codegen import CodegenError
from florecon_build.codegen.build import reproduce
from florecon_build.codegen.build.wasm import BUILD_SECTION, IR_SECTION, BuildResult, build_wasm, make
from florecon_build.codegen.build.wasm_sections import HEADER, with_section
from florecon_build.frontend.ir_validation import verify as validate
from florecon_build.ir.json_format import dumps
from tests.codegen.strategies import awkward_names


def leaves(item: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every value of a JSON document that is neither an object nor a list, or that is empty."""
    if isinstance(item, dict) and item:
        for key, part in cast("dict[str, object]", item).items():
            yield from leaves(part, (*place, key))
    elif isinstance(item, list) and item:
        for index, part in enumerate(cast("list[object]", item)):
            yield from leaves(part, (*place, index))
    else:
        yield place


def forged(manifest: dict[str, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
    """The manifest with another value at a place."""
    changed = copy.deepcopy(manifest)
    holder: Any = changed
    for step in place[:-1]:
        holder = holder[step]
    old = holder[place[-1]]
    holder[place[-1]] = old + 1 if type(old) in {int, float} else not old if isinstance(old, bool) else f"{old}x"
    return changed


@pytest.mark.cargo
def test_every_forged_claim_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = awkward_names()
    artifact = build_wasm(
        plugin.data, plugin.fingerprint, tmp_path, warnings=[str(found) for found in plugin.check()], profile="quick"
    )
    wasm, manifest = artifact.wasm.read_bytes(), json.loads(artifact.manifest.read_text(encoding="utf-8"))
    rebuilt = make(plugin.data, plugin.fingerprint, dumps(plugin.data), profile="quick")

    def remembered(*_: object, **__: object) -> BuildResult:
        return rebuilt

    monkeypatch.setattr(reproduce, "make", remembered)

    def claims(content: object) -> list[str]:
        document = json.dumps(content).encode()
        verdict = reproduce.verify(wasm, validate=validate, claims=document)
        assert verdict.equal
        assert verdict.comparable
        return [claim.name for claim in verdict.false_claims or ()]

    assert claims(manifest) == []
    assert manifest["command"].endswith("--locked --offline")
    for place in leaves(manifest):
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
        assert claims(forged(manifest, place)) == [name]
    assert claims({**manifest, "approved_by": "somebody"}) == ["approved_by"]
    assert claims({key: part for key, part in manifest.items() if key != "inputs"}) == ["inputs"]
    longer = reproduce.verify(wasm + b"\0\2\1x", validate=validate, claims=json.dumps(manifest).encode())
    assert longer.differs_at == len(wasm)
    assert [claim.name for claim in longer.false_claims or ()] == ["wasm.bytes", "wasm.sha256"]


IR = dumps(awkward_names().data).encode()
MADE_BY = b'{"profile": "quick", "generator": "0", "runtime": {}, "compiler": {}}'


@pytest.mark.parametrize(
    ("carried", "made_by", "claims", "said"),
    [
        (IR, b'{"profile": "../../evil"}', None, "no profile of this version"),
        (IR, b"[]", None, "the provenance of the module is not a JSON object"),
        (IR, b"{", None, "the provenance of the module is not JSON"),
        (IR, b'{"profile": "quick", "profile": "release"}', None, "the same key twice"),
        (IR, MADE_BY, b"\xff", "the manifest is not UTF-8"),
        (IR, MADE_BY, b"[1]", "the manifest is not a JSON object"),
        (IR, MADE_BY, b"[" * 100_000, "the manifest is not JSON"),
        (IR.decode().encode("utf-16"), MADE_BY, None, "is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_built(
    carried: bytes, made_by: bytes, claims: bytes | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reproduce, "make", None)
    module = with_section(with_section(HEADER, BUILD_SECTION, made_by), IR_SECTION, carried)
    with pytest.raises(CodegenError, match=said):
        reproduce.verify(module, validate=validate, claims=claims)
