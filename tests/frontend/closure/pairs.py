"""Pairs of a closure's text and the equal expression of the builder."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import florecon_build as fb
from tests.support.random_strategies import ROWS as row

SLACK = fb.param("slack", 5)
LIMIT = fb.param("limit", fb.minor(250, 2))

ROW: list[tuple[str, Any]] = [
    ("|row| row.units + 1 == 2", row.units + 1 == 2),
    ("|r| r.units - (r.units - 1_000)", row.units - (row.units - 1000)),
    ("|row| -row.units * 3", -row.units * 3),
    ("|row| row.units * row.rate + 1", row.units * row.rate + 1),
    ("|row| row.units.to_real() / 2", row.units.to_real() / 2),
    ("|row| row.units.div_euclid(3)", row.units // 3),
    ("|row| row.units.rem_euclid(3)", row.units % 3),
    ("|row| row.amount * 2 + row.amount > 0", row.amount * 2 + row.amount > 0),
    ("|row| row.amount >= minor(-10_50, 2)", row.amount >= fb.minor(-1050, 2)),
    ("|row| row.amount.abs().to_minor()", fb.abs(row.amount).to_minor()),
    ("|row| row.amount.signum()", fb.sign(row.amount)),
    ("|row| row.rate.minor_units(2)", fb.minor_units(row.rate, 2)),
    ("|row| row.units.min(5).max(1)", fb.max_of(fb.min_of(row.units, 5), 1)),
    ("|row| row.units.clamp(-5, 5)", fb.clamp(row.units, -5, 5)),
    ("|row| row.units.abs_diff(7)", fb.gap(row.units, 7)),
    (
        "|row| row.day.abs_diff(date(2025, 1, 31)) <= 3",
        fb.gap(row.day, datetime.date(2025, 1, 31)) <= 3,
    ),
    ("|row| row.day.year() * 12 + row.day.month()", row.day.year * 12 + row.day.month),
    ("|row| row.day.month_end().day()", row.day.month_end.day),
    ("|row| row.day == row.day.month_end() || !row.open", (row.day == row.day.month_end) | ~row.open),
    ("|row| row.open || row.orient && row.units == 1", row.open | row.orient & (row.units == 1)),
    ("|row| (row.units > 1) == row.open", (row.units > 1) == row.open),
    ("|row| row.open != false", row.open != False),  # noqa: E712
    ("|row| row.company.trim().to_uppercase().left(3)", row.company.strip().upper().left(3)),
    ("|row| row.company.to_lowercase().right(2)", row.company.lower().right(2)),
    ("|row| row.company.digits() == row.account.alnum()", row.company.digits() == row.account.alnum()),
    ('|row| row.company.replace("a", "").contains("b")', row.company.replace("a", "").contains("b")),
    ('|row| row.company.starts_with("A") && row.company.ends_with("Z")',
     row.company.startswith("A") & row.company.endswith("Z")),
    ('|row| row.company.split("/").nth(2)', row.company.split("/", 2)),
    ('|row| concat(row.company, "-", row.account)', fb.concat(row.company, "-", row.account)),
    ("|row| row.company.normalize()", row.company.normalize()),
    ("|row| row.company.dice(row.account)", fb.dice(row.company, row.account)),
    ("|row| row.company.jaro_winkler(row.account)", fb.jaro_winkler(row.company, row.account)),
    ("|row| row.company.token_set(row.account)", fb.token_set(row.company, row.account)),
    ("|row| row.company.prefix_similarity(row.account)", fb.prefix_similarity(row.company, row.account)),
    ("|row| row.memo.tokens(6, true)", fb.tokens(row.memo, min_length=6, with_digit=True)),
    ("|row| row.memo.ngrams(3)", fb.ngrams(row.memo, size=3)),
    ("|row| row.tokens.overlaps(row.grams)", row.tokens.overlaps(row.grams)),
    ('|row| row.company.trim_start_matches("0")', row.company.strip_left("0")),
    ("|row| row.company.to_integer()", row.company.to_integer()),
    ('|row| row.company.to_date("%d/%m/%Y")', row.company.to_date("%d/%m/%Y")),
    ('|row| row.company.to_money(2, ".")', row.company.to_money(2, ".")),
    ('|row| row.memo.tokens_keeping(6, true, "-/")', fb.tokens(row.memo, 6, True, keep="-/")),
    ('|row| row.day.business_day("2025-12-25", "5 6")', fb.business_day(row.day, [datetime.date(2025, 12, 25)])),
    ('|row| row.company.extract("A-([0-9]+)", 1)', row.company.extract("A-([0-9]+)")),
    ('|row| row.company.extract("\\\\d+", 0)', row.company.extract(r"\d+", 0)),
    ('|row| row.company.matches("^(?:AG|SA)$")', row.company.matches("^(?:AG|SA)$")),
    ('|row| row.memo.extract_all("INV[-/][0-9/]+")', fb.extract_all(row.memo, "INV[-/][0-9/]+")),
    ('|row| row.tokens.contains("A01")', row.tokens.contains("A01")),
    ("|row| row.tokens.len()", row.tokens.size),
    ("|row| row.memo.is_none()", row.memo.is_null()),
    ("|row| row.memo.is_some()", ~row.memo.is_null()),
    ('|row| row.memo.unwrap_or("")', row.memo.fill("")),
    ("|row| row.memo.or(row.icp)", fb.first_of(row.memo, row.icp)),
    ("|row| first_of(row.memo, row.icp, row.company)", fb.first_of(row.memo, row.icp, row.company)),
    ("|row| sorted_pair(row.company, row.icp)", fb.sorted_pair(row.company, row.icp)),
    ("|row| (row.company, row.units)", (row.company, row.units)),
    ("|row| row.place == (row.company, row.units)", row.place == (row.company, row.units)),
    ("|row| row.lot.amount + row.lot.original", row.lot.amount + row.lot.original),
    ('|row| row["units"]', row.units),
    ("|row| if row.open { 1 } else { 2 }", fb.where(row.open, 1, 2)),
    ("|row| if row.open { Some(row.day) } else { None }", fb.where(row.open, row.day, None)),
    ("|row| if row.open { Some(1.5) } else { None }", fb.tier(row.open, 1.5)),
    ("|row| if row.open { Some(1.5) } else { None::<f64> }", fb.where(row.open, 1.5, None)),
    ("|row| if row.open { 1 } else if row.orient { 2 } else { 3 }", fb.where(row.open, 1, fb.where(row.orient, 2, 3))),
    ('|row| match row.company { "A" | "B" => 1, "C" => -2, _ => 0 }',
     fb.lookup(row.company, {"A": 1, "B": 1, "C": -2}, 0)),
    ('|row| match row.memo { Some("A") => Some("x"), _ => None }', fb.lookup(row.memo, {"A": "x"}, None)),
    (
        "|row| match row.units { 1 | 2 => row.rate, _ => 0.5 }",
        fb.where((row.units == 1) | (row.units == 2), row.rate, 0.5),
    ),
    ("|row| { let x = row.units + 1; let x = x * x; x - 1 }", (row.units + 1) * (row.units + 1) - 1),
    ("|row| row.units > slack", row.units > SLACK),
    ("|row| row.amount > limit", row.amount > LIMIT),
    ("|| slack * 2", SLACK * 2),
    ("|_| slack.max(1)", fb.max_of(SLACK, 1)),
]  # fmt: skip

PAIR: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("|a, b| if a.day == b.day { Some(1.0) } else { None }", lambda a, b: fb.tier(a.day == b.day, 1.0)),
    ("|a, b| 1 + 0.1 * a.day.abs_diff(b.day)", lambda a, b: 1 + 0.1 * fb.gap(a.day, b.day)),
    (
        """|x, y| first_of(
            if x.tokens.overlaps(y.tokens) { Some(1.5) } else { None },
            if nets(x, y, rel_tol(50, slack)) { Some(4) } else { None },
        )""",
        lambda a, b: fb.first_of(
            fb.tier(a.tokens.overlaps(b.tokens), 1.5), fb.tier(fb.nets(a, b, fb.rel_tol(50, SLACK)), 4)
        ),
    ),
    ("|a, b| a.lot.amount + b.lot.original", lambda a, b: a.lot.amount + b.lot.original),
    ("|a, b| if nets(a, b, 5) { 1 } else { 2 }", lambda a, b: fb.where(fb.nets(a, b, 5), 1, 2)),
    (
        "|a, b| if nets(a, b, rel_max_tol(5, 0)) && nets(a, b, abs_tol(3)) { 1.0 } else { 9.0 }",
        lambda a, b: fb.where(fb.nets(a, b, fb.rel_max_tol(5)) & fb.nets(a, b, fb.abs_tol(3)), 1.0, 9.0),
    ),
]

GROUP: list[tuple[str, Callable[[Any], Any]]] = [
    (
        "|g| g.size == 2 && g.net == 0 && g.abs_net < 5 && g.max_abs > g.min_side",
        lambda g: (g.size == 2) & (g.net == 0) & (g.abs_net < 5) & (g.max_abs > g.min_side),
    ),
    ("|g| g.clean(rel_tol(10, 1))", lambda g: g.clean(fb.rel_tol(10, 1))),
    (
        "|g| g.clean(rel_side_tol(300, slack)) || g.clean(rel_gross_tol(1, 0))",
        lambda g: g.clean(fb.rel_side_tol(300, SLACK)) | g.clean(fb.rel_gross_tol(1)),
    ),
    (
        "|g| g.unique && g.gross == g.positive - g.negative && g.min_abs > 1 && g.originals > g.gross",
        lambda g: g.unique & (g.gross == g.positive - g.negative) & (g.min_abs > 1) & (g.originals > g.gross),
    ),
    (
        "|g| g.sum(|r| r.units) == 0 && g.min(|r| r.day) < g.max(|r| r.day)",
        lambda g: (g.sum(row.units) == 0) & (g.min(row.day) < g.max(row.day)),
    ),
    ("|g| g.span(|row| row.day) <= slack", lambda g: g.span(row.day) <= SLACK),
    ("|g| g.distinct(|r| (r.company, r.day)) == 2", lambda g: g.distinct((row.company, row.day)) == 2),
    (
        "|g| g.any(|r| r.open) && !g.all(|r| r.units > 0) || g.count(|r| r.lot.amount > 0) == 1",
        lambda g: g.any(row.open) & ~g.all(row.units > 0) | (g.count(row.lot.amount > 0) == 1),
    ),
]
