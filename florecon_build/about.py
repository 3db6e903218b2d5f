"""Facts of an installation: versions, and the hash of the engine module."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version

from florecon_build.host.runtime.engine_module import engine_hash


@dataclass(frozen=True, slots=True)
class About:
    """``engine`` is the SHA-256 of the engine module in hex, None in a checkout that was not set up."""

    version: str
    engine: str | None
    python: str
    wasmtime: str
    pyarrow: str


def about() -> About:
    """What runs here: the versions of florecon-build and of what runs its modules, and the hash of the engine module.

    >>> import florecon_build as fb
    >>> len(fb.about().engine or "")
    64
    """
    from florecon_build.codegen.version import VERSION  # noqa: PLC0415 - the generator is loaded where it is used

    return About(VERSION, engine_hash(), platform.python_version(), version("wasmtime"), version("pyarrow"))
