"""Book of a reconciliation that is repeated every period: open items, decisions, parameters, periods."""

from florecon_build.host.decisions.book.book import Book, Input, PeriodView
from florecon_build.host.decisions.book.recording import Outcome
from florecon_build.host.decisions.book.workspace import BookWorkspace

__all__ = ["Book", "BookWorkspace", "Input", "Outcome", "PeriodView"]
