"""Wheel writer: a deterministic Python wheel around a compiled module."""

from __future__ import annotations

import base64
import hashlib
import json
import keyword
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from florecon_build.cli.scaffold.quoting import printable, python_string
from florecon_build.codegen.rust.names import snake
from florecon_build.codegen.version import VERSION
from florecon_build.ir import nodes as n
from florecon_build.ir.types import Kind, Type

_WHEEL = f"""\
Wheel-Version: 1.0
Generator: florecon-build {VERSION}
Root-Is-Purelib: true
Tag: py3-none-any
"""
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Content:
    """Content of the wheel."""

    ir: n.PluginIr
    fingerprint: str
    wasm: bytes
    manifest: bytes


def import_name(plugin_id: str) -> str:
    """The module to import: ``acme.intercompany`` becomes ``acme_intercompany``."""
    return snake(plugin_id.replace(".", "_").replace("-", "_"), "plugin")


def file_name(ir: n.PluginIr) -> str:
    """File name of the wheel; a version such as 1.0.0-rc.1 is normalised (PEP 440)."""
    return f"{import_name(ir.id)}-{_version(ir.version)}-py3-none-any.whl"


def _version(version: str) -> str:
    release, _, rest = version.partition("-")
    pre = re.fullmatch(r"(a|b|rc|alpha|beta)\.?(\d+)", rest)
    return (
        release
        if not rest
        else f"{release}{pre[1]}{pre[2]}"
        if pre
        else f"{release}+{re.sub(r'[^0-9A-Za-z]+', '.', rest)}"
    )


def write(content: Content, path: Path) -> Path:
    """Writes the wheel; returns its path."""
    module, version = import_name(content.ir.id), _version(content.ir.version)
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": module_text(content.ir, content.fingerprint).encode(),
        f"{module}/py.typed": b"",
        f"{module}/solver.json": content.manifest,
        f"{module}/solver.wasm": content.wasm,
        f"{info}/METADATA": _metadata(content, module, version).encode(),
        f"{info}/WHEEL": _WHEEL.encode(),
    }
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _metadata(content: Content, module: str, version: str) -> str:
    return f"""\
Metadata-Version: 2.1
Name: {module.replace("_", "-")}
Version: {version}
Summary: The reconciliation {content.ir.id}, compiled
Requires-Python: >=3.11
Requires-Dist: florecon-build ~= {VERSION}
Description-Content-Type: text/markdown

# {content.ir.id}

```python
from {module} import workspace

ws = workspace()
ws.upsert("ledger.csv")
report = ws.solve()
```

Strategy {content.fingerprint}; no compiler is needed to run it.
"""


def module_text(ir: n.PluginIr, fingerprint: str) -> str:
    """Source of the package's module: ``Row``, ``SOLVER``, ``FINGERPRINT`` and ``workspace()``, with types."""
    params = "".join(
        f"    {_argument(param)}: {_type(param.type)} | None = None,{_param_comment(param)}\n" for param in ir.params
    )
    given = ", ".join(f"{python_string(param.name)}: {_argument(param)}" for param in ir.params)
    star = "    *,\n" + params if params else "    *,\n"
    return f'''\
"""The reconciliation {ir.id} {ir.version}, compiled by florecon-build {VERSION}.

>>> ws = workspace()
>>> ws.upsert("ledger.csv")  # doctest: +SKIP
>>> report = ws.solve()  # doctest: +SKIP
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypedDict

from florecon_build.host import Workspace

SOLVER = Path(__file__).with_name("solver.wasm")
FINGERPRINT = "{fingerprint}"


{_row(ir)}


def workspace(
{star}    columns: Mapping[str, str] | None = None,
    timeout: float | None = None,
    max_memory: int | None = None,
    text_amounts: Literal["point", "comma"] | None = None,
) -> Workspace:
    """Opens a new workspace. Parameters that are not given keep the defaults of the strategy.

    ``columns`` maps a declared column to its header in your data; the others are as for ``florecon_build.Workspace``.
    """
    given: dict[str, object] = {{{given}}}
    config = {{name: value for name, value in given.items() if value is not None}}
    return Workspace(
        SOLVER, config, columns=columns, timeout=timeout, max_memory=max_memory, text_amounts=text_amounts
    )


__all__ = ["FINGERPRINT", "SOLVER", "Row", "workspace"]
_ = datetime.date, Decimal  # types of Row
'''


_TYPES = {
    Kind.INTEGER: "int",
    Kind.REAL: "float",
    Kind.TEXT: "str",
    Kind.MONEY: "Decimal | float",
    Kind.DATE: "datetime.date",
    Kind.BOOLEAN: "bool",
}


def _type(kind: Type) -> str:
    return _TYPES[kind.kind]


def _field(kind: Type) -> str:
    return f"{_type(kind)} | None" if kind.nullable else _type(kind)


def _row(ir: n.PluginIr) -> str:
    """The type of a row; of names that Python has no attribute for, by its functional form."""
    doc = "One line of the ledger, for ``workspace().upsert([Row(...), ...])``."
    if all(column.name.isidentifier() and not keyword.iskeyword(column.name) for column in ir.columns):
        fields = "\n".join(f"    {column.name}: {_field(column.type)}" for column in ir.columns)
        return f'class Row(TypedDict):\n    """{doc}"""\n\n{fields}'
    fields = "\n".join(f"        {python_string(column.name)}: {_field(column.type)}," for column in ir.columns)
    return f'Row = TypedDict(\n    "Row",\n    {{\n{fields}\n    }},\n)\n"""{doc}"""'


_ARGUMENTS = frozenset({"columns", "timeout", "max_memory", "text_amounts"})


def _argument(param: n.Param) -> str:
    """The name of a param as an argument of ``workspace``."""
    return f"{param.name}_" if keyword.iskeyword(param.name) or param.name in _ARGUMENTS else param.name


def _param_comment(param: n.Param) -> str:
    doc = printable(" ".join(param.doc.split()))
    return f"  # {json.dumps(param.default, default=str)}, the default{': ' + doc if doc else ''}"
