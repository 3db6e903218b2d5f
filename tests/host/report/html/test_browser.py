"""The page in a browser: its numbers are those of the tables, a screen reader can use it, a phone shows all of it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

import florecon_build as fb
from florecon_build.host.report.ageing import ages, bucket_names, bucket_of
from florecon_build.host.report.currencies import format_minor
from florecon_build.host.report.exports import Details
from florecon_build.host.report.html import BookPage, Decision
from florecon_build.host.report.summary import Summary
from tests.host.report.html.browser import document, said, with_script
from tests.support.four_currencies import AMOUNTS, report
from tests.support.four_currencies import rows as rows_sent

pytestmark = pytest.mark.slow

WHY = {"EUR-d1": "near dates: its only candidate, row EUR-d2, is not allowed: 5 days apart; the limit `lag` is 4"}
ACCOUNTS = {"small differences": "6900", "near dates": "6910"}


class Tables(HTMLParser):
    """The tables of a document, by caption: the texts of their cells."""

    def __init__(self, dom: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._caption: str | None = None
        self._rows: list[list[str]] = []
        self._in: str | None = None
        self.feed(dom)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "table":
                self._rows, self._caption = [], ""
            case "tr":
                self._rows.append([])
            case "th" | "td":
                self._rows[-1].append("")
                self._in = "cell"
            case "caption":
                self._in = "caption"
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td", "caption"):
            self._in = None
        if tag == "table" and self._caption is not None:
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        if self._in == "caption":
            self._caption = (self._caption or "") + data
        elif self._in == "cell":
            self._rows[-1][-1] += data

    def of(self, start: str) -> list[list[str]]:
        """The rows of the table whose caption begins so, without its header."""
        return next(rows[1:] for caption, rows in self.tables.items() if caption.startswith(start))


Page = tuple[Path, Summary, fb.Report]


def made(folder: Path, *, partition: bool) -> Page:
    found, path = report(partition=partition), folder / "page.html"
    found.write_html(
        path, entity="Acme", period="2026-03", preparer="Anna", details=Details(reasons=WHY), accounts=ACCOUNTS
    )
    return path, found.summary(), found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return made(tmp_path_factory.mktemp("page"), partition=False)


def balance(code: str, account: str, opening: int, new: int, cleared: int) -> dict[str, object]:
    """A balance as a book has it, cleared for one reason."""
    by = [{"reason": "small differences", "rows": 2, "net": cleared}]
    closing = opening + new - cleared
    where = {"currency": code, "account": account}
    return {**where, "opening": opening, "new": new, "cleared": cleared, "closing": closing, "cleared_by": by}


NOW = [balance("EUR", "1200", 0, 500, 500), balance("EUR", "1500", 99_500, 0, 2_000), balance("KWD", "1200", 5, 1, 2)]
BEFORE = [balance("EUR", "1500", 0, 99_500, 0), balance("JPY", "1200", 7_000, 0, 7_000)]


@pytest.fixture(scope="module")
def book_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a period of a book, with groups over several currencies."""
    decided = Decision(
        what="resolve timing", rows="EUR-e1", who="Anna", when="2026-03-31", why="April", confirmed_by="Ben"
    )
    kept = BookPage(
        balances=NOW,
        before=BEFORE,
        before_name="2026-02",
        decisions=[decided],
        first_seen={"EUR-e1": "2026-02"},
        status="open",
        head="ab" * 32,
    )
    path = tmp_path_factory.mktemp("book") / "page.html"
    return report(partition=False).write_html(path, period="2026-03", book=kept, accounts=ACCOUNTS)


def test_the_proof_of_a_book_adds_up(book_page: Path) -> None:
    tables = Tables(book_page.read_text(encoding="utf-8"))
    assert tables.of("Opening + new") == [
        ["EUR", "1200", "0.00", "0.50", "0.50", "0.00", "exact"],
        ["EUR", "1500", "99.50", "0.00", "2.00", "97.50", "exact"],
        ["EUR", "all accounts", "99.50", "0.50", "2.50", "97.50", "exact"],
        ["KWD", "1200", "0.005", "0.001", "0.002", "0.004", "exact"],
    ]
    assert [line[2:] for line in tables.of("Cleared, by reason")] == [
        ["small differences", "2", net] for net in ("0.50", "2.00", "0.002")
    ]
    assert tables.of("Comparison with the last period") == [
        ["EUR", "1200", "0.00", "0.00", "0.00"],
        ["EUR", "1500", "99.50", "97.50", "-2.00"],
        ["EUR", "all accounts", "99.50", "97.50", "-2.00"],
        ["JPY", "1200", "0", "0", "0"],
        ["KWD", "1200", "0.000", "0.004", "0.004"],
    ]
    assert tables.of("Decisions in force") == [["2026-03-31", "Anna", "resolve timing", "EUR-e1", "April", "Ben"]]
    with pytest.raises(TypeError, match="opening None, which is no whole number"):
        report().write_html(book_page.with_name("x.html"), book=BookPage(balances=[{**NOW[0], "opening": None}]))


def tenths(text: str) -> int:
    return round(float(text.removesuffix(" %")) * 10)


@pytest.mark.parametrize("partition", [True, False], ids=["by currency", "groups over currencies"])
def test_every_number_is_that_of_the_tables(partition: bool, tmp_path: Path) -> None:
    path, summary, found = made(tmp_path, partition=partition)
    assert found.input is not None
    tables = Tables(document(path))
    rows = {line["id_text"]: line for line in found.rows.to_pylist()}
    sent = {line["row_id"]: line for line in found.input.to_pylist()}

    def amounts(code: str, account: str, name: str) -> int:
        return sum(rows[key][name] for key in those(code, account))

    def those(code: str, account: str) -> list[str]:
        return [key for key, one in sent.items() if one["ccy"] == code and account in (one["gl"], "all accounts")]

    proof = tables.of("Input = matched")
    places = {(line["ccy"], gl) for line in sent.values() for gl in (line["gl"], "all accounts")}
    assert [(line[0], line[1]) for line in proof] == sorted(places)
    for code, account, count, *texts, check in proof:
        assert count == str(len(those(code, account)))
        expected = [amounts(code, account, name) for name in ("amount", "matched", "residual")]
        assert texts == [format_minor(one, summary.scale, code) for one in expected]
        assert check == "exact"
    for code in AMOUNTS:
        stages = tables.of(f"{code}: matches by stage")
        lines = [line for line in summary.stages if line.currency == code]
        for line, cells in zip(lines, stages[:-1], strict=True):
            assert cells[0] == (line.name or "Open")
            assert cells[2] == str(line.rows)
            assert (cells[4], cells[6]) == tuple(format_minor(one, 3, code) for one in (line.value, line.net))
        for column in (3, 5):
            assert sum(tenths(cells[column]) for cells in stages[:-1]) == 1000 == tenths(stages[-1][column])
        assert stages[-1][4] == format_minor(summary.value[code], 3, code)
        assert stages[-1][6] == format_minor(summary.net[code], 3, code)
    for code in AMOUNTS:
        opened = [key for key, line in sent.items() if line["ccy"] == code and rows[key]["residual"]]
        days = dict(zip(found.input["row_id"].to_pylist(), ages(found.input["day"], DAY).to_pylist(), strict=True))
        for name, count, value, _, net, *_ in tables.of(f"{code}: open items by age"):
            of = [key for key in opened if bucket_names()[bucket_of(days[key])] == name]
            assert count == str(len(of))
            assert value == format_minor(sum(abs(rows[key]["residual"]) for key in of), 3, code)
            assert net == format_minor(sum(rows[key]["residual"] for key in of), 3, code)
    items = tables.of("Open items")
    with next(
        path for path in found.write_csv(tmp_path, details=Details(reasons=WHY)) if path.stem == "rows"
    ).open() as file:
        reasons = {line["id_text"]: line["reason"] for line in csv.DictReader(file)}
    assert {line[0] for line in items} == {key for key, line in rows.items() if line["residual"]}
    for name, gl, code, day, memo, amount, left, age, why in items:
        line = sent[name]
        assert (gl, code, day, memo or None) == (line["gl"], line["ccy"], line["day"].isoformat(), line["memo"])
        whole, part = rows[name]["amount"], rows[name]["residual"]
        shown = format_minor(part, 3, code) + ("" if whole == part else f" of {format_minor(whole, 3, code)}")
        assert (amount, left) == (format_minor(whole, 3, code), shown)
        assert (age, why) == (str((DAY - line["day"]).days), reasons[name])
        assert why.startswith(WHY.get(name, "by its amount: "))
    nets = {line[1]: line[6] for line in tables.of("Groups")}
    for group in found.groups.to_pylist():
        legs: dict[str, int] = {}
        for part in found.allocations.to_pylist():
            if part["group_id"] == group["group_id"]:
                code = sent[part["id_text"]]["ccy"]
                legs[code] = legs.get(code, 0) + part["amount"]
        if group["origin"] != "unmatched":
            said_net = "; ".join(f"{format_minor(net, 3, code)} {code}" for code, net in sorted(legs.items()))
            assert nets[str(group["group_id"])] == said_net

    journal = found.journal(ACCOUNTS).table.to_pylist()
    posted = tables.of("Entries for the differences")
    assert len(posted) == len({(line["currency"], line["account"]) for line in journal}) + len(AMOUNTS)
    for code, account, count, *sides in posted:
        of = [one for one in journal if one["currency"] == code and account in (one["account"], "all accounts")]
        assert count == str(len(of))
        sums = [int(sum(one[side] or 0 for one in of) * 1000) for side in ("debit", "credit")]
        assert sides == [format_minor(one, 3, code) if one else "" for one in sums]


DAY = max(row["day"] for row in rows_sent())


@pytest.mark.parametrize("kind", ["run", "book"])
def test_a_screen_reader_can_use_it(page: Page, book_page: Path, kind: str) -> None:
    path = page[0] if kind == "run" else book_page
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    script = f"""{axe};
      document.querySelectorAll("button.opener")[0].click();
      const found = await axe.run(document);
      return JSON.stringify({{
        passes: found.passes.length,
        violations: found.violations.map((one) => [one.id, one.impact, one.nodes.map((node) => node.html)]),
      }});"""
    for name, more in (("light", ()), ("dark", ("--blink-settings=preferredColorScheme=0",))):
        found = json.loads(said(document(with_script(path, script, f"axe-{name}"), more=more)))
        assert found["passes"] > 20
        assert [one for one in found["violations"] if one[1] in ("serious", "critical")] == [], name


@pytest.mark.parametrize("kind", ["run", "book"])
def test_a_phone_shows_all_without_sideways_scroll(page: Page, book_page: Path, kind: str) -> None:
    path = page[0] if kind == "run" else book_page
    outer = path.with_name("phone.html")
    script = """const beyond = (one) => one.getBoundingClientRect().right > innerWidth + 1;
      const hidden = (one) => one.closest("pre, .visually-hidden, thead");
      const wide = [...document.querySelectorAll("body *")].filter((one) => beyond(one) && !hidden(one));
      const found = [innerWidth, document.documentElement.scrollWidth, wide.map((one) => one.outerHTML.slice(0, 80))];
      parent.document.title = JSON.stringify(found);
      return "";"""
    inner = with_script(path, script, "inner")
    frame = f'<iframe src="{inner.name}" style="width:390px;height:3000px;border:0"></iframe>'
    outer.write_text(f"<title>-</title>{frame}", encoding="utf-8")
    dom = document(outer, more=("--allow-file-access-from-files",))
    width, scrolled, wide = json.loads(unescape(dom[dom.index("<title>") + 7 : dom.index("</title>")]))
    assert width == 390
    assert scrolled <= width
    assert wide == []


FILTERS = """
  const section = document.querySelector("#open"), form = section.querySelector("form"), lines = [];
  const pause = () => new Promise((done) => setTimeout(done, 300));
  const ids = () => [...section.querySelectorAll("tbody tr")].map((one) => one.cells[0].textContent);
  const set = async (fields) => {
    form.reset(); await pause();
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
    form.dispatchEvent(new Event("input")); await pause();
    lines.push(ids());
  };
  await set({ text: "EUR" }); await set({ least: "100" }); await set({ least: "-1.5", most: "0" });
  await set({ since: "2026-03-02" }); await set({ until: "2026-01-01" }); await set({ code: "=JPY" });
  await set({});
  const buttons = [...section.querySelectorAll("th button")];
  const head = (name) => buttons.find((one) => one.textContent === name).parentElement;
  head("Open").querySelector("button").click(); lines.push(ids());
  head("Open").querySelector("button").click(); lines.push(ids());
  const sort = head("Open").getAttribute("aria-sort");
  document.querySelectorAll('button.track[data-bucket][data-currency="KWD"]')[1].click();
  await pause(); lines.push(ids());
  const saved = [];
  URL.createObjectURL = (blob) => { saved.push(blob); return "blob:x"; };
  HTMLAnchorElement.prototype.click = () => {};
  form.reset(); await pause();
  section.querySelector("[data-do=csv]").click(); section.querySelector("[data-do=excel]").click();
  const bytes = new Uint8Array(await saved[1].arrayBuffer());
  return JSON.stringify({ lines, sort, csv: await saved[0].text(), excel: btoa(String.fromCharCode(...bytes)) });
"""


def test_open_items_filter_sort_and_download(page: Page) -> None:
    path, _, found = page
    assert found.input is not None
    left = {line["id_text"]: line["residual"] for line in found.rows.to_pylist() if line["residual"]}
    sent = {line["row_id"]: line for line in found.input.to_pylist()}
    told = json.loads(said(document(with_script(path, FILTERS, "filters"))))

    def those(test: Callable[[str], bool]) -> set[str]:
        return {name for name in left if test(name)}

    text, least, between, since, until, code, every, down, up, bucket = map(list[str], told["lines"])
    assert set(text) == those(lambda name: name.startswith("EUR"))
    assert set(least) == those(lambda name: left[name] >= 100_000)
    assert set(between) == those(lambda name: -1500 <= left[name] <= 0)
    assert set(since) == those(lambda name: sent[name]["day"].isoformat() >= "2026-03-02")
    assert set(until) == those(lambda name: sent[name]["day"].isoformat() <= "2026-01-01")
    assert set(code) == those(lambda name: name.startswith("JPY"))
    assert set(every) == set(left)
    assert [left[name] for name in down] == sorted(left.values(), reverse=True)
    assert [left[name] for name in up] == sorted(left.values())
    assert told["sort"] == "ascending"
    assert bucket == ["KWD-e1"]
    lines = list(csv.DictReader(io.StringIO(told["csv"].removeprefix("\ufeff"))))
    assert {line["Row"]: line["Open"] for line in lines} == {
        name: format_minor(one, 3, sent[name]["ccy"]).replace(",", "") for name, one in left.items()
    }
    assert {line["memo"] for line in lines} == {"", "'=cmd|' /C calc'!A0"}
    sheet = openpyxl.load_workbook(io.BytesIO(base64.b64decode(told["excel"]))).active
    assert sheet is not None
    head, *cells = cast("list[tuple[Any, ...]]", list(sheet.iter_rows(values_only=True)))
    of = [dict(zip(head, line, strict=True)) for line in cells]
    assert {line["Row"]: round(float(line["Open"]) * 1000) for line in of} == left
    assert {line["Row"]: line["day"].date() for line in of} == {name: sent[name]["day"] for name in left}
    assert sheet.freeze_panes == "A2"


def test_print_shows_every_row_on_request(page: Page) -> None:
    script = """window.print = () => {}; document.querySelector("[data-do=print]").click();
      return String(document.querySelectorAll("#open tbody tr").length);"""
    assert said(document(with_script(page[0], script, "print"))) == str(page[1].open_rows)


def test_paper_has_the_reason_below_its_row(page: Page) -> None:
    script = """const rows = () => [...document.querySelectorAll("#open tbody tr")];
      const column = () => getComputedStyle(document.querySelector("#open th.why")).display;
      const seen = () => [rows().length, rows().filter((one) => one.className === "below").length, column()];
      const given = () => rows().filter((one) => one.querySelector("td.why").textContent).length;
      const screen = [...seen(), given()]; dispatchEvent(new Event("beforeprint")); const paper = seen();
      const below = rows().find((one) => one.textContent.startsWith("EUR-d1")).nextSibling;
      const pair = [below.previousSibling.cells[0].textContent, below.textContent];
      dispatchEvent(new Event("afterprint"));
      return JSON.stringify([screen, paper, pair, [...seen(), given()]]);"""
    screen, paper, pair, after = json.loads(said(document(with_script(page[0], script, "paper"))))
    reasons = screen[3]
    assert screen == after == [page[1].open_rows, 0, "table-cell", reasons]
    assert paper == [page[1].open_rows + reasons, reasons, "none"]
    assert pair == list(*WHY.items())


def test_words_of_a_column_are_not_broken_where_there_is_room(tmp_path: Path) -> None:
    words = {"short": "1210 Intercompany KWD", "long": "Donaudampfschifffahrtsgesellschaft"}
    rows = fb.columns(id=fb.integer(id=True), amount=fb.money(), short=fb.text(), long=fb.text())
    plugin = fb.Plugin("acme.words", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.exact_1to1())
    with fb.Workspace(plugin) as ws:
        ws.upsert([{"id": at, "amount": at, **words} for at in range(1, 4)])
        path = ws.solve().write_html(tmp_path / "words.html")
    script = """const table = document.querySelector("#open table");
      const lines = (name) => {
        const text = table.querySelector(`tbody td[data-label=${name}]`).firstChild, range = document.createRange();
        return text.data.split(" ").map((word) => {
          range.setStart(text, text.data.indexOf(word)); range.setEnd(text, text.data.indexOf(word) + word.length);
          return range.getClientRects().length;
        });
      };
      table.style.width = "200px";
      return JSON.stringify([lines("short"), lines("long")]);"""
    short, long = json.loads(said(document(with_script(path, script, "narrow"))))
    assert short == [1, 1, 1]
    assert long[0] > 1
