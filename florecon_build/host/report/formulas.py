"""Formulas in CSV: texts that a spreadsheet would run are written so that it shows them.

Excel and its kin take a cell of a CSV file that begins with one of a few characters for a formula, also where it came
out of a bank statement. An apostrophe before it makes it a text.

>>> table = pa.table({"memo": ["=1+1", "INV 1", "-5"], "amount": pa.array([-5, 1, 2], pa.int64())})
>>> without_formulas(table).to_pydict()
{'memo': ["'=1+1", 'INV 1', "'-5"], 'amount': [-5, 1, 2]}
"""

from __future__ import annotations

import re
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

Formulas = Literal["escape", "keep"]
"""Texts that a spreadsheet would run as formulas: with an apostrophe before them, or as they are."""

_FIRST = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""First characters of a formula, with their full-width forms, and those that a spreadsheet skips before one."""


def without_formulas(table: pa.Table, formulas: Formulas = "escape") -> pa.Table:
    """The table with an apostrophe before every text, and every column name, that begins as a formula does.

    Numbers, amounts and dates stay as they are. With ``formulas="keep"`` so do texts.
    """
    if formulas == "keep":
        return table
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if pt.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        if pt.is_string(column.type) or pt.is_large_string(column.type) or pt.is_string_view(column.type):
            texts = column.cast(pa.large_string())
            safe = pc.replace_substring_regex(texts, rf"\A([{_FIRST}])", r"'\1")
            table = table.set_column(at, field.name, safe)
    return table.rename_columns([re.sub(rf"\A(?=[{_FIRST}])", "'", name) for name in table.column_names])
