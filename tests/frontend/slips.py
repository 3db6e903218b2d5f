"""Invalid strategy file: eight errors, each on its own line, in a reconciliation of an insurer with its brokers."""

from __future__ import annotations

from typing import Any

import florecon_build as fb

r: Any = fb
"""The library without types, for what pyright would refuse too."""


def premiums() -> fb.Plugin:
    rows = fb.columns(
        row_id=fb.integer(id=True),
        policy=fb.text(),
        broker=fb.text(nullable=True),
        premium=fb.money(scale=2),
        booked=fb.date(),
        parts=fb.integer(),
    )
    row = rows.derive(
        name=rows.broker.normalize(),  # 1: may be null
        day=rows.boked.month_end,  # 2: misspelt
        share=rows.parts / 4,  # 3: implicit rounding
    )
    slack = fb.param("slack", 5)
    steps = fb.seq(
        fb.labeled("policy", fb.exact_1to1(rows.policy, order=rows.booked)),
        fb.when(rows.premium > 100, fb.agg_net(rows.policy, tol=slack)),  # 4: money against an integer
        r.agg_net(rows.policy, tol=0.05),  # 5: not minor units
        fb.windowed(rows.booked, 31, fb.running_zero(rows.booked)),
        r.accept_if(lambda g: g.sise == 2, fb.agg_net(rows.policy)),  # 6: misspelt  # pyright: ignore
        fb.flow(
            penalty=10,
            match_keys=[rows.policy],
            cost=lambda a, b: fb.tier(fb.gap(a.booked, rows.booked) < 30, 1.0),  # 7: neither a nor b
        ),
        fb.when((rows.parts > 1) and (rows.parts < 9), fb.subset_net(rows.policy)),  # 8: and
        fb.soak_all(),
    )
    return fb.Plugin("acme.premiums", "1.0.0", rows=row, numeraire=rows.premium, strategy=steps)
