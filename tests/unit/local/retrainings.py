"""Whole executions whose stores are in DynamoDB, to count what they read and write."""

from typing import Any

from auto_retrain.adapters.dynamodb.audit_log import DynamoAuditLog
from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.dynamodb.waiting import DynamoWaitingTriggers
from local.bench.units import UnitCount
from tests.contracts.ports.aws_world import create_table
from tests.unit.builders import a_policy
from tests.unit.usecases.world import World, rows


def a_stored_world(**triggers: Any) -> tuple[World, UnitCount]:
    """A world whose stores are in DynamoDB as functions use them, and what its calls take from now on."""
    windows = {"evaluation_window_days": 5, "training_window_days": 10}
    world, client = World(a_policy(triggers={**windows, **triggers})), create_table("jobs")
    count, ports = UnitCount(client), vars(world.ports)
    table = Table(client, "jobs", audited=True)
    clock = world.ports.clock
    ports |= {
        "audit": DynamoAuditLog(table),
        "jobs": DynamoJobStore(table, clock),
        "states": DynamoModelStates(table),
        "policies": DynamoPolicyStore(table),
        "ledger": DynamoLedger(table, clock),
        "decisions": DynamoDecisionLog(table),
        "waiting": DynamoWaitingTriggers(table, clock),
        "sweeps": DynamoSweepLog(table),
    }
    world.ports.policies.apply(world.policy, "ada", clock.now())
    count.clear()
    return world, count


def promote(world: World) -> Any:
    """A whole retraining from the check of its triggers to its end, with a promotion."""
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    world.deploy(job_id)
    return world.close(decision={"job_id": job_id})
