"""Source map: from a rejected line of generated Rust to the lane or node of the strategy."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

from florecon_build.codegen.errors import GeneratedCodeError
from florecon_build.codegen.rust.nodes import origin
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import value_parts, walk


@contextmanager
def attribute_errors(ir: n.PluginIr) -> Generator[None, None, None]:
    """Context manager that adds the lane or node of ``ir`` to each rejection of a ``GeneratedCodeError``."""
    try:
        yield
    except GeneratedCodeError as error:
        origins = list(_origins(ir))
        raise GeneratedCodeError(
            tuple(replace(one, node=_location(one.author, origins)) for one in error.rejections)
        ) from None


def _location(author: str | None, origins: list[tuple[str, str]]) -> str | None:
    # a long comment spans several lines, and the marker is the first
    return next((place for text, place in origins if author and text.startswith(author)), None)


def _origins(ir: n.PluginIr) -> Iterator[tuple[str, str]]:
    """Marker comment and location of each expression."""
    for lane in ir.lanes:
        yield origin(lane.value), f"lane {lane.name}"
    for place in walk(ir.strategy):
        for name, value in value_parts(place.node):
            yield origin(value), f"{place.path}.{name}"
