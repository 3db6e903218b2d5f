"""Character tables of the Rust value library and of the reference interpreter, generated from ``data/characters.txt``.

A table taken from the Unicode version of the day would make a match depend on the Python or Rust release. The data file
is therefore committed, holds the Unicode version it was taken from, and is the only input: every Python and every
machine generates the same two files, and a test compares them with the committed ones.

    python scripts/generate_text_tables.py            # data file -> both tables
    python scripts/generate_text_tables.py --data     # this Python's Unicode database -> data file

Refresh the data only on purpose: a changed table changes the result of a strategy.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA_FILE = ROOT / "scripts/data/characters.txt"
PYTHON_FILE = ROOT / "florecon_build/interpreter/text_tables.py"
RUST_FILE = ROOT / "rust_runtime/florecon/src/value/text_tables.rs"

CASED = (range(0x590), range(0x1E00, 0x2000))
FOLDED = (*CASED, range(0xFF00, 0xFFF0))
MARKS = range(0x300, 0x370)
WIDTH = 112

DOC = {
    "UPPER": "Upper case of one character, by the full mapping without context",
    "LOWER": "Lower case of one character, by the full mapping without context",
    "FOLD": "One character of normalize: compatibility decomposition, without U+0300-036F, in lower case",
}


@dataclass(frozen=True, slots=True)
class Character:
    """Full case mappings and NFKD decomposition of one code point, as Unicode defines them."""

    upper: str
    lower: str
    decomposed: str


Characters = dict[int, Character]
"""The characters that differ from at least one of their own mappings, by code point."""


def characters_of_this_python() -> Characters:
    """The data for the defined ranges from ``unicodedata``."""
    found: Characters = {}
    for code in (code for part in FOLDED for code in part):
        char = chr(code)
        character = Character(char.upper(), char.lower(), unicodedata.normalize("NFKD", char))
        if character != Character(char, char, char):
            found[code] = character
    return found


def data_text(characters: Characters, version: str) -> str:
    """The data file: a line per character, its mappings as code points; an empty field maps to the character itself."""
    lines = [
        f"# Unicode {version}: U+0000-058F, U+1E00-1FFF, U+FF00-FFEF.",
        "# code point ; full upper case ; full lower case ; NFKD. Empty: the character itself.",
        "# Written by scripts/generate_text_tables.py --data.",
    ]
    for code, character in characters.items():
        fields = (character.upper, character.lower, character.decomposed)
        lines.append(";".join([f"{code:04X}", *("" if text == chr(code) else hexadecimal(text) for text in fields)]))
    return "\n".join(lines) + "\n"


def hexadecimal(text: str) -> str:
    """Code points of a text, separated by blanks."""
    return " ".join(f"{ord(char):04X}" for char in text)


def read_characters(text: str) -> Characters:
    """Parses the data file."""
    characters: Characters = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            first, *fields = line.split(";")
            code = int(first, 16)
            upper, lower, decomposed = ("".join(chr(int(part, 16)) for part in f.split()) or chr(code) for f in fields)
            characters[code] = Character(upper, lower, decomposed)
    return characters


def lower(characters: Characters, char: str) -> str:
    """The lower case of a character of the cased ranges, other characters unchanged."""
    entry = characters.get(ord(char))
    return entry.lower if entry and any(ord(char) in part for part in CASED) else char


def fold(characters: Characters, code: int) -> str:
    """Maps one character as ``normalize`` does before it looks for word boundaries."""
    parts = characters[code].decomposed
    return "".join(lower(characters, part) for part in parts if ord(part) not in MARKS)


def table(characters: Characters, ranges: tuple[range, ...], mapping: Callable[[int], str]) -> dict[int, str]:
    """The characters of ``ranges`` that ``mapping`` changes to a text that is not empty."""
    changed = {code: mapping(code) for code in characters if any(code in part for part in ranges)}
    return {code: text for code, text in changed.items() if text not in ("", chr(code))}


def tables(characters: Characters) -> dict[str, dict[int, str]]:
    """The three tables by name."""
    made = {
        "UPPER": table(characters, CASED, lambda code: characters[code].upper),
        "LOWER": table(characters, CASED, lambda code: characters[code].lower),
        "FOLD": table(characters, FOLDED, lambda code: fold(characters, code)),
    }
    assert all(ord(char) <= 0xFFFF for entries in made.values() for text in entries.values() for char in text)
    assert all(len(text) <= 3 for entries in made.values() for text in entries.values())
    return made


def wrap(pieces: list[str], indent: str, joint: str) -> list[str]:
    """The pieces packed into lines of at most ``WIDTH`` characters."""
    lines: list[str] = []
    line = ""
    for piece in pieces:
        if line and len(indent) + len(line) + len(joint) + len(piece) > WIDTH:
            lines.append(indent + line)
            line = piece
        else:
            line = line + joint + piece if line else piece
    return [*lines, indent + line] if line else lines


def python_table(name: str, entries: dict[int, str]) -> str:
    """One Python table: the characters as one text, their mappings as another, one a line."""
    escaped = {code: "".join(f"\\u{ord(char):04x}" for char in text) for code, text in entries.items()}
    keys = "\n".join(f'    "{line}"' for line in wrap([f"\\u{code:04x}" for code in entries], "", ""))
    texts = "\n".join(f'    "{line}"' for line in wrap(list(escaped.values()), "", "\\n"))
    # a line of the second text ends where the next begins, so the line feed between them is added at the end of each
    texts = texts.replace('"\n', '\\n"\n')
    return (
        f"_{name}_FROM = (\n{keys}\n)\n_{name}_TO = (\n{texts}\n)\n"
        f'{name}: dict[int, str] = {{ord(a): b for a, b in zip(_{name}_FROM, _{name}_TO.split("\\n"), strict=True)}}\n'
        f'"""{DOC[name]}.\n\nFor ``str.translate``: characters not listed stay."""\n'
    )


def rust_table(name: str, entries: dict[int, str]) -> str:
    """One Rust table, without ASCII: sorted pairs for one-to-one mappings, sorted zero-padded rows for longer ones."""
    entries = {code: text for code, text in entries.items() if code >= 0x80}
    single = [f"[0x{code:x}, 0x{ord(text):x}]," for code, text in entries.items() if len(text) == 1]
    longer: list[str] = []
    for code, text in entries.items():
        if len(text) != 1:
            row = [code, *(ord(char) for char in text), *[0] * (3 - len(text))]
            longer.append("[" + ", ".join(f"0x{unit:x}" for unit in row) + "],")
    indent = " " * 8
    return (
        f"/// {DOC[name]}; characters not listed stay.\n#[rustfmt::skip]\npub(super) static {name}: Table = Table {{\n"
        "    single: &[\n" + "\n".join(wrap(single, indent, " ")) + "\n    ],\n"
        "    longer: &[\n" + "\n".join(wrap(longer, indent, " ")) + "\n    ],\n};\n"
    )


PYTHON_HEAD = (
    '"""Character tables, generated by scripts/generate_text_tables.py. The runtime has the same. Do not edit."""'
)
RUST_HEAD = """\
//! Character tables, generated by scripts/generate_text_tables.py. The reference interpreter has the same. Do not edit.
//! ASCII and, in `FOLD`, the combining marks U+0300-036F are not in them.

use super::char_map::Table;"""


def generate(data: str) -> dict[Path, str]:
    """Both generated files, by path, from the text of the data file."""
    made = tables(read_characters(data))
    python_parts = [PYTHON_HEAD, *(python_table(name, entries) for name, entries in made.items())]
    rust_parts = [RUST_HEAD, *(rust_table(name, entries) for name, entries in made.items())]
    return {
        PYTHON_FILE: "\n\n".join(python_parts),
        RUST_FILE: "\n\n".join(part.rstrip("\n") for part in rust_parts) + "\n",
    }


def main(arguments: list[str]) -> None:
    """Writes the data file if asked, then both tables."""
    if arguments == ["--data"]:
        DATA_FILE.write_text(data_text(characters_of_this_python(), unicodedata.unidata_version), encoding="utf-8")
    for path, text in generate(DATA_FILE.read_text(encoding="utf-8")).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
