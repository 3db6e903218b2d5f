"""A kit that holds any module of the ABI to what a report promises, whoever made it."""

from florecon_build.host.conformance.kit import run
from florecon_build.host.conformance.module import Module, Program, WorkspaceModule
from florecon_build.host.conformance.verdict import Failure, Verdict

__all__ = ["Failure", "Module", "Program", "Verdict", "WorkspaceModule", "run"]
