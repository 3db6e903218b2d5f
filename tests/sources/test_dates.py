"""Days in a declared form; timestamps become the day of the declared zone."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from florecon_build.sources.dates import TIMESTAMP, decided, formats_of, parse

DAY = datetime.date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("2026-03-31", "%Y-%m-%d"),
        ("31.03.2026", "%d.%m.%Y"),
        ("03/31/2026", "%m/%d/%Y"),
        ("20260331", "%Y%m%d"),
        ("31 Mar 2026", "%d %b %Y"),
        ("31.03.26", "%d.%m.%y"),
    ],
)
def test_form_is_found_and_read(text: str, format: str) -> None:
    assert decided(formats_of(pa.array([text, None, ""]))) == format
    assert parse(pa.array([text]), format).values.to_pylist() == [DAY]


def test_days_that_both_orders_explain_are_not_decided() -> None:
    assert formats_of(pa.array(["01/02/2026", "03/04/2026"])) == ("%d/%m/%Y", "%m/%d/%Y")
    assert formats_of(pa.array(["01/02/2026", "13/04/2026"])) == ("%d/%m/%Y",)


@pytest.mark.parametrize("text", ["31/02/2026", "2026111", "yesterday", "0000-01-01"])
def test_what_is_no_day_is_refused(text: str) -> None:
    for format in ("%d/%m/%Y", "%Y%m%d", "%Y-%m-%d"):
        read = parse(pa.array([text]), format)
        assert (read.values.to_pylist(), list(read.refused)) == ([None], [0])


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-03-31T23:30:00Z", "Europe/Berlin", datetime.date(2026, 4, 1)),
        ("2026-03-31T23:30:00Z", "UTC", DAY),
        ("2026-03-31T23:30:00-05:00", "UTC", datetime.date(2026, 4, 1)),
        ("2026-03-31 23:30", None, DAY),
    ],
)
def test_timestamp_is_the_day_of_the_zone(text: str, zone: str | None, day: datetime.date) -> None:
    assert parse(pa.array([text]), TIMESTAMP, timezone=zone).values.to_pylist() == [day]


def test_offset_without_a_zone_is_refused() -> None:
    assert "declare timezone" in parse(pa.array(["2026-03-31T23:30:00Z"]), TIMESTAMP).refused[0]
