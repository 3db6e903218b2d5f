"""Division of the staged rows into shards, out of core: DuckDB counts components, joins edges and writes the shards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from florecon_build.host import DuplicateId, MissingPackage, ShardTooLarge, StorageError
from florecon_build.scale.book_input import KEY, TOGETHER
from florecon_build.scale.job import INPUT, Folder, Job, finished, storing
from florecon_build.scale.keys import COMPONENT, ROW

LEAST_ROWS = 20_000
SHARDS_A_WORKER = 4


class Database:
    """A DuckDB connection with a memory bound and so many threads, which spills into the work folder.

    Errors: `StorageError`.
    """

    def __init__(self, folder: Folder, memory: int, threads: int) -> None:
        try:
            import duckdb  # noqa: PLC0415  (optional)
        except ImportError as error:
            raise MissingPackage("a run over a data set needs DuckDB: pip install florecon-build[duckdb]") from error
        self._errors: tuple[type[Exception], ...] = (duckdb.IOException, duckdb.OutOfMemoryException)
        spill = folder.path("spill")
        self._where = spill
        spill.mkdir(exist_ok=True)
        self._connection: Any = duckdb.connect()
        self._connection.execute(f"SET memory_limit = '{max(memory // 1_000_000, 64)}MB'")
        self._connection.execute(f"SET temp_directory = '{_quoted(spill)}'")
        self._connection.execute("SET preserve_insertion_order = false")
        self._connection.execute(f"SET threads = {threads}")

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def run(self, query: str) -> Any:
        """Runs a statement; returns its result."""
        try:
            return self._connection.execute(query)
        except self._errors as error:
            raise StorageError(
                f"{self._where}: {str(error).splitlines()[0]}; what is finished stays: make room, or give more memory,"
                " and run again to go on from there"
            ) from error

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.run(query).fetchall()

    def insert(self, table: str, lines: Sequence[tuple[int, int]]) -> None:
        """Inserts lines of two numbers into a table."""
        columns = [[line[at] for line in lines] for at in (0, 1)]
        numbers = pa.table([pa.array(column, pa.uint64()) for column in columns], names=["one", "other"])
        self._connection.register("lines", numbers)
        self.run(f"INSERT INTO {table} SELECT * FROM lines")
        self._connection.unregister("lines")

    def table(self, query: str) -> pa.Table:
        """The result of a query as Arrow."""
        return self._connection.sql(query).to_arrow_table()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def staged(folder: Folder) -> str:
    """The staged rows, as a table of SQL."""
    return f"read_parquet('{_quoted(folder.path('keys'))}/*.parquet')"


def check_ids(database: Database, folder: Folder, job: Job, id_name: str) -> None:
    """Refuses an id that stands in two rows of the data set. Errors: `DuplicateId`, naming the files."""
    found: list[tuple[Any, int, int]] = database.rows(
        f'SELECT "{id_name}", min({ROW} >> 32), max({ROW} >> 32) FROM {staged(folder)}'
        f' GROUP BY "{id_name}" HAVING count(*) > 1 ORDER BY 1 LIMIT 1'
    )
    for id, first, last in found:
        files = sorted({job.units[first].file, job.units[last].file})
        where = f"twice in {files[0]}" if len(files) == 1 else f"in {files[0]} and in {files[1]}"
        raise DuplicateId(f"id {id} stands {where}; an id is of one row", id=id)


def large_classes(database: Database, folder: Folder, capacity: int) -> list[tuple[int, int]]:
    """The numbers of common keys with more rows than one shard may have, and their rows, the largest first."""
    return database.rows(
        f"SELECT {COMPONENT}, count(*) AS n FROM {staged(folder)} WHERE {COMPONENT} IS NOT NULL"
        f" GROUP BY 1 HAVING n > {capacity} ORDER BY n DESC, 1"
    )


def load_edges(database: Database, folder: Folder) -> None:
    """The edges of all units as a table `edge` of key and row; keys of one row are left out.

    Rows of a window are cut where the gap to the row before is above the width, and the pieces are keys.
    """
    files = f"{_quoted(folder.path('edges'))}/*"
    database.run(
        f"""CREATE OR REPLACE TABLE edge AS
        WITH line AS (
            SELECT key, {ROW} AS r, point,
                CASE WHEN point::HUGEINT - lag(point) OVER w <= lag(width) OVER w THEN 0 ELSE 1 END AS cut
            FROM read_parquet('{files}/windows.parquet') WINDOW w AS (PARTITION BY key ORDER BY point, {ROW})
        ), chained AS (
            SELECT hash(key, sum(cut) OVER (PARTITION BY key ORDER BY point, r ROWS UNBOUNDED PRECEDING)) AS k, r
            FROM line
        ), every AS (
            SELECT key AS k, {ROW} AS r FROM read_parquet('{files}/edges.parquet') UNION ALL FROM chained
        )
        SELECT k, r FROM every WHERE k IN (SELECT k FROM every GROUP BY k HAVING count(*) > 1)"""
    )


def connect(database: Database, keys: str = "true") -> None:
    """Components of the rows with edges, as a table `label`: each row with the smallest row that it is connected with.

    Label propagation: in turn every key takes the smallest label of its rows and every row the smallest of its keys,
    then labels follow labels (pointer jumping), until nothing changes. ``keys`` is a condition on the keys that count.
    """
    database.run(f"CREATE OR REPLACE VIEW counted AS SELECT k, r FROM edge WHERE {keys}")
    database.run("CREATE OR REPLACE TABLE label AS SELECT DISTINCT r, r AS l FROM counted")
    before = None
    while True:
        database.run(
            """CREATE OR REPLACE TABLE next AS
            WITH key_label AS (SELECT k, min(l) AS l FROM counted JOIN label USING (r) GROUP BY k)
            SELECT r, min(key_label.l) AS l FROM counted JOIN key_label USING (k) GROUP BY r"""
        )
        database.run(
            "CREATE OR REPLACE TABLE label AS SELECT n.r, least(n.l, j.l) AS l FROM next n JOIN next j ON j.r = n.l"
        )
        [after] = database.rows("SELECT sum(l)::HUGEINT, count(*) FROM label")
        if after == before:
            return
        before = after


def write_labels(database: Database, folder: Folder) -> None:
    """Writes the components of the rows with edges."""
    target = folder.path("labels", "labels.parquet")
    finished(target, lambda part: database.run(f"COPY label TO '{_quoted(part)}' (FORMAT parquet)"))


def _components(folder: Folder, classes: Sequence[int]) -> str:
    """Every staged row with the component that the strategy puts it in."""
    labels = folder.path("labels", "labels.parquet")
    if not classes:
        return f"SELECT *, {COMPONENT} AS component FROM {staged(folder)}"
    large = ", ".join(map(str, classes))
    return (
        f"SELECT s.*, CASE WHEN {COMPONENT} IN ({large}) THEN hash(l.l) ELSE {COMPONENT} END AS component"
        f" FROM {staged(folder)} s LEFT JOIN read_parquet('{_quoted(labels)}') l ON s.{ROW} = l.r"
    )


def assigned(database: Database, folder: Folder, classes: Sequence[int]) -> str:
    """Every staged row with its component, as a query; null for a row that is connected with none.

    Components with rows of one decision of a book are one.
    """
    together = folder.out / INPUT / TOGETHER
    if not together.is_file():
        return _components(folder, classes)
    own = f"coalesce(component, hash('alone', {ROW}))"
    pairs: list[tuple[int, int]] = database.rows(
        f"SELECT {KEY}, {own} FROM ({_components(folder, classes)})"
        f" NATURAL JOIN read_parquet('{_quoted(together)}') ORDER BY 1, 2"
    )
    database.run("CREATE OR REPLACE TABLE tied (own UBIGINT, root UBIGINT)")
    database.insert("tied", _roots(pairs))
    return (
        f"SELECT c.* EXCLUDE (component), coalesce(root, component) AS component"
        f" FROM ({_components(folder, classes)}) c LEFT JOIN tied ON tied.own = {own}"
    )


def _roots(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Components with the one that stands for all that keys join them to (union-find)."""
    parent: dict[int, int] = {}

    def root(of: int) -> int:
        while parent.setdefault(of, of) != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    first: dict[int, int] = {}
    for key, component in pairs:
        parent[root(component)] = root(first.setdefault(key, component))
    return [(component, root(component)) for component in list(parent)]


def pack(database: Database, folder: Folder, job: Job, classes: Sequence[int], target: int) -> list[int]:
    """Packs components into shards of about ``target`` rows; returns the rows of each. Errors: `ShardTooLarge`.

    A component of that size is a shard by itself, the others fill shards in the order of their numbers, and rows that
    are connected with none fill shards of their own.
    """
    rows = assigned(database, folder, classes)
    database.run(
        f"CREATE OR REPLACE TABLE component AS SELECT component, count(*) AS n, min({ROW}) AS r"
        f" FROM ({rows}) WHERE component IS NOT NULL GROUP BY 1"
    )
    over: list[tuple[int, int]] = database.rows(
        f"SELECT n, r FROM component WHERE n > {job.capacity} ORDER BY n DESC LIMIT 1"
    )
    for size, row in over:
        raise ShardTooLarge(
            f"{size:,} rows belong together (one is in {job.units[row >> 32].file}), and a worker has memory for"
            f" {job.capacity:,}: give more memory or fewer workers, or see what joins them with explain_shards"
        )
    database.run(
        f"""CREATE OR REPLACE TABLE shard AS
        WITH big AS (
            SELECT component, row_number() OVER (ORDER BY component) - 1 AS s FROM component WHERE n >= {target}
        ),
        small AS (
            SELECT component, (sum(n) OVER (ORDER BY component ROWS UNBOUNDED PRECEDING) - n) // {target} AS s
            FROM component WHERE n < {target}
        )
        SELECT component, s::BIGINT AS s FROM big
        UNION ALL SELECT component, (s + (SELECT count(*) FROM big))::BIGINT FROM small"""
    )
    [(used, alone)] = database.rows(
        f"SELECT (SELECT coalesce(max(s) + 1, 0) FROM shard), (SELECT count(*) FROM ({rows}) WHERE component IS NULL)"
    )
    parts = -(-alone // target)
    database.run(
        f"""CREATE OR REPLACE VIEW divided AS
        SELECT a.* EXCLUDE (component, {COMPONENT}),
            coalesce(s.s, {used} + hash({ROW}) % {max(parts, 1)})::BIGINT AS __shard
        FROM ({rows}) a LEFT JOIN shard s ON a.component = s.component"""
    )
    counts = dict(database.rows("SELECT __shard, count(*) FROM divided GROUP BY 1"))
    return [counts.get(number, 0) for number in range(used + parts)]


def write_rows(database: Database, folder: Folder) -> None:
    """Writes the rows of each shard below `rows`, whole or not at all."""
    target = folder.path("rows", "divided")
    query = f"COPY (SELECT * EXCLUDE ({ROW}) FROM divided) TO '{{}}' (FORMAT parquet, PARTITION_BY (__shard))"
    finished(target, lambda part: database.run(query.format(_quoted(part))))


def shard_files(folder: Folder, number: int) -> list[Path]:
    """The files with the rows of a shard."""
    with storing(folder.path("rows")):
        return sorted(folder.path("rows", "divided", f"__shard={number}").glob("*.parquet"))


def target_rows(job: Job, workers: int) -> int:
    """Rows of a shard: a share of the work of each worker, within half of what one has memory for."""
    share = max(job.rows // (workers * SHARDS_A_WORKER), LEAST_ROWS)
    return max(1, min(job.capacity // 2, share))
