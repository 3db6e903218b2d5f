"""XML as a stream of elements: no document type declaration, so no entity is expanded; bounded depth and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element
from xml.parsers import expat

from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError

MAX_DEPTH = 64
MAX_LETTERS = 1 << 24
"""The most letters that are kept at a time."""
_BLOCK = 1 << 18

Event = tuple[Literal["start", "end"], Element, int]
"""The start of an element, whose children may be still to come, or its end; and the line."""


def elements(path: Path, source: Source, taken: Callable[[str], bool]) -> Iterator[Event]:
    """Starts and ends of some elements of a document, without namespaces.

    Parameters: `taken` says of a tag whether its elements are told; they are released at their end, so that their
    parents do not keep them.
    Errors: ``SourceError`` for what is no well-formed XML, a document type declaration, and a document beyond bounds.
    """
    handler = _Handler(path, source, taken)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                handler.parser.Parse(block, False)
                yield from handler.found
                handler.found.clear()
        handler.parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        told = f"{path.name}:{error.lineno}: {reason}: this is no whole XML document"
        raise SourceError(told, source=source.name) from error
    except (ValueError, LookupError) as error:  # an encoding that expat does not take
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path.name}: {error}", source=source.name) from error
    yield from handler.found


class _Handler:
    """The elements that are open, and the events since they were taken."""

    def __init__(self, path: Path, source: Source, taken: Callable[[str], bool]) -> None:
        self.path = path
        self.source = source
        self.taken = taken
        self.stack: list[Element] = []
        self.kept: list[int] = []
        self.letters = 0
        self.found: list[Event] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = _BLOCK
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text

    def refusal(self, reason: str) -> SourceError:
        return SourceError(f"{self.path.name}:{self.parser.CurrentLineNumber}: {reason}", source=self.source.name)

    def count(self, more: int) -> None:
        self.letters += more
        if self.letters > MAX_LETTERS:
            raise self.refusal("an element of more text than a bank file has")

    def doctype(self, *_: object) -> None:
        raise self.refusal("a document type declaration, which no bank file has")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag.rpartition(" ")[2], attributes)
        if len(self.stack) == MAX_DEPTH:
            raise self.refusal(f"elements in more than {MAX_DEPTH} levels")
        if self.taken(element.tag):
            self.kept.append(self.letters)
            self.found.append(("start", element, self.parser.CurrentLineNumber))
        elif self.stack:
            self.stack[-1].append(element)
        self.count(100 + sum(map(len, attributes.values())))
        self.stack.append(element)

    def end(self, _: str) -> None:
        element = self.stack.pop()
        if self.taken(element.tag):
            self.letters = self.kept.pop()
            self.found.append(("end", element, self.parser.CurrentLineNumber))

    def text(self, data: str) -> None:
        self.count(len(data))
        element = self.stack[-1]
        if not len(element):
            element.text = (element.text or "") + data
