"""Strategy loader: a plugin from a Python file, an IR or a manifest (JSON), or a compiled module."""

from __future__ import annotations

import importlib.util
import json
import linecache
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import florecon_build as fb
from florecon_build.cli.console import display_path
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit
from florecon_build.codegen.build.wasm import IR_SECTION
from florecon_build.codegen.build.wasm_sections import section

STRATEGIES = frozenset({".py", ".json"})
"""Suffixes of the files that hold a strategy and no module."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin with the variables of its Python file; empty for an IR or a module."""

    plugin: fb.Plugin
    variables: Mapping[str, object] = field(default_factory=dict[str, object])


def load(path: Path, name: str | None = None) -> fb.Plugin:
    """The plugin in a ``.py``, ``.json`` or ``.wasm`` file; parameters and errors as for ``load_file``."""
    return load_file(path, name).plugin


def load_file(path: Path, name: str | None = None) -> Loaded:
    """The plugin in a ``.py``, ``.json`` or ``.wasm`` file, with the file's variables.

    ``name`` is the variable that holds it, for a Python file with several. Raises ``StrategyError`` with every mistake
    of a strategy file, ``IrError`` for invalid JSON, ``CommandError`` for any other failure to load.
    """
    if path.is_dir():
        path = path / "strategy.py"
    if not path.is_file():
        fix = "change to the project folder, pass the file, or create a project: florecon-build new my-recon"
        raise CommandError(f"{display_path(path)}: no such file", fix, Exit.USAGE)
    match path.suffix:
        case ".py":
            variables = _execute(path)
            plugins = {variable: value for variable, value in variables.items() if isinstance(value, fb.Plugin)}
            return Loaded(_select(plugins, path, name), variables)
        case ".json":
            return Loaded(fb.Plugin.from_ir(_read_ir(path)))
        case ".wasm":
            return Loaded(fb.Plugin.from_ir(embedded_ir(path)))
        case _:
            fix = "pass a strategy.py, an IR or manifest (.json), or a solver.wasm"
            raise CommandError(f"{display_path(path)}: not a strategy file", fix, Exit.USAGE)


def embedded_ir(path: Path) -> str:
    """The IR embedded in a module, as JSON."""
    found = section(path.read_bytes(), IR_SECTION)
    if found is None:
        raise CommandError(f"{display_path(path)} has no embedded strategy", "pass a module built by florecon-build")
    return found.decode("utf-8")


def _read_ir(path: Path) -> str:
    """The text of an IR file, or of the IR inside a manifest."""
    text = path.read_text(encoding="utf-8")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{display_path(path)}: not JSON: {error}") from error
    embedded = cast("dict[str, Any]", document).get("ir") if isinstance(document, dict) else None
    return text if embedded is None else json.dumps(embedded)


def _execute(path: Path) -> dict[str, object]:
    """Executes a strategy file from its current source; returns its variables."""
    path = path.resolve()
    folder = str(path.parent)
    _evict_modules(folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CommandError(f"{display_path(path)}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    root = _import_root(path)
    sys.path.insert(0, root)
    sys.modules[path.stem] = module
    bytecode_flag, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        with fb.collecting():
            exec(code, module.__dict__)
    except fb.StrategyError:
        raise
    except SyntaxError as error:
        raise CommandError(
            _format_location(Path(error.filename or path), error.lineno or 1, f"SyntaxError: {error.msg}")
        ) from error
    except Exception as error:
        raise CommandError(_user_line(error, folder, path)) from error
    finally:
        sys.dont_write_bytecode = bytecode_flag
        sys.path.remove(root)
    return vars(module)


def _import_root(path: Path) -> str:
    """Import root of a file: its folder, or the parent of its outermost package."""
    folder = path.parent
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return str(folder)


def _evict_modules(folder: str) -> None:
    """Removes the project's modules and source lines from the caches, so that they are read again."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder) and "site-packages" not in file and name != "__main__":
            del sys.modules[name]
    linecache.checkcache()


def _select(found: dict[str, fb.Plugin], path: Path, name: str | None) -> fb.Plugin:
    distinct = {id(plugin): variable for variable, plugin in found.items()}
    if name is not None:
        if name not in found:
            known = f"use one of: {', '.join(found)}" if found else "the file defines no plugin"
            raise CommandError(f"{display_path(path)}: no plugin named {name!r}", known, Exit.USAGE)
        return found[name]
    if len(distinct) == 1:
        return found[distinct.popitem()[1]]
    if not found:
        fix = 'end the file with: plugin = fb.Plugin("my.recon", "1.0.0", rows=row, numeraire=row.amount, strategy=...)'
        raise CommandError(f"{display_path(path)} defines no fb.Plugin", fix)
    raise CommandError(
        f"{display_path(path)} defines {len(distinct)} plugins", f"select one: --plugin {' | '.join(found)}", Exit.USAGE
    )


def _user_line(error: Exception, folder: str, path: Path) -> str:
    """The exception with the innermost line of the project that it passed through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
    file, line = (frames[-1].filename, frames[-1].lineno or 1) if frames else (str(path), 1)
    return _format_location(Path(file), line, f"{type(error).__name__}: {error}")


def _format_location(file: Path, line: int, message: str) -> str:
    text = linecache.getline(str(file), line).strip()
    return f"{display_path(file)}:{line}: {message}" + (f"\n    {text}" if text else "")
