"""Table of confusable characters (UTS #39) for comparing names, generated from ``scripts/data/confusables.txt``.

The data file is committed and is the only input, so that every Python and every machine takes the same names for one
person. It holds Unicode's own table, as the crate ``unicode-security`` has it, which cargo locks by hash.

    python -m scripts.generate_confusables                     # data file -> table
    python -m scripts.generate_confusables --data TABLES.RS    # src/tables.rs of unicode-security -> data file
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA_FILE = ROOT / "scripts/data/confusables.txt"
PYTHON_FILE = ROOT / "florecon_build/host/decisions/confusables.py"
WIDTH = 112

VERSION = re.compile(r"UNICODE_VERSION: \(u64, u64, u64\) = \((\d+), (\d+), (\d+)\)")
PAIR = re.compile(r"\('\\u\{([0-9a-f]+)\}',\s*&\[([^\]]*)\]\)")
RANGE = re.compile(r"\('\\u\{([0-9a-f]+)\}',\s*'\\u\{([0-9a-f]+)\}'\)")
CODE = re.compile(r"\\u\{([0-9a-f]+)\}")


@dataclass(frozen=True, slots=True)
class Data:
    """Unicode's version, the prototype of each confusable character, and the ranges that are ignored by default."""

    version: str
    prototypes: dict[int, str]
    ignorable: tuple[range, ...]


def from_crate(source: str) -> Data:
    """Reads the tables of the crate."""
    version = VERSION.search(source)
    assert version is not None, "no UNICODE_VERSION: this is not src/tables.rs of unicode-security"
    _, _, confusable = source.partition("CONFUSABLES: &'static [(char, &'static [char])] = &[")
    confusable, _, _ = confusable.partition("\n    ];")
    prototypes = {
        int(code, 16): "".join(chr(int(each, 16)) for each in CODE.findall(target))
        for code, target in PAIR.findall(confusable)
    }
    _, _, ignorable = source.partition("mod default_ignorable_code_point")
    ignorable, _, _ = ignorable.partition("\n    ];")
    ranges = [range(int(first, 16), int(last, 16) + 1) for first, last in RANGE.findall(ignorable)]
    return Data(".".join(version.groups()), needed(prototypes), tuple(joined(ranges)))


def needed(prototypes: dict[int, str]) -> dict[int, str]:
    """The characters whose prototype is not that of their NFKC form, which every name is brought to in the end.

    Taken with the oldest Python that is supported: what it does not decompose yet stays in.
    """

    def prototype(text: str) -> str:
        parts = unicodedata.normalize("NFD", text)
        return unicodedata.normalize("NFD", "".join(prototypes.get(ord(char), char) for char in parts))

    def is_needed(code: int) -> bool:
        plain = unicodedata.normalize("NFKC", chr(code))
        return plain == chr(code) or prototype(plain) != prototype(chr(code))

    return {code: target for code, target in prototypes.items() if is_needed(code)}


def joined(ranges: list[range]) -> list[range]:
    """The ranges in order, adjacent ones as one."""
    found: list[range] = []
    for each in sorted(ranges, key=lambda part: part.start):
        if found and found[-1].stop == each.start:
            found[-1] = range(found[-1].start, each.stop)
        else:
            found.append(each)
    return found


def data_text(data: Data) -> str:
    """The data file: a line per ignorable range, then a line per confusable character with its prototype."""
    lines = [
        f"# Unicode {data.version}: confusable characters (UTS #39) and default-ignorable code points.",
        "# (c) Unicode, Inc. Unicode License v3: https://www.unicode.org/license.txt",
        "# first..last: ignored. code point;prototype: confusable; without what NFKC does alike.",
        "# Written by scripts/generate_confusables.py --data.",
    ]
    lines += [f"{each.start:04X}..{each.stop - 1:04X}" for each in data.ignorable]
    for code, prototype in data.prototypes.items():
        lines.append(f"{code:04X};" + " ".join(f"{ord(char):04X}" for char in prototype))
    return "\n".join(lines) + "\n"


def read_data(text: str) -> Data:
    """Parses the data file."""
    prototypes: dict[int, str] = {}
    ignorable: list[range] = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if ".." in line:
            first, last = line.split("..")
            ignorable.append(range(int(first, 16), int(last, 16) + 1))
        else:
            code, prototype = line.split(";")
            prototypes[int(code, 16)] = "".join(chr(int(part, 16)) for part in prototype.split())
    return Data(text.split()[2].rstrip(":"), prototypes, tuple(ignorable))


def escaped(text: str) -> str:
    """A text in ASCII, as a Python string literal has it."""
    return "".join(f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}" for char in text)


def wrapped(pieces: list[str]) -> str:
    """String literals of at most ``WIDTH`` characters, one a line, that join to the pieces."""
    lines: list[str] = [""]
    for piece in pieces:
        if len(lines[-1]) + len(piece) > WIDTH:
            lines.append("")
        lines[-1] += piece
    return "\n".join(f'    "{line}"' for line in lines)


def generate(text: str) -> str:
    """The Python table, from the text of the data file."""
    data = read_data(text)
    ranges = "\n".join(f"    (0x{each.start:04X}, 0x{each.stop:04X})," for each in data.ignorable)
    keys = wrapped([escaped(chr(code)) for code in data.prototypes])
    targets = wrapped([escaped(target) + "\\n" for target in data.prototypes.values()])
    return f'''"""Confusable characters of Unicode {data.version}, by scripts/generate_confusables.py. Do not edit.

(c) Unicode, Inc. Unicode License v3: https://www.unicode.org/license.txt
"""

_IGNORABLE = (
{ranges}
)
IGNORABLE: dict[int, None] = {{code: None for first, end in _IGNORABLE for code in range(first, end)}}
"""Default-ignorable code points, which are not seen, for ``str.translate``."""

_FROM = (
{keys}
)
_TO = (
{targets}
)
PROTOTYPES: dict[int, str] = {{ord(a): b for a, b in zip(_FROM, _TO.split("\\n")[:-1], strict=True)}}
"""The prototype of each confusable character, for ``str.translate``; what NFKC does alike is left out."""
'''


def main(arguments: list[str]) -> None:
    """Writes the data file if a source of it is given, then the table."""
    match arguments:
        case ["--data", source]:
            DATA_FILE.write_text(data_text(from_crate(Path(source).read_text(encoding="utf-8"))), encoding="utf-8")
        case []:
            pass
        case _:
            raise SystemExit(__doc__)
    PYTHON_FILE.write_text(generate(DATA_FILE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
