"""Pool of worker processes. A worker that is killed is replaced, and its task is given once more."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from florecon_build.host import FloreconError, WorkerLost
from florecon_build.host.errors import error_class
from florecon_build.scale.keys import located
from florecon_build.scale.worker import Worker

TRIES = 2
Task = Mapping[str, Any]


@dataclass(slots=True)
class Failure:
    """A task that failed, and its error."""

    task: Task
    error: FloreconError


@dataclass(slots=True)
class _Event:
    at: int
    answer: dict[str, Any] | None = field(default=None)


class Pool:
    """``workers`` processes over the work of one output folder, which end with it; one worker is this process."""

    def __init__(self, out: Path, workers: int) -> None:
        self._out = out
        self._events: queue.Queue[_Event] = queue.Queue()
        self._workers: list[subprocess.Popen[str]] = []
        self._count = workers

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._workers:
            process.kill()
        for process in self._workers:
            process.wait()

    def run(self, tasks: Sequence[Task], progress: Callable[[Task, float], None]) -> list[Failure]:
        """Carries out all tasks; returns those that failed. ``progress`` is told what share of a task is done."""
        if self._count == 1:
            return self._here(tasks, progress)
        waiting = list(reversed(tasks))
        busy: dict[int, Task] = {}
        tries: dict[int, int] = {}
        failures: list[Failure] = []
        idle = [at for at, process in enumerate(self._workers) if process.poll() is None]
        while len(idle) < min(self._count, len(tasks)):
            idle.append(self._start())
        while waiting or busy:
            while waiting and idle:
                at, task = idle.pop(), waiting.pop()
                busy[at] = task
                self._send(at, task)
            event = self._events.get()
            task = busy.get(event.at)
            if task is None:
                continue  # a worker that ended while it had nothing to do
            answer = event.answer
            if answer is None:
                del busy[event.at]
                number = id(task)
                tries[number] = tries.get(number, 1) + 1
                if tries[number] > TRIES:
                    failures.append(Failure(task, self._lost(event.at, task)))
                else:
                    waiting.append(task)
                if waiting:
                    idle.append(self._start())
            elif "done" in answer:
                progress(task, answer["done"] / max(answer["total"], 1))
            else:
                del busy[event.at]
                idle.append(event.at)
                if "finished" in answer:
                    progress(task, 1.0)
                else:
                    failures.append(Failure(task, _error(answer, task)))
        return failures

    def _here(self, tasks: Sequence[Task], progress: Callable[[Task, float], None]) -> list[Failure]:
        worker = Worker.over(self._out)
        failures: list[Failure] = []
        for task in tasks:

            def tell(done: int, total: int, task: Task = task) -> None:
                progress(task, done / max(total, 1))

            try:
                worker.carry_out(task, tell)
                progress(task, 1.0)
            except FloreconError as error:
                failures.append(Failure(task, located(error, _name(task))))
        return failures

    def _start(self) -> int:
        root = str(Path(__file__).parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        process = subprocess.Popen(
            [sys.executable, "-c", "from florecon_build.scale.worker import main; main()", str(self._out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C reaches the process that waits for them
        )
        self._workers.append(process)
        at = len(self._workers) - 1
        threading.Thread(target=self._listen, args=(at, process), daemon=True).start()
        return at

    def _listen(self, at: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if not line.endswith("\n"):
                break
            self._events.put(_Event(at, json.loads(line)))
        process.wait()
        self._events.put(_Event(at))

    def _send(self, at: int, task: Task) -> None:
        stream = self._workers[at].stdin
        assert stream is not None
        try:
            stream.write(json.dumps(dict(task)) + "\n")
            stream.flush()
        except OSError:
            pass  # the worker has ended: its listener says so

    def _lost(self, at: int, task: Task) -> WorkerLost:
        code = self._workers[at].returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return WorkerLost(
            f"{_name(task)}: the worker process ended twice ({how}), as where memory runs out; what is finished stays:"
            " run again with fewer workers or less memory for each to go on from there"
        )


def _name(task: Task) -> str:
    return f"shard {task['number']}" if task["step"] == "shards" else f"{task['step']} of unit {task['number']}"


def _error(answer: Mapping[str, Any], task: Task) -> FloreconError:
    if "crash" in answer:
        return WorkerLost(f"{_name(task)}: {answer['crash']}")
    fields = dict(answer["error"])
    message: str = fields.pop("message")
    return error_class(fields["code"])(f"{_name(task)}: {message}", **fields)
