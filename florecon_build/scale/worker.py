"""Worker process of a run: tasks as lines of JSON on standard input, answers and progress on standard output."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from florecon_build.host import FloreconError
from florecon_build.scale.job import Folder, Job
from florecon_build.scale.keys import edges, stage
from florecon_build.scale.solve import solve_shard
from florecon_build.scale.solver import Solver

SECONDS = 0.2


class NoDataFrames(MetaPathFinder):
    """Hides pandas, which PyArrow otherwise imports at its first array: a second of each worker's time."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Refuses pandas. Errors: `ImportError`."""
        if fullname == "pandas":
            raise ImportError("a worker has no data frames")


@dataclass(frozen=True, slots=True)
class Worker:
    """The tasks of a run, carried out in this process."""

    folder: Folder
    job: Job
    solver: Solver

    @staticmethod
    def over(out: Path) -> Worker:
        """A worker over the output folder of a run."""
        folder = Folder(out)
        return Worker(folder, folder.job(), folder.solver())

    def carry_out(self, task: Mapping[str, Any], progress: Callable[[int, int], None]) -> None:
        """Carries out one task. Errors: those of its step."""
        number: int = task["number"]
        match task["step"]:
            case "keys":
                stage(self.job, self.solver, number, self.folder.path("keys", f"{number}.parquet"))
            case "edges":
                staged = self.folder.path("keys", f"{number}.parquet")
                edges(self.job, self.solver, staged, task["classes"], self.folder.path("edges", str(number)))
            case _:
                solve_shard(self.folder, self.solver, number, progress)


def main() -> None:
    """Carries out tasks until standard input ends."""
    sys.meta_path.insert(0, NoDataFrames())
    worker = Worker.over(Path(sys.argv[1]))
    answers, sys.stdout = sys.stdout, sys.stderr

    def say(**fields: object) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > SECONDS:
            last = time.monotonic()
            say(done=done, total=total)

    for line in sys.stdin:
        try:
            worker.carry_out(json.loads(line), progress)
            say(finished=True)
        except FloreconError as error:
            known = {name: getattr(error, name) for name in ("code", "id", "group_id", "column", "row")}
            say(error={"message": error.message, **known})
        except Exception:  # told to the parent, which raises WorkerLost with the traceback
            say(crash=traceback.format_exc())


if __name__ == "__main__":
    main()
