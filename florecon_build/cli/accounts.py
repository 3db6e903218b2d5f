"""File of accounts: which account each reason of a difference is posted to, for the journal of a run.

```csv
reason,account
clearing,1200
small differences,6900
write_off,6930
```

A reason is the code of a resolution, the origin of a group or the name of its step, as the page shows it; `clearing` is
the account that is reconciled, where the strategy declares no account column.
"""

from __future__ import annotations

import csv
from pathlib import Path

from florecon_build.cli import console
from florecon_build.cli.errors import CommandError
from florecon_build.cli.exit_codes import Exit

HEADER = ["reason", "account"]


def read_accounts(path: Path) -> dict[str, str]:
    """The accounts of a CSV file with the header `reason,account`. Raises ``CommandError`` naming the line."""
    shown = console.display_path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _refused(f"{shown}: {error}") from error
    if not lines or lines[0] != HEADER:
        raise _refused(f"{shown}: line 1 is {','.join(lines[0]) if lines else 'missing'!r}, not {','.join(HEADER)!r}")
    accounts: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        if len(line) != len(HEADER) or not all(cell.strip() for cell in line):
            raise _refused(f"{shown}: line {number} has no reason, no account, or more than these two")
        reason, account = line
        if reason in accounts:
            raise _refused(f"{shown}: line {number} gives a second account for {reason!r}")
        accounts[reason] = account
    return accounts


def _refused(what: str) -> CommandError:
    fix = "write a CSV file with the header reason,account and a line for each reason of a difference"
    return CommandError(what, fix, Exit.USAGE)
