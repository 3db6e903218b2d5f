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
from florecon_build.cli.console import place
from florecon_build.cli.errors import Fault
from florecon_build.cli.exit_codes import Exit
from florecon_build.codegen.build.wasm import IR_SECTION
from florecon_build.codegen.build.wasm_sections import section


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin with the variables of the Python file that made it; an IR and a module have none."""

    plugin: fb.Plugin
    variables: Mapping[str, object] = field(default_factory=dict[str, object])


def load(path: Path, name: str | None = None) -> fb.Plugin:
    """The plugin in a ``.py``, ``.json`` or ``.wasm`` file; parameters and errors as for ``load_file``."""
    return load_file(path, name).plugin


def load_file(path: Path, name: str | None = None) -> Loaded:
    """The plugin in a ``.py``, ``.json`` or ``.wasm`` file, with the file's variables.

    ``name`` is the variable that holds it, for a Python file with several. Raises ``StrategyError`` with every mistake
    of a strategy file, ``IrError`` for JSON that is none, ``Fault`` for anything else that keeps it from loading.
    """
    if path.is_dir():
        path = path / "strategy.py"
    if not path.is_file():
        fix = "go to the project's folder, name the file, or start one: florecon-build new my-recon"
        raise Fault(f"{place(path)}: there is no such file", fix, Exit.USAGE)
    match path.suffix:
        case ".py":
            variables = _run(path)
            plugins = {variable: value for variable, value in variables.items() if isinstance(value, fb.Plugin)}
            return Loaded(_only(plugins, path, name), variables)
        case ".json":
            return Loaded(fb.Plugin.from_ir(_ir_of(path)))
        case ".wasm":
            return Loaded(fb.Plugin.from_ir(embedded_ir(path)))
        case _:
            fix = "give a strategy.py, an IR or manifest (.json), or a solver.wasm"
            raise Fault(f"{place(path)}: not a strategy", fix, Exit.USAGE)


def embedded_ir(path: Path) -> str:
    """The IR that a module carries."""
    found = section(path.read_bytes(), IR_SECTION)
    if found is None:
        raise Fault(f"{place(path)} carries no strategy", "only modules that florecon-build made do")
    return found.decode("utf-8")


def _ir_of(path: Path) -> str:
    """The text of an IR file, or of the IR inside a manifest."""
    text = path.read_text(encoding="utf-8")
    try:
        said = json.loads(text)
    except ValueError as error:
        raise Fault(f"{place(path)}: not JSON: {error}") from error
    inner = cast("dict[str, Any]", said).get("ir") if isinstance(said, dict) else None
    return text if inner is None else json.dumps(inner)


def _run(path: Path) -> dict[str, object]:
    """Runs a strategy file from its text, as it is now, and returns its variables."""
    path = path.resolve()
    folder = str(path.parent)
    _forget(folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Fault(f"{place(path)}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    root = _root_of(path)
    sys.path.insert(0, root)
    sys.modules[path.stem] = module
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        with fb.collecting():
            exec(code, module.__dict__)
    except fb.StrategyError:
        raise
    except SyntaxError as error:
        raise Fault(_located(Path(error.filename or path), error.lineno or 1, f"SyntaxError: {error.msg}")) from error
    except Exception as error:
        raise Fault(_where(error, folder, path)) from error
    finally:
        sys.dont_write_bytecode = kept
        sys.path.remove(root)
    return vars(module)


def _root_of(path: Path) -> str:
    """The folder to import from: the file's own, or the one above the packages that it stands in."""
    folder = path.parent
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return str(folder)


def _forget(folder: str) -> None:
    """Modules of the project are read anew each time, and so are their lines."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder) and "site-packages" not in file and name != "__main__":
            del sys.modules[name]
    linecache.checkcache()


def _only(found: dict[str, fb.Plugin], path: Path, name: str | None) -> fb.Plugin:
    distinct = {id(plugin): variable for variable, plugin in found.items()}
    if name is not None:
        if name not in found:
            known = f"it has {', '.join(found)}" if found else "it makes none"
            raise Fault(f"{place(path)}: there is no plugin {name!r}", known, Exit.USAGE)
        return found[name]
    if len(distinct) == 1:
        return found[distinct.popitem()[1]]
    if not found:
        fix = 'end it with: plugin = fb.Plugin("my.recon", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)'
        raise Fault(f"{place(path)} makes no fb.Plugin", fix)
    raise Fault(f"{place(path)} makes {len(distinct)} plugins", f"choose one: --plugin {' | '.join(found)}", Exit.USAGE)


def _where(error: Exception, folder: str, path: Path) -> str:
    """The author's line that an exception came through, with its text."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
    file, line = (frames[-1].filename, frames[-1].lineno or 1) if frames else (str(path), 1)
    return _located(Path(file), line, f"{type(error).__name__}: {error}")


def _located(file: Path, line: int, message: str) -> str:
    text = linecache.getline(str(file), line).strip()
    return f"{place(file)}:{line}: {message}" + (f"\n    {text}" if text else "")
