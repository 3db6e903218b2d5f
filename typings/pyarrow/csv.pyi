"""Reading and writing CSV."""

from typing import Any

from pyarrow import RecordBatchReader, Table

class ReadOptions:
    def __init__(self, **options: Any) -> None: ...

class ParseOptions:
    def __init__(self, **options: Any) -> None: ...

class ConvertOptions:
    def __init__(self, **options: Any) -> None: ...

class InvalidRow:
    expected_columns: int
    actual_columns: int
    number: int
    text: str

class WriteOptions:
    def __init__(self, **options: Any) -> None: ...

def read_csv(input_file: Any, **options: Any) -> Table: ...
def open_csv(input_file: Any, **options: Any) -> RecordBatchReader: ...
def write_csv(data: Any, output_file: Any, write_options: WriteOptions | None = None) -> None: ...
