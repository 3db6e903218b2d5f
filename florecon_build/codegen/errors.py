"""Errors of code generation and builds."""

from __future__ import annotations

from dataclasses import dataclass


class CodegenError(Exception):
    """The base of every error of this package."""


class ToolchainError(CodegenError):
    """No wasm compiler could be found or made; the message ends with the command that fixes it on this system."""


class BuildError(CodegenError):
    """Cargo failed for a reason that is not the generated code: no network, a full disk, a broken runtime source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One ``rustc`` or clippy error in generated code, beside what the author wrote there.

    ``author`` is ``strategy.py:21  row.pair`` (the marker comment above the closure), or None outside the author's
    expressions; ``node`` is where that stands, ``partition_by > seq[0] > exact_1to1.order`` or ``lane pair``.
    """

    message: str
    file: str
    line: int
    author: str | None
    node: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        source = f"\n    generated from {self.author}" if self.author else ""
        node = f"\n    in {self.node}" if self.node else ""
        return f"{where}: {self.message}{source}{node}"


class GeneratedCodeError(CodegenError):
    """``rustc`` refused generated code. That is a bug of florecon-build, never of the strategy."""

    def __init__(self, rejections: tuple[Rejection, ...]) -> None:
        self.rejections = rejections
        lines = "\n".join(f"  {rejection}" for rejection in rejections)
        super().__init__(
            "the Rust that florecon-build generated does not compile. This is a bug in florecon-build; "
            f"please report it with the strategy.\n{lines}"
        )
