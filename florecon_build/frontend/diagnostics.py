"""Diagnostics: authoring errors located at the author's line, raised at once or collected.

Checks raise with ``fail``. It walks the stack to the first frame outside this package, which is the author's line,
and takes the node being built from ``place``. Inside ``collecting()`` a failed call is recorded instead of raised and
gives back a placeholder that every later check ignores, so that one run of a strategy file names all of its mistakes.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

from florecon_build.ir.errors import Problem, StrategyError, did_you_mean
from florecon_build.ir.expressions import Span

P = ParamSpec("P")
T = TypeVar("T")

_BEFORE, _WIDTH = 60, 100

_PACKAGE = str(Path(__file__).resolve().parent.parent) + os.sep


@functools.lru_cache(maxsize=256)
def _relative(filename: str) -> str:
    """A path that does not depend on the working directory: relative to the folder, or to the package root above it."""
    if filename.startswith("<"):
        return filename
    path = Path(filename)
    root = path.parent
    while (root / "__init__.py").exists() and root.parent != root:
        root = root.parent
    return path.relative_to(root).as_posix()


def standing_at(span: Span | None, build: Callable[[], T]) -> T:
    """Runs ``build`` as if the author had called it at ``span``; what an author's own function does inside keeps its
    lines.
    """
    return build()


def _author_frame() -> FrameType | None:
    """The innermost frame outside this package, or that of ``standing_at`` where it comes first."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        if frame.f_code is standing_at.__code__:
            break
        frame = frame.f_back
    return frame


def author_span() -> Span | None:
    """The author's position."""
    frame = _author_frame()
    if frame is not None and frame.f_code is standing_at.__code__:
        return frame.f_locals["span"]
    return None if frame is None else Span(file=_relative(frame.f_code.co_filename), line=frame.f_lineno)


_place: ContextVar[str] = ContextVar("florecon_place", default="")


@contextmanager
def place(name: str) -> Generator[None]:
    """Names the node being built, or a part of one (``.cost``): local errors carry it as their path."""
    outer = _place.get()
    joint = "" if name.startswith(".") or not outer else " > "
    token = _place.set(f"{outer}{joint}{name}")
    try:
        yield
    finally:
        _place.reset(token)


def fail(code: str, message: str, *, expected: str = "", got: str = "", fix: str = "") -> NoReturn:
    """Raises one problem at the author's line, in the node being built."""
    raise StrategyError([problem(code, message, expected=expected, got=got, fix=fix)])


def problem(code: str, message: str, *, expected: str = "", got: str = "", fix: str = "") -> Problem:
    """One problem at the author's line, in the node being built."""
    return Problem(
        code=code,
        message=message,
        span=author_span(),
        path=_place.get(),
        expected=expected,
        got=got,
        fix=fix,
    )


def excerpt(text: str, start: int, end: int) -> str:
    """The line of a text in which a piece of it begins, with carets under the piece.

    >>> excerpt("one, two", 5, 8).splitlines()
    ['    one, two', '         ^^^']
    """
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    last = len(text) if last < 0 else last
    begin = max(first, start - _BEFORE) if last - first > _WIDTH else first
    stop = min(last, begin + _WIDTH)
    shown = "".join(char if char.isprintable() else " " for char in text[begin:stop])
    carets = max(1, min(end, stop) - start)
    return f"    {shown}\n    {' ' * (start - begin)}{'^' * carets}"


@dataclass(slots=True)
class _Collector:
    problems: list[Problem] = field(default_factory=list[Problem])


_collector: ContextVar[_Collector | None] = ContextVar("florecon_collector", default=None)


@contextmanager
def collecting() -> Generator[None]:
    """Records every mistake made in its body and raises them together, in the order they were made, at its end.

    >>> import florecon_build as fb
    >>> with fb.collecting():
    ...     rows = fb.columns(row_id=fb.integer(id=True), name=fb.text(nullable=True), amount=fb.money(scale=2))
    ...     lower = rows.nam.lower()
    ...     upper = rows.name.upper()
    Traceback (most recent call last):
    florecon_build.ir.errors.StrategyError: ...
    """
    collector = _Collector()
    token = _collector.set(collector)
    cause: Exception | None = None
    try:
        yield
    except StrategyError as error:
        collector.problems.extend(error.problems)
    except Exception as error:
        if not collector.problems:
            raise
        cause = error
    finally:
        _collector.reset(token)
    if collector.problems:
        raise StrategyError(dict.fromkeys(collector.problems)) from cause


class Missing:
    """Stands for what could not be built while mistakes are collected; everything done with it gives it back."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Missing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: object, **kwargs: object) -> Missing:
        return self

    def __getitem__(self, index: object) -> Missing:
        return self

    def __bool__(self) -> bool:
        return True

    def _same(self, other: object = None) -> Missing:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __and__ = __rand__ = __or__ = __ror__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __invert__ = __abs__ = _same
    __eq__ = __ne__ = _same  # pyright: ignore[reportAssignmentType]
    __hash__ = object.__hash__


MISSING = Missing()


def answered(result: T) -> T:
    """The result of an author's function; while collecting, a placeholder in it stops the node around it in silence."""
    if _holds_missing(result):
        raise StrategyError([])
    return result


@contextmanager
def raising() -> Generator[None]:
    """Mistakes inside are raised, not recorded, also while they are collected."""
    token = _collector.set(None)
    try:
        yield
    finally:
        _collector.reset(token)


def attempt(build: Callable[[], T]) -> T:
    """The result of ``build``; while collecting, its mistakes are recorded and the placeholder comes back, so that the
    other arguments of a node are looked at as well.
    """
    collector = _collector.get()
    if collector is None:
        return build()
    try:
        return build()
    except StrategyError as error:
        collector.problems.extend(error.problems)
        return cast(T, MISSING)


def _holds_missing(value: object) -> bool:
    if isinstance(value, Missing):
        return True
    if isinstance(value, tuple | list):
        return any(_holds_missing(part) for part in cast("Iterable[object]", value))
    if isinstance(value, dict):
        return any(_holds_missing(part) for part in cast("dict[object, object]", value).values())
    return False


def authored(function: Callable[P, T]) -> Callable[P, T]:
    """Marks a public function or operator: its errors are raised at the author's line, or recorded while collecting.

    A call that does not fit the signature becomes a ``StrategyError`` that names the nearest argument. While
    collecting, a call with a placeholder among its arguments gives the placeholder.
    """
    return _authored(function, tolerant=False)


def tolerant(function: Callable[P, T]) -> Callable[P, T]:
    """As ``authored``, of a function that deals with placeholders among its arguments itself."""
    return _authored(function, tolerant=True)


def argument(function: Callable[P, T]) -> Callable[P, T]:
    """Marks a check of one argument of a node: while collecting, a mistake in it leaves the others to be looked at."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        if _collector.get() is not None and any(map(_holds_missing, (*args, *kwargs.values()))):
            return cast(T, MISSING)
        return attempt(lambda: function(*args, **kwargs))

    return wrapper


def _authored(function: Callable[P, T], *, tolerant: bool) -> Callable[P, T]:
    signature = inspect.signature(function)
    name = function.__qualname__.removeprefix("_")

    def call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError:
            _check_call(name, signature, args, kwargs)
            raise

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        collector = _collector.get()
        if collector is None:
            try:
                return call(args, kwargs)
            except StrategyError as error:
                raise error.with_traceback(None) from None
        if not tolerant and any(map(_holds_missing, (*args, *kwargs.values()))):
            return cast(T, MISSING)
        try:
            return call(args, kwargs)
        except StrategyError as error:
            collector.problems.extend(error.problems)
            return cast(T, MISSING)

    return wrapper


def refuse_bool(error: StrategyError) -> bool:
    """Raises ``error`` at once; while collecting, records it and carries on as if the condition held."""
    collector = _collector.get()
    if collector is None:
        raise error
    collector.problems.extend(error.problems)
    return True


def _check_call(name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        known = [parameter for parameter in signature.parameters if parameter != "self"]
        unknown = [key for key in kwargs if key not in signature.parameters]
        fix = did_you_mean(unknown[0], known, "arguments") if unknown else f"arguments: {', '.join(known)}"
        fail("bad_call", f"{name}: {error}", fix=fix)
