"""What each method of a store asks of the table: actions, each with the items or the index that it is for.

Functions get exactly these permissions, and the contract tests of the stores run with no others.
"""

READ, READ_MANY, WRITE, CHANGE, REMOVE, QUERY = (
    f"dynamodb:{operation}" for operation in ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
)
MODELS, JOBS, EVENTS, ALARMS, FLEET = "MODEL#*", "JOB#*", "EVENT#*", "ALARM#*", "FLEET"
OUTBOX, THREADS, INCIDENTS = "OUTBOX#*", "THREAD#*", "INCIDENT#*"


def on(place: str, *actions: str) -> set[str]:
    """Permissions for actions on the items whose key begins like this, or on this index."""
    return {f"{action} on {place}" for action in actions}


# An item of a model is read together with the head of its audit chain.
READ_MODEL = on(MODELS, READ, READ_MANY)
# The two are in different partitions, and one statement has to allow all keys of a batch.
READ_JOB = on(JOBS, READ) | on(f"{JOBS} and {MODELS}", READ_MANY)
# A fact: its claim, its entry and the new head.
FACT = on(MODELS, READ, WRITE)

# A transaction needs the permissions of its parts.
TABLE_PERMISSIONS = {
    "audit.append": FACT,
    "audit.resume": FACT,
    "audit.head": on(MODELS, READ),
    "audit.heads": on("index/fleet", QUERY),
    "audit.entries": on(MODELS, QUERY),
    "policies.get": READ_MODEL,
    "policies.newest": on(MODELS, READ_MANY),
    "policies.fleet": on("index/fleet", QUERY),
    "policies.apply": READ_MODEL | FACT | on(ALARMS, WRITE, REMOVE),
    "policies.listing_alarm": on(ALARMS, QUERY) | on(FLEET, READ) | READ_MODEL | on("index/fleet", QUERY),
    "policies.index_alarms": on(ALARMS, WRITE) | on(FLEET, READ, WRITE) | on("index/fleet", QUERY),
    "policies.history": on(MODELS, QUERY),
    "jobs.get": READ_JOB,
    "jobs.open_job": READ_JOB | READ_MODEL | FACT | on(JOBS, WRITE) | on(MODELS, CHANGE),
    "jobs.save": READ_JOB | FACT | on(JOBS, WRITE),
    "jobs.close_job": READ_JOB | READ_MODEL | FACT | on(JOBS, WRITE) | on(MODELS, CHANGE),
    "jobs.list_active": on("index/active_jobs", QUERY),
    "jobs.list_unannounced": on("index/active_jobs", QUERY),
    "jobs.list_since": on("index/by_month", QUERY),
    "jobs.list_of_model": on("index/by_model", QUERY),
    "jobs.list_recent": on("index/by_model", QUERY),
    "states.get": READ_MODEL,
    "states.record_drift_check": on(MODELS, CHANGE),
    "states.record_retrain": FACT | on(MODELS, CHANGE),
    "states.record_breach": on(MODELS, CHANGE),
    "states.set_quarantine": READ_MODEL | FACT | on(MODELS, CHANGE),
    "states.record_moved_alias": FACT | on(MODELS, CHANGE),
    "states.record_drill": FACT | on(MODELS, CHANGE),
    "states.record_request": on(MODELS, CHANGE),
    "states.record_budget_notice": on(MODELS, CHANGE),
    "states.record_rejection": READ_MODEL | on(MODELS, CHANGE),
    "waiting.add": on(MODELS, WRITE),
    "waiting.of": on(MODELS, QUERY),
    "waiting.remove": on(MODELS, REMOVE),
    "waiting.claim": on(MODELS, CHANGE),
    "decisions.record": FACT,
    "decisions.recent": on(MODELS, QUERY),
    "decisions.newest_first": on(MODELS, QUERY),
    "decisions.stored": on(MODELS, READ),
    "decisions.evidence": on(MODELS, READ),
    "sweeps.last": on(FLEET, READ),
    "sweeps.save": on(FLEET, WRITE),
    "ledger.serving": READ_MODEL | on(MODELS, QUERY),
    "ledger.current": READ_MODEL | on(MODELS, QUERY),
    "ledger.write": READ_MODEL | READ_JOB | FACT | on(MODELS, CHANGE, QUERY) | on(JOBS, WRITE),
    "ledger.note": READ_MODEL | FACT | on(MODELS, QUERY),
    "ledger.lines": on(MODELS, QUERY),
    "ledger.list_open": on("index/active_jobs", QUERY),
    "ledger.list_watched": on("index/active_jobs", QUERY),
    "ledger.evidence": READ_MODEL,
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
