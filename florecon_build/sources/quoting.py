r"""TOML of texts and tables, for lines that a person is to write into ``florecon.toml``.

>>> print(toml_string('say "hi"'), toml_key("Betrag"), toml_key("W\u00e4hrung"))
"say \"hi\"" Betrag "Währung"
>>> print(toml_table({"Date": "%d/%m/%Y"}))
{ Date = "%d/%m/%Y" }
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping


def toml_string(text: str) -> str:
    """A basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_literal(text: str) -> str:
    """A string of TOML in which a backslash is one, as in a regular expression."""
    return toml_string(text) if "'" in text or not text.isprintable() else f"'{text}'"


def toml_key(text: str) -> str:
    """A key of TOML: bare where it may be."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else toml_string(text)


def toml_table(table: Mapping[str, str]) -> str:
    """An inline table of texts."""
    return f"{{ {', '.join(f'{toml_key(key)} = {toml_string(value)}' for key, value in table.items())} }}"
