"""Wire encoding of parameter values: dates as days since 1970-01-01, money as minor units.

>>> from florecon_build.host.description import Description, Param
>>> about = Description(domain="acme", version="1", fields=(), params=(
...     Param(name="slack", kind="money", scale=2), Param(name="since", kind="date")))
>>> encode_params(about, {"slack": Decimal("0.50"), "since": date(1970, 1, 11)})
{'slack': 50, 'since': 10}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from florecon_build.host.description import Description, Param
from florecon_build.host.errors import BadConfig
from florecon_build.host.runtime.engine_module import Strategy

EPOCH = date(1970, 1, 1)


def encode_params(about: Description | Strategy, values: Mapping[str, object]) -> dict[str, object]:
    """The JSON values for `init` and `configure`. Names and types are checked by the module, which knows them best.

    Errors: `BadConfig` for a decimal that is no whole number of minor units.
    """
    known = {param.name: param for param in about.params}
    return {name: _encode(value, known.get(name), name) for name, value in values.items()}


def _encode(value: object, param: Param | None, name: str) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return (value - EPOCH).days
    if isinstance(value, Decimal):
        if param is None or param.kind != "money":
            return float(value)
        minor = value.scaleb(param.scale)
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise BadConfig(f"param {name!r}: {value} is no whole number of minor units ({param.scale} decimal places)")
        return int(minor)
    return value
