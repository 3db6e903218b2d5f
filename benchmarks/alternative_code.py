"""Matching of intercompany lines in polars, in SQL and in a loop: the steps of the example that columns can express.

Each function gives the matched lines as ``row_id`` and ``group_id``. Packages are imported in the function that needs
them, because a peer is measured only where it is installed.
"""

# pyright: basic, reportMissingImports=false, reportMissingTypeStubs=false

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from examples.arrow import Table, pa

SPELLINGS = (("-", ""), ("#", ""), ("INV ", "INV"), ("PO ", "PO"), ("SETTLE ", "SETTLE"))
POOL, SLACK, FEE, FEE_BPS, BAGATELLE, DAYS, CAP = "1810.900", 100, 5000, 40, 500, 20, 256


class Matching:
    """Lines that are open and groups found so far, as polars frames."""

    def __init__(self, ledger: Table) -> None:
        self.pl = pl = importlib.import_module("polars")
        frame = pl.from_arrow(ledger)
        memo = pl.col("reference").fill_null("").str.to_uppercase()
        for old, new in SPELLINGS:
            memo = memo.str.replace_all(old, new, literal=True)
        pair = pl.min_horizontal("company", "icp") + "|" + pl.max_horizontal("company", "icp")
        self.open = frame.select(
            "row_id",
            "company",
            "objsub",
            "gl_date",
            (pair + "|" + pl.col("currency")).alias("shard"),
            (pl.col("amount").cast(pl.Decimal(20, 2)) * 100).cast(pl.Int64).alias("cents"),
            pl.col("gl_date").dt.month_end().alias("month"),
            memo.alias("memo"),
        ).with_columns(pl.col("memo").str.extract(r"INV([^ ]+)", 1).alias("invoice"))
        self.found: list[Any] = []
        self.tokens: Any = None

    def take(self, matched: Any) -> None:
        """Notes lines and their group of this step: the smallest of its lines, so that none is of two steps."""
        self.found.append(matched.select("row_id", "group_id"))
        self.open = self.open.join(matched, on="row_id", how="anti")
        if self.tokens is not None:
            self.tokens = self.tokens.join(matched, on="row_id", how="anti")

    def facts(self, lines: Any, *keys: str) -> Any:
        """The groups of equal keys that both companies tell, with their net and their largest amount."""
        pl = self.pl
        cents = pl.col("cents")
        found = lines.group_by(*keys).agg(
            pl.len().alias("lines"),
            cents.sum().abs().alias("net"),
            cents.abs().max().alias("largest"),
            cents.min().alias("least"),
            cents.max().alias("most"),
            pl.col("company").n_unique().alias("companies"),
            pl.col("row_id").min().alias("group_id"),
        )
        return found.filter((pl.col("companies") == 2) & (pl.col("least") < 0) & (pl.col("most") > 0))

    def cycles(self) -> None:
        pl = self.pl
        pool = self.open.filter(pl.col("objsub") == POOL)
        closed = self.facts(pool, "shard", "month").filter(pl.col("net") <= SLACK)
        self.take(pool.join(closed.select("shard", "month", "group_id"), on=["shard", "month"]))

    def invoices(self) -> None:
        pl = self.pl
        place = pl.int_range(pl.len()).over("shard", "invoice", "cents").alias("place")
        quoted = self.open.filter(pl.col("invoice").is_not_null()).sort("gl_date", "row_id").with_columns(place)
        self.pairs(quoted, ["shard", "invoice", "cents", "place"])

    def pairs(self, lines: Any, on: list[str]) -> None:
        pl = self.pl
        sinks = lines.filter(pl.col("cents") < 0).with_columns(-pl.col("cents"))
        joined = lines.filter(pl.col("cents") > 0).join(sinks, on=on, suffix="_b")
        joined = joined.filter(pl.col("company") != pl.col("company_b"))
        one = joined.select("row_id", pl.col("row_id").alias("group_id"))
        other = joined.select(pl.col("row_id_b").alias("row_id"), pl.col("row_id").alias("group_id"))
        self.take(pl.concat([one, other]))

    def tokenize(self) -> None:
        """One row a line and reference."""
        pl = self.pl
        words = pl.col("memo").str.extract_all(r"[A-Z0-9]{8,}")
        marked = words.list.eval(pl.element().filter(pl.element().str.contains("[0-9]"))).list.unique()
        lines = self.open.select("row_id", "shard", "cents", "company", marked.alias("token"))
        self.tokens = lines.explode("token").drop_nulls("token")

    def limit(self, with_fee: bool) -> Any:
        pl = self.pl
        return pl.max_horizontal(pl.lit(FEE), pl.col("largest") * FEE_BPS // 10_000) if with_fee else pl.lit(0)

    def nets(self, lines: Any, with_fee: bool, *keys: str) -> Any:
        pl = self.pl
        size = pl.col("lines").is_between(2, CAP)
        return self.facts(lines, *keys).filter(size & (pl.col("net") <= self.limit(with_fee)))

    def references(self, rounds: tuple[bool, ...] = (False, False, False, True, True)) -> None:
        """Lines that share a reference and net: a line that has several takes the rarest, in rounds."""
        pl = self.pl
        self.tokenize()
        for with_fee in rounds:
            tokens = self.tokens
            nets = self.nets(tokens, with_fee, "shard", "token").select("shard", "token", "lines", "group_id")
            best = tokens.join(nets, on=["shard", "token"]).sort("lines", "group_id", "token")
            best = best.unique("row_id", keep="first", maintain_order=True)
            taken = best.group_by("shard", "token").agg(pl.len().alias("taken"), pl.col("lines").first())
            whole = taken.filter(pl.col("taken") == pl.col("lines")).select("shard", "token")
            self.take(best.join(whole, on=["shard", "token"]))

    def components(self) -> None:
        """Lines that hang together by references, where all of them net."""
        pl = self.pl
        sparse, graph = importlib.import_module("scipy.sparse"), importlib.import_module("scipy.sparse.csgraph")
        for with_fee in (False, True):
            tokens = self.tokens
            line = tokens["row_id"].rank("dense").to_numpy().astype(np.int64) - 1
            token = tokens.select(pl.struct("shard", "token").rank("dense")).to_series().to_numpy().astype(np.int64) - 1
            lines = int(line.max()) + 1
            count = lines + int(token.max()) + 1
            edges = sparse.coo_matrix((np.ones(len(line), dtype=np.int8), (line, lines + token)), shape=(count, count))
            _, label = graph.connected_components(edges, directed=False)
            marked = tokens.with_columns(pl.Series("component", label[line]).cast(pl.Int64)).unique("row_id")
            nets = self.nets(marked, with_fee, "component").select("component", "group_id")
            self.take(marked.join(nets, on="component"))

    def amounts(self) -> None:
        """Equal amounts within three weeks, each line with the nearest where that is mutual."""
        pl = self.pl
        left = self.open.filter(pl.col("cents").abs() > BAGATELLE)
        sinks = left.filter(pl.col("cents") < 0).with_columns(-pl.col("cents"))
        near = left.filter(pl.col("cents") > 0).join(sinks, on=["shard", "cents"], suffix="_b")
        days = (pl.col("gl_date") - pl.col("gl_date_b")).dt.total_days().abs().alias("days")
        near = near.filter(pl.col("company") != pl.col("company_b")).with_columns(days)
        near = near.filter(pl.col("days") <= DAYS)
        first = pl.int_range(pl.len())
        near = near.sort("days", "row_id_b").with_columns(first.over("row_id").alias("rank"))
        near = near.sort("days", "row_id").with_columns(first.over("row_id_b").alias("rank_b"))
        near = near.filter((pl.col("rank") == 0) & (pl.col("rank_b") == 0))
        one = near.select("row_id", pl.col("row_id").alias("group_id"))
        other = near.select(pl.col("row_id_b").alias("row_id"), pl.col("row_id").alias("group_id"))
        self.take(pl.concat([one, other]))

    def result(self) -> Table:
        return self.pl.concat(self.found).to_arrow()


def by_polars(ledger: Table) -> Table:
    """Polars alone."""
    matching = Matching(ledger)
    matching.cycles()
    matching.invoices()
    matching.references()
    matching.amounts()
    return matching.result()


def by_polars_with_components(ledger: Table) -> Table:
    """Polars, and connected components by scipy."""
    matching = Matching(ledger)
    matching.cycles()
    matching.invoices()
    matching.references()
    matching.components()
    matching.amounts()
    return matching.result()


_FACTS = """count(*) AS lines, abs(sum(cents)) AS net, max(abs(cents)) AS largest, min(row_id) AS group_id"""
_TOLD_TWICE = """count(DISTINCT company) = 2 AND min(cents) < 0 AND max(cents) > 0"""
_PAIRS = """SELECT a.row_id AS row_id, a.row_id AS group_id FROM pairs a
    UNION ALL SELECT a.row_id_b, a.row_id FROM pairs a"""


def by_duckdb(ledger: Table) -> Table:
    """The steps of ``by_polars`` in SQL."""
    connection = importlib.import_module("duckdb").connect()
    run = connection.execute
    connection.register("ledger", ledger)
    memo = "upper(coalesce(reference, ''))"
    for old, new in SPELLINGS:
        memo = f"replace({memo}, '{old}', '{new}')"
    run(f"""CREATE TABLE prepared AS SELECT row_id, company, objsub, gl_date,
        least(company, icp) || '|' || greatest(company, icp) || '|' || currency AS shard,
        CAST(amount * 100 AS BIGINT) AS cents, last_day(gl_date) AS month, {memo} AS memo FROM ledger""")
    run("""CREATE TABLE lines AS SELECT *, nullif(regexp_extract(memo, 'INV([^ ]+)', 1), '') AS invoice,
        list_distinct(list_filter(regexp_extract_all(memo, '[A-Z0-9]{8,}'),
            lambda word: regexp_matches(word, '[0-9]'))) AS tokens FROM prepared""")
    run("CREATE TABLE found (row_id BIGINT, group_id BIGINT, step INTEGER)")
    steps = 0

    def take(query: str) -> None:
        nonlocal steps
        steps += 1
        run(f"CREATE OR REPLACE TABLE matched AS {query}")
        run(f"INSERT INTO found SELECT row_id, group_id, {steps} FROM matched")
        run("CREATE OR REPLACE TABLE lines AS SELECT * FROM lines ANTI JOIN matched USING (row_id)")

    take(f"""SELECT l.row_id, c.group_id FROM lines l JOIN (SELECT shard, month, {_FACTS} FROM lines
        WHERE objsub = '{POOL}' GROUP BY shard, month HAVING {_TOLD_TWICE} AND net <= {SLACK}) c
        ON l.shard = c.shard AND l.month = c.month WHERE l.objsub = '{POOL}'""")
    run("""CREATE OR REPLACE TABLE quoted AS SELECT *,
        row_number() OVER (PARTITION BY shard, invoice, cents ORDER BY gl_date, row_id) AS place
        FROM lines WHERE invoice IS NOT NULL""")
    run("""CREATE OR REPLACE TABLE pairs AS SELECT a.row_id, b.row_id AS row_id_b FROM quoted a JOIN quoted b
        ON a.shard = b.shard AND a.invoice = b.invoice AND a.place = b.place AND a.cents = -b.cents
        AND a.company <> b.company WHERE a.cents > 0""")
    take(_PAIRS)
    for limit in ("0", "0", "0", *(2 * (f"greatest({FEE}, largest * {FEE_BPS} // 10000)",))):
        carried = "SELECT row_id, shard, cents, company, unnest(tokens) AS token FROM lines"
        run(f"CREATE OR REPLACE TABLE carried AS {carried}")
        run(f"""CREATE OR REPLACE TABLE best AS SELECT c.row_id, c.shard, c.token, n.lines, n.group_id FROM carried c
            JOIN (SELECT shard, token, {_FACTS} FROM carried GROUP BY shard, token
                HAVING {_TOLD_TWICE} AND lines BETWEEN 2 AND {CAP} AND net <= {limit}) n USING (shard, token)
            QUALIFY row_number() OVER (PARTITION BY c.row_id ORDER BY n.lines, n.group_id, c.token) = 1""")
        take("""SELECT b.row_id, b.group_id FROM best b SEMI JOIN (SELECT shard, token FROM best GROUP BY shard, token
            HAVING count(*) = min(lines)) w USING (shard, token)""")
    run(f"""CREATE OR REPLACE TABLE near AS SELECT a.row_id, b.row_id AS row_id_b,
        abs(date_diff('day', a.gl_date, b.gl_date)) AS days FROM lines a JOIN lines b ON a.shard = b.shard
        AND a.cents = -b.cents AND a.company <> b.company WHERE a.cents > {BAGATELLE} AND days <= {DAYS}""")
    run("""CREATE OR REPLACE TABLE pairs AS SELECT row_id, row_id_b FROM near
        QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY days, row_id_b) = 1
        AND row_number() OVER (PARTITION BY row_id_b ORDER BY days, row_id) = 1""")
    take(_PAIRS)
    numbered = "SELECT row_id, dense_rank() OVER (ORDER BY step, group_id) AS group_id FROM found"
    return connection.sql(numbered).to_arrow_table()


def by_pandas(ledger: Table) -> Table:
    """A loop over the lines, with the open ones in a dict: opposite amounts of one invoice, or else of one month."""
    frame = ledger.to_pandas()
    memo = frame["reference"].fillna("").str.upper()
    for old, new in SPELLINGS:
        memo = memo.str.replace(old, new, regex=False)
    frame["invoice"] = memo.str.extract(r"INV([^ ]+)", expand=False)
    frame["cents"] = (frame["amount"].astype(float) * 100).round().astype("int64")
    frame["month"] = frame["gl_date"].astype("datetime64[ns]").dt.strftime("%Y-%m")
    waiting: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    ids: list[int] = []
    groups: list[int] = []
    columns = ("row_id", "company", "icp", "currency", "cents", "month", "invoice")
    for row_id, company, icp, currency, cents, month, invoice in zip(*(frame[name] for name in columns), strict=True):
        shard = (min(company, icp), max(company, icp), currency)
        key = (*shard, invoice if isinstance(invoice, str) else month)
        others = waiting.get((*key, -cents), [])
        at = next((at for at, (_, other) in enumerate(others) if other != company), None)
        if at is None:
            waiting.setdefault((*key, cents), []).append((row_id, company))
        else:
            ids += [others.pop(at)[0], row_id]
            groups += [row_id, row_id]
    return pa.table({"row_id": ids, "group_id": groups})
