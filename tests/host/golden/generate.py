"""Generator of the golden vectors, from the modules: `python -m tests.host.golden.generate`."""

from __future__ import annotations

import json
import shutil

from tests.host.golden.modules import by_wasm
from tests.host.golden.plugins import PLUGINS, built
from tests.host.golden.vectors import FOLDER, payloads, played


def main() -> None:
    """One folder a plugin: its vectors, and the rows that they ship."""
    for name in PLUGINS:
        folder = FOLDER / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "rows").mkdir(parents=True)
        vectors = played(by_wasm(built(name)), name == "text")
        lines = [json.dumps(vector, ensure_ascii=False) for vector in vectors]
        (folder / "vectors.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        used = {vector.get("rows") for vector in vectors}
        for file, data in payloads(name == "text").items():
            if file in used:
                (folder / "rows" / file).write_bytes(data)
        print(f"{folder}: {len(vectors)} vectors")


if __name__ == "__main__":
    main()
