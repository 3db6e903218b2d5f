"""Reproducible rebuild: compiles the strategy that a module carries again and compares the bytes of both modules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from florecon_build.codegen.build.sysroot import StatusCallback
from florecon_build.codegen.build.wasm import BUILD_SECTION, IR_SECTION, make
from florecon_build.codegen.build.wasm_sections import section
from florecon_build.codegen.errors import CodegenError
from florecon_build.ir.json_format import fingerprint, loads
from florecon_build.ir.nodes import PluginIr


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a rebuild. ``differs_at`` is the first differing byte, None if the modules are equal.

    ``made_by`` is the provenance stored in the module, ``here`` that of the rebuild. If they differ (another compiler
    or runtime), unequal bytes are inconclusive.
    """

    fingerprint: str
    bytes: int
    differs_at: int | None
    made_by: dict[str, Any]
    here: dict[str, Any]

    @property
    def equal(self) -> bool:
        """True if the module is exactly the build of its strategy."""
        return self.differs_at is None

    @property
    def comparable(self) -> bool:
        """True if both builds used the same generator, runtime and compiler."""
        return self.made_by == self.here


def verify(wasm: bytes, *, validate: Callable[[PluginIr], PluginIr], say: StatusCallback = lambda _: None) -> Verdict:
    """Rebuilds a module from its embedded strategy, which ``validate`` first checks with all rules of the frontend.

    Raises ``CodegenError`` for a module without an embedded strategy, and the errors of a build.
    """
    carried, made_by = section(wasm, IR_SECTION), section(wasm, BUILD_SECTION)
    if carried is None or made_by is None:
        raise CodegenError("the module has no embedded strategy and provenance, so that it cannot be rebuilt")
    provenance: dict[str, Any] = json.loads(made_by)
    ir = validate(loads(carried))
    made = make(ir, fingerprint(ir), carried.decode(), profile=provenance["profile"], say=say)
    here: dict[str, Any] = json.loads(json.dumps(made.provenance))
    return Verdict(fingerprint(ir), len(wasm), _first_difference(wasm, made.wasm), provenance, here)


def _first_difference(left: bytes, right: bytes) -> int | None:
    if left == right:
        return None
    common = min(len(left), len(right))
    return next((at for at in range(common) if left[at] != right[at]), common)
