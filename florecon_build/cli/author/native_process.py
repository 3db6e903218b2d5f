"""Native plugin process: a child process that speaks the wire protocol over its standard input and output."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from florecon_build.host.description import Description, parse
from florecon_build.host.errors import Trapped, from_wire
from florecon_build.host.frames import Frame, empty
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.report import Report
from florecon_build.host.report.shipped_rows import ShippedRows
from florecon_build.host.report.tables import read
from florecon_build.host.runtime.parameters import encode_params

_LENGTH = 4


class NativeProcess:
    """One workspace of the plugin in a child process; a panic of the plugin ends only the child."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.about: Description = parse(self._request(b"describe", b""), path.name)
        self._shipped = ShippedRows.none(self.about)

    def __enter__(self) -> NativeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def start(self, config: Mapping[str, object]) -> None:
        """Opens the workspace with parameter values. Raises ``BadConfig``."""
        rows = _stream(empty(self.about))
        self._command({"op": "init", "config": encode_params(self.about, config), "reply": "none"}, rows)

    def upsert(self, frame: Frame) -> None:
        """Sends rows. Raises ``SchemaError``."""
        self._command({"op": "upsert", "reply": "none"}, _stream(frame))
        self._shipped = self._shipped.upserted(frame)

    def solve(self) -> Report:
        """Solves; returns the report with all tables loaded. Raises ``ConservationViolated``."""
        self._command({"op": "solve", "reply": "none"})
        report = Report(self.about, self._fetch).load()
        check_tables(report.groups, report.allocations, report.rows)
        self._shipped = self._shipped.compared(report.rows)
        return report

    def _fetch(self, what: str) -> pa.Table:
        reply = self._request(json.dumps({"op": "fetch", "what": what}).encode(), b"")
        if reply.startswith(b"{"):
            raise from_wire(json.loads(reply).get("error"))
        return read(what, reply)

    def _command(self, command: Mapping[str, Any], arrow: bytes = b"") -> None:
        envelope = json.loads(self._request(json.dumps(command).encode(), arrow))
        if envelope.get("ok") is not True:
            raise from_wire(envelope.get("error"))

    def _request(self, command: bytes, arrow: bytes) -> bytes:
        try:
            send, receive = _pipe(self._process.stdin), _pipe(self._process.stdout)
            for part in (command, arrow):
                send.write(len(part).to_bytes(_LENGTH, "little"))
                send.write(part)
            send.flush()
            length = int.from_bytes(_exactly(receive, _LENGTH), "little")
            return _exactly(receive, length)
        except (EOFError, BrokenPipeError) as error:
            stderr = self._process.communicate()[1].decode("utf-8", "replace").strip()
            raise Trapped(f"the plugin stopped: {stderr or 'no message on standard error'}") from error


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise BrokenPipeError
    return pipe


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _stream(frame: Frame) -> bytes:
    buffer = pa.allocate_buffer(frame.size)
    frame.write(buffer)
    return buffer.to_pybytes()
