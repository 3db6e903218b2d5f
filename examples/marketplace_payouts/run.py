"""Marketplace payouts: reads the four files, reconciles, and compares with the scenarios.

python examples/marketplace_payouts/run.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from examples import populations
from examples.marketplace_payouts.strategy import plugin

HERE = Path(__file__).resolve().parent
CONTEXT = "context-03-marketplace-payouts"
CLASSIFIED = ("gateway fee", "payout fee")

if __name__ == "__main__":
    populations.run(HERE, CONTEXT, plugin, Path(sys.argv[1]) if len(sys.argv) > 1 else None, CLASSIFIED)
