"""Conformance kit: checks any module of the ABI against the invariants of a report."""

from florecon_build.host.conformance.kit import run
from florecon_build.host.conformance.module import Module, Program, WorkspaceModule
from florecon_build.host.conformance.verdict import Failure, Verdict

__all__ = ["Failure", "Module", "Program", "Verdict", "WorkspaceModule", "run"]
