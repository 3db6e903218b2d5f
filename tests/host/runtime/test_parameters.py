"""Wire encoding of parameter values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from florecon_build.host import BadConfig, Description, Param
from florecon_build.host.runtime.parameters import encode_params

ABOUT = Description(
    domain="d",
    version="1",
    fields=(),
    params=(
        Param(name="slack", kind="money", scale=2),
        Param(name="share", kind="real"),
        Param(name="since", kind="date"),
    ),
)


@pytest.mark.parametrize(
    ("name", "value", "wire"),
    [
        ("slack", Decimal("0.5"), 50),
        ("slack", Decimal("-12"), -1200),
        ("slack", 50, 50),
        ("share", Decimal("0.25"), 0.25),
        ("since", date(1969, 12, 31), -1),
        ("unknown", "x", "x"),
    ],
)
def test_values(name: str, value: Any, wire: Any) -> None:
    assert encode_params(ABOUT, {name: value}) == {name: wire}


@pytest.mark.parametrize("value", [Decimal("0.005"), Decimal("NaN"), Decimal("Infinity")])
def test_a_decimal_that_is_no_amount(value: Decimal) -> None:
    with pytest.raises(BadConfig, match=r"param 'slack': .* is no whole number of minor units"):
        encode_params(ABOUT, {"slack": value})
