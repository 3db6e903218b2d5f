"""Division of a ledger: the keys by which a strategy can bring two rows together, and the components of rows that they
make.
"""

from florecon_build.sharding.components import components
from florecon_build.sharding.connections import Connection, Link
from florecon_build.sharding.plan import ShardPlan, shard_plan

__all__ = ["Connection", "Link", "ShardPlan", "components", "shard_plan"]
