"""Line coverage of the package, cheap enough to be taken of every input.

A line costs only once: with ``sys.monitoring`` (Python 3.12 and later) it is switched off after it was seen, without it
the trace of a frame ends where all lines of its code are known.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import florecon_build

PACKAGE = str(Path(florecon_build.__file__).parent)


class Coverage:
    """Lines of the package that were executed so far."""

    def __init__(self) -> None:
        self.seen: set[tuple[CodeType, int]] = set()
        self._new = 0
        self._left: dict[CodeType, set[int]] = {}

    def grows(self, run: Callable[[], object]) -> bool:
        """Runs a call; true if it executed a line for the first time, also where it raises."""
        self._new = 0
        monitored = _monitored(self._line) if sys.version_info >= (3, 12) else _traced(self._trace)
        with monitored:
            run()
        return self._new > 0

    @property
    def new(self) -> int:
        """Lines that the last call executed for the first time."""
        return self._new

    def _line(self, code: CodeType, line: int) -> None:
        if code.co_filename.startswith(PACKAGE) and (code, line) not in self.seen:
            self.seen.add((code, line))
            self._new += 1

    def _trace(self, frame: FrameType, event: str, arg: object) -> Any:
        """The trace function of a frame with lines that are not known yet."""
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return None
        left = self._left.get(code)
        if left is None:
            left = self._left[code] = {line for _, _, line in code.co_lines() if line is not None}
        if event == "line" and frame.f_lineno in left:
            left.discard(frame.f_lineno)
            self._line(code, frame.f_lineno)
        return self._trace if left else None


class _traced:
    """Sets a trace function and brings back the one before it."""

    def __init__(self, trace: Callable[[FrameType, str, object], Any]) -> None:
        self._trace = trace

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)


class _monitored:
    """Calls a function at each line that is executed for the first time."""

    TOOL = 4

    def __init__(self, line: Callable[[CodeType, int], None]) -> None:
        self._line = line

    def __enter__(self) -> None:
        monitoring: Any = vars(sys)["monitoring"]

        def seen(code: CodeType, line: int) -> object:
            self._line(code, line)
            return monitoring.DISABLE

        monitoring.use_tool_id(self.TOOL, "florecon fuzzing")
        monitoring.register_callback(self.TOOL, monitoring.events.LINE, seen)
        monitoring.set_events(self.TOOL, monitoring.events.LINE)

    def __exit__(self, *_: object) -> None:
        monitoring: Any = vars(sys)["monitoring"]
        monitoring.set_events(self.TOOL, 0)
        monitoring.free_tool_id(self.TOOL)
