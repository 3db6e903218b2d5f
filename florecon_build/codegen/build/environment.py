"""Environment of compilers: cleared variables, a neutral folder, and a cargo home of their own.

Nothing that stands around a build changes what is compiled: no variable but the ones passed here, no
``.cargo/config.toml`` above the cache, no ``rust-toolchain.toml`` in the caller's folder. Fetching dependencies uses
the user's configuration of cargo; compiling uses its sources of packages alone, offline, held to ``Cargo.lock``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from florecon_build.codegen.build.paths import cache_dir
from florecon_build.codegen.errors import BuildError

_PASSED = frozenset(
    """
    PATH HOME USER LOGNAME TMPDIR RUSTUP_HOME RUSTUP_TOOLCHAIN RUSTUP_AUTO_INSTALL
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA
    PROGRAMFILES PROGRAMFILES(X86) COMMONPROGRAMFILES VSINSTALLDIR VCINSTALLDIR VCTOOLSINSTALLDIR WINDOWSSDKDIR
    WINDOWSSDKVERSION UNIVERSALCRTSDKDIR UCRTVERSION LIB LIBPATH INCLUDE
    """.split()  # noqa: SIM905 - a list of words reads as words
)
"""Variables that a compiler sees: where programs and folders are, and where Windows has its linker."""

NEUTRAL = {
    "RUSTC_WRAPPER": "",
    "RUSTC_WORKSPACE_WRAPPER": "",
    "CARGO_ENCODED_RUSTFLAGS": "",
    "CARGO_NET_OFFLINE": "true",
}
"""Settings that no configuration may give: an empty variable takes precedence over every file."""

_HARMLESS = frozenset({"source", "registry", "registries", "net", "http", "term", "alias", "install", "cache"})
"""Tables of a cargo configuration that change no output: where packages come from, held to the lock's checksums."""


def root() -> Path:
    """The folder that compilers run in: the root, above which there is no configuration and no toolchain file."""
    return Path(Path.cwd().anchor)


def variables(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a compiler: the passed ones and ``extra``."""
    passed = {name: value for name, value in os.environ.items() if name.upper() in _PASSED}
    return passed | dict(extra or {})


def user_cargo_home() -> Path:
    """Cargo's home folder of the user, with the registry's packages and the user's configuration."""
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")


def cargo_home() -> Path:
    """Cargo's home folder of builds: the user's packages, and of the user's configuration only where they come from."""
    user = user_cargo_home().absolute()
    home = cache_dir() / "cargo-home" / hashlib.sha256(str(user).encode()).hexdigest()[:8]
    home.mkdir(parents=True, exist_ok=True)
    (user / "registry").mkdir(parents=True, exist_ok=True)
    _link(user / "registry", home / "registry")
    _write(home / "config.toml", "".join(_sources(_configuration(user), user.parent)))
    return home


def refuse_outer_configuration() -> None:
    """Raises ``BuildError`` for a configuration of cargo in the root folder that could change what is compiled: cargo
    reads that one wherever it runs.
    """
    folder = root() / ".cargo"
    strange = sorted(set(_configuration(folder)) - _HARMLESS)
    if strange:
        raise BuildError(
            f"{folder} configures cargo for every folder of this machine ({', '.join(strange)}), and so would change "
            "what is compiled; move it to the home folder of a user"
        )


def _configuration(folder: Path) -> dict[str, Any]:
    """The configuration of cargo in a folder; empty if there is none."""
    for name in ("config", "config.toml"):
        path = folder / name
        if path.is_file():
            try:
                return tomllib.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise BuildError(f"{path}: not a configuration of cargo: {error}") from None
    return {}


def _sources(configuration: Mapping[str, Any], base: Path) -> Iterator[str]:
    """The tables ``source`` of a configuration as TOML, paths made absolute."""
    for name, source in sorted(cast("dict[str, dict[str, Any]]", configuration.get("source", {})).items()):
        yield f"[source.{json.dumps(name)}]\n"
        for key, value in sorted(source.items()):
            text = str(base / str(value)) if key in {"directory", "local-registry"} else str(value)
            yield f"{json.dumps(key)} = {json.dumps(text)}\n"


def _link(target: Path, link: Path) -> None:
    """Makes ``link`` lead to a folder; two builds may do so at once."""
    try:
        if sys.platform == "win32":
            import _winapi  # noqa: PLC0415 - a junction needs no privilege, a symbolic link does

            _winapi.CreateJunction(str(target), str(link))
        else:
            link.symlink_to(target, target_is_directory=True)
    except FileExistsError:
        if not link.exists() or not link.samefile(target):
            raise BuildError(f"{link} leads elsewhere than to {target}; remove it") from None


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
