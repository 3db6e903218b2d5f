"""Reproducible rebuild: compiles the strategy that a module carries again, and compares module and manifest with it.

Of a module only its two sections are read: the strategy as data, and who made it. The strategy is validated, its Rust
is generated here and compiled with the runtime of this installation. No code of the module runs, and nothing that
came with it is compiled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, cast

from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.build.wasm import BUILD_SECTION, IR_SECTION, make, manifest
from florecon_build.codegen.build.wasm_sections import section
from florecon_build.codegen.errors import CodegenError
from florecon_build.ir.errors import Severity
from florecon_build.ir.json_format import fingerprint, loads
from florecon_build.ir.lints import check
from florecon_build.ir.nodes import PluginIr

_OF_THE_BUILD = frozenset({"generator", "runtime", "compiler", "profile"})
"""Claims that a module makes of itself, in its section of provenance."""
_OF_THE_TOOLS = frozenset({"command", "flags", "inputs"})
"""Claims that only the tools which made the module can confirm."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a manifest that is not so: its place, as in ``wasm.sha256``, what is written and what was found."""

    name: str
    says: object
    found: object


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a rebuild. ``differs_at`` is the first differing byte, None if the modules are equal.

    ``made_by`` is the provenance stored in the module, ``here`` that of the rebuild. If they differ (another compiler
    or runtime), unequal bytes are inconclusive. ``false_claims`` are those of the manifest, None without one;
    ``unchecked`` names the claims that these tools cannot confirm. ``rust_lines`` is the length of the generated Rust.
    """

    fingerprint: str
    bytes: int
    differs_at: int | None
    made_by: dict[str, Any]
    here: dict[str, Any]
    rust_lines: int
    false_claims: tuple[Claim, ...] | None = None
    unchecked: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """True if the module is exactly the build of its strategy."""
        return self.differs_at is None

    @property
    def comparable(self) -> bool:
        """True if both builds used the same generator, runtime and compiler."""
        return self.made_by == self.here


def verify(
    wasm: bytes,
    *,
    validate: Callable[[PluginIr], PluginIr],
    claims: bytes | None = None,
    say: StatusCallback = lambda _: None,
) -> Verdict:
    """Rebuilds a module from its embedded strategy, which ``validate`` first checks with all rules of the frontend.

    ``claims`` is the content of its manifest ``solver.json``, of which every claim is compared. Raises ``CodegenError``
    for a module without a readable strategy and provenance, or a manifest that is no JSON object, ``IrError`` for a
    strategy that is not valid, and the errors of a build.
    """
    carried, made_by = section(wasm, IR_SECTION), section(wasm, BUILD_SECTION)
    if carried is None or made_by is None:
        raise CodegenError("the module has no embedded strategy and provenance, so that it cannot be rebuilt")
    said = None if claims is None else _object(claims, "the manifest")
    provenance = _object(made_by, "the provenance of the module")
    match provenance.get("profile"):
        case "release" | "quick" as profile:
            pass
        case other:
            raise CodegenError(f"the provenance of the module names no profile of this version: {other!r}")
    text = _text(carried, "the embedded strategy of the module")
    ir = validate(loads(text))
    made = make(ir, fingerprint(ir), text, profile=profile, say=say)
    here: dict[str, Any] = json.loads(json.dumps(made.provenance))
    verdict = Verdict(
        fingerprint(ir),
        len(wasm),
        _first_difference(wasm, made.wasm),
        provenance,
        here,
        sum(file.count("\n") for name, file in made.files.items() if name.endswith(".rs")),
    )
    if said is None:
        return verdict
    warnings = [str(problem) for problem in check(ir) if problem.severity is Severity.WARNING]
    facts: dict[str, Any] = json.loads(json.dumps(manifest(ir, fingerprint(ir), text, made, warnings)))
    facts |= {name: provenance.get(name) for name in _OF_THE_BUILD}
    facts["wasm"] = {"sha256": sha256(wasm).hexdigest(), "bytes": len(wasm)}
    unchecked = () if verdict.comparable else tuple(sorted(_OF_THE_TOOLS & set(said)))
    for name in unchecked:
        facts[name] = said[name]
    return replace(verdict, false_claims=tuple(_false(said, facts)), unchecked=unchecked)


def _false(said: object, facts: object, name: str = "") -> Iterator[Claim]:
    """Where two JSON values differ: in a key that one of them does not have, or a value, also of another type."""
    if json.dumps(said, sort_keys=True) == json.dumps(facts, sort_keys=True):
        return
    left, right = _parts(said), _parts(facts)
    if left is None or right is None or type(said) is not type(facts):
        yield Claim(name, said, facts)
        return
    for key in sorted({*left, *right}):
        inner = f"{name}[{key}]" if isinstance(said, list) else f"{name}.{key}" if name else key
        yield from _false(left.get(key, _ABSENT), right.get(key, _ABSENT), inner)


def _parts(item: object) -> dict[str, object] | None:
    if isinstance(item, list):
        return {str(index): part for index, part in enumerate(cast("list[object]", item))}
    return cast("dict[str, object]", item) if isinstance(item, dict) else None


_ABSENT = "(absent)"


def _text(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise CodegenError(f"{what} is not UTF-8: {error}") from None


def _object(content: bytes, what: str) -> dict[str, Any]:
    """A JSON object in which no key occurs twice, so that every reader reads the same."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) != len(items):
            raise CodegenError(f"{what} has the same key twice in one object")
        return dict(items)

    try:
        found: object = json.loads(_text(content, what), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise CodegenError(f"{what} is not JSON: {error}") from None
    if not isinstance(found, Mapping):
        raise CodegenError(f"{what} is not a JSON object")
    return cast("dict[str, Any]", found)


def _first_difference(left: bytes, right: bytes) -> int | None:
    if left == right:
        return None
    common = min(len(left), len(right))
    return next((at for at in range(common) if left[at] != right[at]), common)
