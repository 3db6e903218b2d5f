"""Reconciliation of data sets larger than one workspace: rows stay in Parquet, shards are solved in parallel."""

from florecon_build.scale.book import PeriodRun, reconcile_period
from florecon_build.scale.explain import Component, Explained
from florecon_build.scale.reconcile import Reconciled, explain_shards, reconcile

__all__ = ["Component", "Explained", "PeriodRun", "Reconciled", "explain_shards", "reconcile", "reconcile_period"]
