"""Store of decisions: an append-only history in SQLite or PostgreSQL."""

from florecon_build.host.decisions.store.audit import Audit, Fault, verify
from florecon_build.host.decisions.store.body import Member
from florecon_build.host.decisions.store.entry import Draft, Entry
from florecon_build.host.decisions.store.ledger import Book, Decision
from florecon_build.host.decisions.store.store import Store

__all__ = ["Audit", "Book", "Decision", "Draft", "Entry", "Fault", "Member", "Store", "verify"]
