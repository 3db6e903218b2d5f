"""Sections of the HTML page that need no script: title block, proof, stages, ageing, decisions, signatures.

Every number is written with its currency and carries nothing else: a reader of the file finds what the tables say.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

from florecon_build.host.report.ageing import AgeLine, ageing_of, bucket_names
from florecon_build.host.report.currencies import format_minor
from florecon_build.host.report.exports import open_ages
from florecon_build.host.report.html.run_result import BookPage, RunResult
from florecon_build.host.report.summary import Balance, StageLine, Summary, Tables, shares

NO_CODE = "no currency"
ALL = "all accounts"
"""Place of the account in the line that adds up the accounts of a currency."""
SIDES = ("debit", "credit")


def title_block(result: RunResult, summary: Summary) -> str:
    """Who, what and when, with a blank line for what is not known."""
    signing = result.signing
    account = signing.account
    if not account and result.account is not None:
        values = sorted({one.account or "" for one in summary.balances})
        account = values[0] if len(values) == 1 else f"{len(values)} accounts (column {result.account})"
    codes = ", ".join(code or NO_CODE for code in summary.units.found) or "not declared"
    pairs = [
        ("Entity", signing.entity),
        ("Account", account),
        ("Period", signing.period + (f" ({result.book.status})" if result.book and result.book.status else "")),
        ("Currency", codes),
        ("Preparer", signing.preparer),
        ("Reviewer", signing.reviewer),
        ("Prepared at", _moment(signing.prepared_at)),
        ("Rows", f"{summary.rows:,}, of which {summary.open_rows:,} open"),
    ]
    blank = '<span class="blank"><span class="visually-hidden">not given</span></span>'
    return "".join(f"<div><dt>{name}</dt><dd>{escape(text) or blank}</dd></div>" for name, text in pairs)


def _moment(text: str) -> str:
    """A moment as people write it, in its zone; another text as it is.

    >>> _moment("2026-03-31T18:00:00+00:00"), _moment("2026-03-31T18:00:00+02:00"), _moment("Tuesday")
    ('2026-03-31 18:00:00 UTC', '2026-03-31 18:00:00 UTC+02:00', 'Tuesday')
    """
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}"


def notes(summary: Summary) -> str:
    """What the page cannot say, and what is broken."""
    said: list[str] = []
    if summary.units.refused:
        said.append(f'<p class="warning" role="note">{escape(summary.units.note)}</p>')
    if not summary.exact or not all(balance.exact for balance in summary.balances):
        said.append('<p class="warning" role="alert">NOT CONSERVED: do not use this result.</p>')
    if summary.mixed_groups:
        groups = "1 group has" if summary.mixed_groups == 1 else f"{summary.mixed_groups:,} groups have"
        said.append(
            f'<p class="note">{groups} rows of several currencies. Each counts in the stage tables of all its'
            f" currencies, with the amounts of that currency only. {escape(_in_pivots(summary))}</p>"
        )
    if summary.ambiguous.rows:
        said.append(f'<p class="note">{escape(_ambiguous(summary))}</p>')
    return "".join(said)


def _ambiguous(summary: Summary) -> str:
    """Rows of groups that are not the only choice, with their value by currency."""
    found = summary.ambiguous
    rows = "1 row is" if found.rows == 1 else f"{found.rows:,} rows are"
    groups = "1 group" if found.groups == 1 else f"{found.groups:,} groups"
    values = [f"{_amount(value, summary, code)} {code or NO_CODE}" for code, value in sorted(found.value.items())]
    worth = f", with a value of {'; '.join(values)}" if values else ""
    return f"{rows} ambiguous, in {groups}{worth}: another group would do as well."


def _in_pivots(summary: Summary) -> str:
    """The nets of groups over several currencies in the numeraires of their pivots."""
    known = sum(line.groups for line in summary.pivot_lines)
    said = f"Their nets: {'; '.join(map(str, summary.pivot_lines))}." if known else ""
    if known == summary.mixed_groups:
        return said
    of = "1 of them" if summary.mixed_groups - known == 1 else f"{summary.mixed_groups - known:,} of them"
    return (
        f"{said} Of {of} no net in one amount column is known: no pivot with a column of the input formed it.".strip()
    )


def proof(result: RunResult, summary: Summary) -> str:
    """Opening to closing where there is a book; else input = matched + open, by currency and account."""
    if result.book is not None and result.book.balances:
        return _book_proof(result, result.book, summary)
    if summary.units.refused:
        return "<p>There is no proof in amounts; see the note above.</p>"
    head = ["Currency", *(["Account"] if result.account else []), "#Rows", "#Input", "#Matched", "#Open", "Check"]
    lines: list[list[str]] = []
    for code in dict.fromkeys(one.currency for one in summary.balances):
        of_code = [one for one in summary.balances if one.currency == code]
        if len(of_code) > 1:
            of_code.append(_together(of_code))
        lines += [
            [
                code or NO_CODE,
                *([one.account or "none"] if result.account else []),
                f"{one.rows:,}",
                *(_amount(value, summary, code) for value in (one.input, one.matched, one.open)),
                "exact" if one.exact else "BROKEN",
            ]
            for one in of_code
        ]
    caption = "Input = matched + open, in signed amounts. Every row is exactly the sum of its allocations."
    return _table(caption, head, lines)


def _together(balances: Sequence[Balance]) -> Balance:
    """All accounts of one currency."""
    rows, input, matched, left = (
        sum(values) for values in zip(*((one.rows, one.input, one.matched, one.open) for one in balances), strict=True)
    )
    return Balance(balances[0].currency, ALL, rows, input, matched, left)


PERIOD = ("opening", "new", "cleared", "closing")


def _book_proof(result: RunResult, book: BookPage, summary: Summary) -> str:
    """Opening to closing, what was cleared by reason, and the closing beside that of the period before."""
    accounts = ["Account"] if result.account else []
    now, before = _by_key(book.balances), _by_key(book.before)
    lines: list[list[str]] = []
    cleared: list[list[str]] = []
    for key in _with_totals(now):
        mine = [one for other, one in now.items() if _covers(key, other)]
        values = [sum(_whole(one, name) for one in mine) for name in PERIOD]
        holds = values[0] + values[1] - values[2] == values[3]
        texts = [_amount(value, summary, key[0]) for value in values]
        lines.append([*_where(key, result), *texts, "exact" if holds else "BROKEN"])
    for key, one in now.items():
        for reason in cast("Sequence[Mapping[str, object]]", one["cleared_by"]):
            net = _amount(_whole(reason, "net"), summary, key[0])
            cleared.append([*_where(key, result), str(reason["reason"]), f"{_whole(reason, 'rows'):,}", net])
    head = ["Currency", *accounts, "#Opening", "#New", "#Cleared", "#Closing", "Check"]
    made = _table("Opening + new - cleared = closing.", head, lines)
    if cleared:
        made += _table("Cleared, by reason.", ["Currency", *accounts, "Reason", "#Rows", "#Net"], cleared)
    if before:
        compared: list[list[str]] = []
        for key in _with_totals({**before, **now}):  # a currency that is in one of them only had, or has, nothing open
            closings = [
                sum(_whole(one, "closing") for other, one in balances.items() if _covers(key, other))
                for balances in (before, now)
            ]
            texts = [_amount(value, summary, key[0]) for value in (*closings, closings[1] - closings[0])]
            compared.append([*_where(key, result), *texts])
        last_name = f" {book.before_name}" if book.before_name else ""
        head = ["Currency", *accounts, f"#Closing{last_name}", "#Closing now", "#Change"]
        made += _table("Comparison with the last period.", head, compared)
    return made


Key = tuple[str, str]


def _by_key(balances: Sequence[Mapping[str, object]]) -> dict[Key, Mapping[str, object]]:
    """Balances by currency and account, the empty text where there is none."""
    keyed = {(str(one["currency"] or ""), str(one["account"] or "")): one for one in balances}
    return dict(sorted(keyed.items()))


def _with_totals(balances: Mapping[Key, object]) -> list[Key]:
    """The keys in order, those of each currency with several accounts followed by one for all of them."""
    found: list[Key] = []
    for code in sorted({code for code, _ in balances}):
        of_code = sorted(key for key in balances if key[0] == code)
        found += [*of_code, (code, ALL)] if len(of_code) > 1 else of_code
    return found


def _covers(key: Key, other: Key) -> bool:
    return key == other or (key[1] == ALL and key[0] == other[0])


def _where(key: Key, result: RunResult) -> list[str]:
    return [key[0] or NO_CODE, *([key[1] or "none"] if result.account else [])]


def stages(summary: Summary) -> str:
    """One table a currency; where amounts cannot be added, one of counts."""
    if summary.units.refused or not summary.stages:
        each = shares([*(step.rows for step in summary.steps), summary.open_rows])
        lines = [[step.name, f"{step.groups:,}", f"{step.rows:,}"] for step in summary.steps]
        lines.append(["open", "", f"{summary.open_rows:,}"])
        body = [[*line, _percent(share)] for line, share in zip(lines, each, strict=True)]
        return _table("Matches by stage, in rows.", ["Stage", "#Groups", "#Rows", "#Of rows"], body)
    codes = list(dict.fromkeys(line.currency for line in summary.stages))
    return "".join(_stage_table(summary, code) for code in codes)


def _stage_table(summary: Summary, code: str) -> str:
    lines = [line for line in summary.stages if line.currency == code]
    by_rows, by_value = shares([line.rows for line in lines]), shares([line.value for line in lines])
    head = ["Stage", "#Groups", "#Rows", "#Of rows", "#Value", "#Of value", "#Net", ""]
    body: list[str] = []
    for line, of_rows, of_value in zip(lines, by_rows, by_value, strict=True):
        body.append(_stage_row(line, of_rows, of_value, summary))
    value, net = sum(line.value for line in lines), sum(line.net for line in lines)
    cells = ["", f"{sum(line.rows for line in lines):,}", _percent(sum(by_rows)), _amount(value, summary, code)]
    cells += [_percent(sum(by_value)), _amount(net, summary, code)]
    labels = [name.removeprefix("#") for name in head[1:7]]
    whole = "".join(_cell(cell, label) for cell, label in zip(cells, labels, strict=True))
    body.append(f'<tr class="all"><th scope="row">All rows</th>{whole}<td class="bar"></td></tr>')
    named = f"{code}: " if code else ""
    meaning = "Value is the sum of absolute amounts; the net of a stage is the difference that it accepted."
    return _wrapped(f"{named}matches by stage. {meaning}", head, "".join(body), "stages")


def _stage_row(line: StageLine, of_rows: int, of_value: int, summary: Summary) -> str:
    name = "Open" if line.name is None else line.name
    kind = ' class="open"' if line.name is None else ""
    groups = "" if line.name is None else f"{line.groups:,}"
    texts = [
        (groups, "Groups"),
        (f"{line.rows:,}", "Rows"),
        (_percent(of_rows), "Of rows"),
        (_amount(line.value, summary, line.currency), "Value"),
        (_percent(of_value), "Of value"),
        (_amount(line.net, summary, line.currency), "Net"),
    ]
    cells = "".join(_cell(text, label) for text, label in texts)
    where = f' data-stage="{escape(line.name or "", quote=True)}" data-currency="{escape(line.currency, quote=True)}"'
    shown = "open items" if line.name is None else f"groups of {name}"
    label = f"Show the {shown}{' in ' + line.currency if line.currency else ''}"
    bar = _bar(of_value, label, where)
    return f'<tr{kind}><th scope="row">{escape(name)}</th>{cells}<td class="bar">{bar}</td></tr>'


def ageing(result: RunResult, summary: Summary, tables: Tables) -> str:
    """Open items by age, one table a currency."""
    found = ageing_of(result.ledger, result.date_column, result.as_of)
    if found is None:
        return "<p>The rows have no date; there is no ageing.</p>"
    chosen = "" if found.given else f", the latest {found.column} of the input"
    when = f"Days from {found.column} to {found.as_of.isoformat()}{chosen}."
    if summary.units.refused:
        return "<p>There is no ageing in amounts; see the note above.</p>"
    lines = open_ages(summary, tables, found)
    if not lines:
        return "<p>Nothing is open.</p>"
    codes = list(dict.fromkeys(line.currency for line in sorted(lines, key=lambda line: line.currency)))
    return "".join(_age_table(when, [line for line in lines if line.currency == code], summary) for code in codes)


def _age_table(when: str, lines: Sequence[AgeLine], summary: Summary) -> str:
    names, code = bucket_names(), lines[0].currency
    each = shares([line.value for line in lines])
    body: list[str] = []
    for line, share in zip(lines, each, strict=True):
        texts = [
            (f"{line.rows:,}", "Rows"),
            (_amount(line.value, summary, code), "Value"),
            (_percent(share), "Of value"),
            (_amount(line.net, summary, code), "Net"),
        ]
        cells = "".join(_cell(text, label) for text, label in texts)
        where = f' data-bucket="{line.bucket}" data-currency="{escape(code, quote=True)}"'
        name = names[line.bucket]
        bar = _bar(share, f"Show the open items of {name} days{' in ' + code if code else ''}", where)
        body.append(f'<tr class="open"><th scope="row">{name}</th>{cells}<td class="bar">{bar}</td></tr>')
    named = f"{code}: " if code else ""
    return _wrapped(
        f"{named}open items by age. {when}", ["Days", "#Rows", "#Value", "#Of value", "#Net", ""], "".join(body), "ages"
    )


def decisions(result: RunResult) -> str:
    """Who decided what."""
    listed = [] if result.book is None else list(result.book.decisions)
    if not listed and result.book is not None:
        said = (
            "Nobody decided anything in this period." if result.book.status else "Decisions of people are in the book."
        )
        return f"<p>{said}</p>"
    if not listed:
        pinned = sum(1 for status in result.groups["status"].to_pylist() if status == "pinned")
        made = f"{pinned:,} groups are pinned; who pinned them is" if pinned else "Decisions of people are"
        return f"<p>{made} recorded in a book or a store, which this run had none of.</p>"
    head = ["When", "Who", "Decision", "Rows", "Reason", "Confirmed by"]
    lines = [[one.when, one.who, one.what, one.rows, one.why, one.confirmed_by] for one in listed]
    return _table("Decisions in force, in the order in which they were made.", head, lines)


def journal(result: RunResult, summary: Summary) -> str:
    """The journal's totals by currency and account; nothing where no accounts were given."""
    if result.journal is None:
        return ""
    sums: dict[tuple[str, str], list[int]] = {}
    for line in result.journal.to_pylist():
        found = sums.setdefault((line["currency"] or "", line["account"]), [0, 0, 0])
        debit, credit = (0 if line[side] is None else int(line[side].scaleb(summary.scale)) for side in SIDES)
        found[0], found[1], found[2] = found[0] + 1, found[1] + debit, found[2] + credit
    lines: list[list[str]] = []
    for code in sorted({code for code, _ in sums}):
        of_code = [(account, *one) for (of, account), one in sorted(sums.items()) if of == code]
        of_code.append((ALL, *(sum(column) for column in zip(*(one[1:] for one in of_code), strict=True))))
        for account, count, *amounts in of_code:
            shown = (_amount(one, summary, code) if one else "" for one in amounts)
            lines.append([code or NO_CODE, account, f"{count:,}", *shown])
    head = ["Currency", "Account", "#Lines", "#Debit", "#Credit"]
    caption = (
        "Entries for the differences that matches and write-offs leave, in total; the lines are in the journal file."
    )
    table = _table(caption, head, lines) if lines else "<p>No match or write-off leaves a difference.</p>"
    return f'<section id="journal" aria-labelledby="h-journal"><h2 id="h-journal">Journal</h2>{table}</section>'


def signatures(result: RunResult) -> str:
    """Lines to sign."""
    people = [("Prepared by", result.signing.preparer), ("Reviewed by", result.signing.reviewer)]
    return "".join(
        f'<div class="sign"><p>{role}: {escape(name) or "&nbsp;"}</p>'
        '<p class="line">Signature</p><p class="line">Date</p></div>'
        for role, name in people
    )


def facts(result: RunResult) -> str:
    """Hashes, inputs and versions."""
    found = dict(result.facts)
    if result.book is not None and result.book.head:
        found["head of the book"] = result.book.head
    return "<br>".join(f"{escape(name)}: {escape(text)}" for name, text in found.items())


def _amount(minor: int, summary: Summary, code: str | None) -> str:
    return format_minor(minor, summary.scale, code or "")


def _percent(share: int) -> str:
    return f"{share // 10}.{share % 10} %"


def _whole(line: Mapping[str, object], name: str) -> int:
    """An amount or a count that a book's balance has."""
    value = line[name]
    if not isinstance(value, int):
        raise TypeError(f"the balance of a book has {name} {value!r}, which is no whole number")
    return value


def _bar(share: int, label: str, where: str) -> str:
    return (
        f'<button type="button" class="track" aria-label="{escape(label, quote=True)}"{where}>'
        f'<i style="width:{share / 10:.1f}%"></i></button>'
    )


def _cell(text: str, label: str) -> str:
    return f'<td class="n" data-label="{escape(label, quote=True)}">{escape(text)}</td>'


def _table(caption: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table whose columns that begin with `#` are numbers; the first cell of a line is its header."""
    names = [(name.removeprefix("#"), ' class="n"' if name.startswith("#") else "") for name in head]
    body = ""
    for first, *others in lines:
        cells = "".join(
            f'<td{kind} data-label="{escape(name, quote=True)}">{escape(cell)}</td>'
            for cell, (name, kind) in zip(others, names[1:], strict=True)
        )
        whole = ' class="all"' if ALL in others else ""
        body += f'<tr{whole}><th scope="row">{escape(first)}</th>{cells}</tr>'
    return _wrapped(caption, head, body, "plain")


def _wrapped(caption: str, head: Sequence[str], body: str, kind: str) -> str:
    cells = "".join(
        f'<th scope="col"{" class=n" if name.startswith("#") else ""}>{escape(name.removeprefix("#"))}</th>'
        if name
        else '<td class="bar"></td>'
        for name in head
    )
    return (
        f'<table class="{kind}"><caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
