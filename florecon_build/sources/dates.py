"""Days written as text, in a declared format, to dates.

A format is that of ``strptime``. Texts that start with an ISO timestamp are read without a format: with an offset they
become the day in the declared zone, and are refused where no zone is declared.

>>> parse(pa.array(["31/03/2026", "31/02/2026", None]), "%d/%m/%Y")
Days(values=<pyarrow.lib.Date32Array object at ...>
[
  2026-03-31,
  null,
  null
], refused={1: 'is no day of the form %d/%m/%Y'})
>>> formats_of(pa.array(["01/02/2026", "03/04/2026"]))
('%d/%m/%Y', '%m/%d/%Y')
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.sources.months import in_english

ISO = "%Y-%m-%d"
TIMESTAMP = "timestamp"
"""The name of ISO 8601 timestamps among the formats; a day without a time is one as well."""
_DAYS = (
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
)
FORMATS = (
    ISO,
    *_DAYS,
    *(f"{day} {time}" for day in _DAYS for time in ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")),
    "%Y%m%d",
    "%d %m %Y",
    "%d. %m. %Y",
    "%Y. %m. %d.",
    "%Y.%m.%d.",
    "%d.%m.%Y.",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%y-%m-%d",
    "%d %b %Y",
    "%d. %b %Y",
    "%d.%b.%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %y",
    "%d/%b/%Y",
    "%b %d, %Y",
    "%b %d %Y",
    TIMESTAMP,
)
"""The formats that are tried where none is declared."""
_STAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$", re.ASCII
)


MAX_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a column: ``values`` null where a text is empty or refused; ``refused`` positions and reasons."""

    values: pa.Array
    refused: dict[int, str]


def parse(
    texts: pa.Array, format: str, *, timezone: str | None = None, known: dict[str, datetime.date] | None = None
) -> Days:
    """Texts to days.

    Parameters: `texts` of type string; `format` as ``strptime`` takes it, or ``timestamp``; `timezone` is an IANA name,
    for timestamps that have an offset. Each distinct text is read once; `known` keeps the days of texts between calls
    with one format.
    """
    if format in {ISO, TIMESTAMP} and (iso := _iso(texts)) is not None:
        return Days(iso, {})
    known = {} if known is None else known
    read = _stamps(timezone) if format == TIMESTAMP else _reader(format)
    coded: pa.DictionaryArray = pc.utf8_trim_whitespace(texts).dictionary_encode()
    days: list[datetime.date | None] = []
    wrong: dict[int, str] = {}
    for code, text in enumerate(coded.dictionary.to_pylist()):
        try:
            days.append((known.get(text) or read(text)) if text else None)
        except ValueError as error:
            days.append(None)
            wrong[code] = str(error)
    if len(known) < MAX_KNOWN:
        known.update({text: day for text, day in zip(coded.dictionary.to_pylist(), days, strict=True) if day})
    values = pa.array(days, pa.date32()).take(coded.indices) if days else pa.nulls(len(texts), pa.date32())
    refused: dict[int, str] = {}
    if wrong:
        mask = pc.fill_null(pc.is_in(coded.indices, value_set=pa.array(list(wrong), coded.indices.type)), False)
        refused = {at: wrong[coded.indices[at].as_py()] for at in pc.indices_nonzero(mask).to_pylist()}
    return Days(values, refused)


FIRST, LAST = ((day - datetime.date(1970, 1, 1)).days for day in (datetime.date.min, datetime.date.max))
"""The days of the calendar, years 1 to 9999, as days since 1970-01-01."""


def _iso(texts: pa.Array) -> pa.Array | None:
    """Days written as ``2026-03-31``, all of them; None where one is written otherwise."""
    try:
        days = texts.cast(pa.date32())
    except pa.ArrowException:
        return None
    first = pc.min(days.cast(pa.int32())).as_py()
    return days if first is None or first >= FIRST else None


def formats_of(texts: pa.Array, among: Sequence[str] = FORMATS) -> tuple[str, ...]:
    """The formats in which every text that is not empty is a day; two or more where the texts do not decide."""
    if texts.null_count < len(texts) and _iso(texts) is not None:
        return tuple(format for format in among if format in {ISO, TIMESTAMP})
    distinct = [text for text in pc.utf8_trim_whitespace(texts).unique().to_pylist() if text]
    return tuple(format for format in among if distinct and all(_fits(text, format) for text in distinct))


def decided(fitting: Sequence[str]) -> str | None:
    """The format that is meant where several fit; None where they give different days, or none fits."""
    if ISO in fitting:  # each ISO day is an ISO timestamp as well
        return ISO
    return fitting[0] if len(fitting) == 1 else None


def most_fitting(texts: Sequence[str]) -> str:
    """The format that reads most of some texts, the first where several do."""
    return max(FORMATS, key=lambda format: sum(_fits(text.strip(), format) for text in texts))


def _fits(text: str, format: str) -> bool:
    try:
        (_stamps("UTC") if format == TIMESTAMP else _reader(format))(text)
    except ValueError:
        return False
    return True


def _reader(format: str) -> Callable[[str], datetime.date]:
    pads = "%Y" in format and not any(letter in format for letter in "./- ,")

    named = "%b" in format or "%B" in format

    def read(text: str) -> datetime.date:
        try:
            stamp = datetime.datetime.strptime(in_english(text, whole="%B" in format) if named else text, format)
        except ValueError:
            raise ValueError(f"is no day of the form {format}") from None
        if pads and len(text) != 8:  # %Y%m%d takes 2026111 as well
            raise ValueError(f"is no day of the form {format}")
        if stamp.time() != datetime.time() and not {"%H", "%I", "%X", "%c", "%T"} & _directives(format):
            raise ValueError("has a time of day")
        return stamp.date()

    return read


def _directives(format: str) -> set[str]:
    return {format[at : at + 2] for at in range(len(format)) if format[at] == "%"}


def _stamps(timezone: str | None) -> Callable[[str], datetime.date]:
    zone = None if timezone is None else zoneinfo.ZoneInfo(timezone)

    def read(text: str) -> datetime.date:
        if not _STAMP.match(text):
            raise ValueError("is no ISO timestamp such as 2026-03-31T23:30:00Z")
        try:
            stamp = datetime.datetime.fromisoformat(text.replace(",", "."))
        except ValueError:
            raise ValueError("is no moment of the calendar") from None
        if stamp.tzinfo is None:
            return stamp.date()
        if zone is None:
            raise ValueError("has an offset, so its day depends on the zone; declare timezone")
        return stamp.astimezone(zone).date()

    return read
