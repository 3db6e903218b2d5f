"""Engine module: a solver module that takes its strategy as data, so that one runs without being compiled.

The wheel contains it; a checkout has it after ``make setup``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol, cast, runtime_checkable

from florecon_build.host.description import MAX_SCALE, FieldKind, Param
from florecon_build.host.errors import BadStrategy, NotAWasm

ENGINE = Path(__file__).resolve().parents[2] / "engine.wasm"


@runtime_checkable
class HasIr(Protocol):
    """Anything with the canonical JSON of a strategy's IR, such as a plugin."""

    def ir(self) -> str: ...


@runtime_checkable
class HasNodeFacts(Protocol):
    """Anything that says what explanations need of the nodes of its strategy, in the order of node ids."""

    def node_facts(self) -> list[dict[str, object]]: ...


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy as data: its JSON, and what the host needs of it before a session is open."""

    name: str
    document: object = field(repr=False)
    params: tuple[Param, ...]


def strategy_of(source: object) -> Strategy | None:
    """The strategy that ``source`` hands over; None for a module. Errors: `BadStrategy` for what is no JSON."""
    if isinstance(source, (str, bytes)) or not isinstance(source, HasIr):
        return None
    document: object = _document(source.ir())
    fields = _object(document)
    if fields and isinstance(source, HasNodeFacts):
        document = {**fields, "explained": source.node_facts()}
    plugin = _object(fields.get("plugin"))
    params: object = plugin.get("params")
    listed = cast("list[object]", params) if isinstance(params, list) else []
    return Strategy(f"{plugin.get('id')} (engine)", document, tuple(_param(_object(param)) for param in listed))


def _document(text: str) -> object:
    def constant(name: str) -> NoReturn:
        raise BadStrategy(f"the strategy is refused: {name} is no JSON number")

    try:
        return json.loads(text, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise BadStrategy(f"the strategy is no JSON, or nested too deeply: {error}") from error


def _object(value: object) -> dict[str, object]:
    """The fields of an object; none of anything else, which the module refuses with its place."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _param(param: dict[str, object]) -> Param:
    kind = _object(param.get("type"))
    scale = kind.get("scale")
    return Param(
        name=str(param.get("name")),
        kind=cast(FieldKind, kind.get("kind")),
        scale=scale if isinstance(scale, int) and 0 <= scale <= MAX_SCALE else 0,
    )


def engine_path() -> Path:
    """The path of the engine module. Errors: `NotAWasm` where it was not built."""
    if not ENGINE.is_file():
        raise NotAWasm(
            f"{ENGINE}: the engine module is not there; in a checkout run `make setup`, otherwise install"
            " florecon-build again from its wheel"
        )
    return ENGINE


def engine_hash() -> str | None:
    """The SHA-256 of the engine module in hex; None where it was not built."""
    return hashlib.sha256(ENGINE.read_bytes()).hexdigest() if ENGINE.is_file() else None
