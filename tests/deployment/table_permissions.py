"""What each method of a store asks of the table: actions, each with the items or the index that it is for.

Functions get exactly these permissions, and the contract tests of the stores run with no others.
"""

READ, READ_MANY, WRITE, CHANGE, REMOVE, QUERY = (
    f"dynamodb:{operation}" for operation in ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
)
MODELS, JOBS, EVENTS, ALARMS, FLEET = "MODEL#*", "JOB#*", "EVENT#*", "ALARM#*", "FLEET"
OUTBOX, THREADS = "OUTBOX#*", "THREAD#*"


def on(place: str, *actions: str) -> set[str]:
    """Permissions for actions on the items whose key begins like this, or on this index."""
    return {f"{action} on {place}" for action in actions}


# A transaction needs the permissions of its parts.
TABLE_PERMISSIONS = {
    "policies.get": on(MODELS, READ),
    "policies.newest": on(MODELS, READ_MANY),
    "policies.fleet": on("index/fleet", QUERY),
    "policies.apply": on(MODELS, READ, WRITE) | on(ALARMS, WRITE, REMOVE),
    "policies.listing_alarm": on(ALARMS, QUERY) | on(FLEET, READ) | on(MODELS, READ) | on("index/fleet", QUERY),
    "policies.index_alarms": on(ALARMS, WRITE) | on(FLEET, READ, WRITE) | on("index/fleet", QUERY),
    "policies.history": on(MODELS, QUERY),
    "jobs.get": on(JOBS, READ),
    "jobs.open_job": on(JOBS, READ, WRITE) | on(MODELS, READ, WRITE, CHANGE),
    "jobs.save": on(JOBS, READ, WRITE),
    "jobs.close_job": on(JOBS, READ, WRITE) | on(MODELS, READ, CHANGE),
    "jobs.list_active": on("index/active_jobs", QUERY),
    "jobs.list_unannounced": on("index/active_jobs", QUERY),
    "jobs.list_since": on("index/by_month", QUERY),
    "jobs.list_recent": on("index/by_model", QUERY),
    "states.get": on(MODELS, READ),
    "states.record_drift_check": on(MODELS, CHANGE),
    "states.record_retrain": on(MODELS, CHANGE),
    "states.record_breach": on(MODELS, CHANGE),
    "states.set_quarantine": on(MODELS, READ, CHANGE),
    "states.record_moved_alias": on(MODELS, CHANGE),
    "states.record_drill": on(MODELS, CHANGE),
    "states.record_rejection": on(MODELS, READ, CHANGE),
    "waiting.add": on(MODELS, WRITE),
    "waiting.of": on(MODELS, QUERY),
    "waiting.remove": on(MODELS, REMOVE),
    "waiting.claim": on(MODELS, CHANGE),
    "decisions.record": on(MODELS, WRITE),
    "decisions.recent": on(MODELS, QUERY),
    "sweeps.last": on(FLEET, READ),
    "sweeps.save": on(FLEET, WRITE),
    "ledger.serving": on(MODELS, READ, QUERY),
    "ledger.current": on(MODELS, READ, QUERY),
    "ledger.write": on(MODELS, READ, WRITE, CHANGE, QUERY) | on(JOBS, READ, WRITE),
    "ledger.note": on(MODELS, READ, WRITE, QUERY),
    "ledger.lines": on(MODELS, QUERY),
    "ledger.list_open": on("index/active_jobs", QUERY),
    "ledger.list_watched": on("index/active_jobs", QUERY),
    "ledger.evidence": on(MODELS, READ),
    "ledger.keep_evidence": on(MODELS, WRITE),
    "notifications.claim": on(EVENTS, WRITE, READ),
    "notifications.confirm": on(EVENTS, WRITE),
    "notifications.release": on(EVENTS, REMOVE),
    "outbox.add": on(OUTBOX, WRITE),
    "outbox.waiting": on(OUTBOX, QUERY),
    "outbox.remove": on(OUTBOX, REMOVE),
    "routing.of": on(MODELS, READ),
}
# What only people ask: no function lists the jobs of all models.
FOR_PEOPLE = {"jobs.list_recent": on("index/by_month", QUERY)}
