"""Bank statement against ledger: reads the three files, reconciles, and compares with the scenarios.

python examples/bank_and_ledger/run.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from examples import populations
from examples.bank_and_ledger.strategy import plugin

HERE = Path(__file__).resolve().parent
CONTEXT = "context-02-bank-statement-vs-ledger"

if __name__ == "__main__":
    populations.run(HERE, CONTEXT, plugin, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
