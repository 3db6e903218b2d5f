"""Reading and writing Parquet."""

from collections.abc import Iterator, Sequence
from typing import Any

from pyarrow import RecordBatch, Schema, Table

class ParquetFile:
    schema_arrow: Schema
    def __init__(self, source: Any) -> None: ...
    def iter_batches(
        self, batch_size: int = ..., row_groups: Sequence[int] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[RecordBatch]: ...

def read_table(source: Any, columns: Sequence[str] | None = None) -> Table: ...
def write_table(table: Table, where: Any, **options: Any) -> None: ...
