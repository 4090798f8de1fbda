"""A model in DynamoDB whose chain is anchored in S3, and somebody with every right who changes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from auto_retrain.adapters.anchors import S3AnchorStore
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.anchors import anchor_key, next_anchor, read_anchor
from auto_retrain.domain.audit_chain import AuditEntry, ChainHead, entries_after, entry_hash
from auto_retrain.domain.audit_findings import AuditFindings
from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.audit.anchor_audit import anchor_audit
from auto_retrain.usecases.audit.verify_audit import verify_audit
from auto_retrain.usecases.triggering.record_decision import judgement_fact
from tests.aws_clients import REGION, aws_client
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import NOW, dynamo_stores

TABLE, BUCKET = "jobs", "anchors"
LENGTH, ANCHORED = 10, 8

Item = dict[str, Any]


def decision(number: int, model: str = "churn", reason: str = "every 30 days") -> DecisionRecord:
    at = NOW + timedelta(hours=number)
    return DecisionRecord(
        model_name=model,
        key=f"key-{number}",
        event_time=at,
        recorded_at=at,
        trigger_type="scheduled",
        outcome="not_due",
        reason=reason,
    )


class TamperedWorld:
    """Ten decisions about `churn`, the first eight of which are anchored, and as many about `fraud`."""

    def __init__(self) -> None:
        self.client = create_table(TABLE)
        self.s3 = aws_client("s3", REGION)
        stores = dynamo_stores(self.client)
        self.ports: Any = MemoryPorts()
        for port in ("clock", "audit", "policies", "jobs", "decisions", "ledger"):
            setattr(self.ports, port, getattr(stores, port))
        self.use_bucket(BUCKET)
        for number in range(1, LENGTH + 1):
            for model in ("churn", "fraud"):
                made = decision(number, model)
                self.ports.decisions.record(made, judgement_fact(made))
            if number in (4, ANCHORED):
                anchor_audit(ScheduledEvent(), self.ports)
        self.items = self._items()

    def use_bucket(self, name: str) -> None:
        self.s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=True,
        )
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3000}}
        self.s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
        self.bucket, self.ports.anchors = name, S3AnchorStore(self.s3, name)

    def copy_anchors(self, bucket: str) -> None:
        """Go on with the anchors in a bucket of its own, because nobody can put back what is locked."""
        anchors = [read_anchor(stored.document) for stored in self.ports.anchors.history()]
        self.use_bucket(bucket)
        for anchor in anchors:
            self.ports.anchors.add(anchor)

    def _items(self) -> list[Item]:
        items: list[Item] = self.client.scan(TableName=TABLE)["Items"]
        return items

    def restore(self) -> None:
        """Put the table back as it was, with the first bucket."""
        self.ports.anchors = S3AnchorStore(self.s3, BUCKET)
        changed = self._items()
        for item in (each for each in changed if each not in self.items):
            self.client.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})
        for item in (each for each in self.items if each not in changed):
            self.put(item)

    def verify(self) -> AuditFindings:
        return verify_audit("churn", False, self.ports)

    @property
    def entries(self) -> list[AuditEntry]:
        return list(self.ports.audit.entries("churn"))

    def put(self, item: Item) -> None:
        self.client.put_item(TableName=TABLE, Item=item)

    def item(self, number: int, model: str = "churn") -> Item:
        key = {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": f"AUDIT#{number:012}"}}
        found: Item = self.client.get_item(TableName=TABLE, Key=key)["Item"]
        return found

    def delete(self, *numbers: int) -> None:
        for number in numbers:
            key = {"pk": {"S": "MODEL#churn"}, "sk": {"S": f"AUDIT#{number:012}"}}
            self.client.delete_item(TableName=TABLE, Key=key)

    def write(self, entry: AuditEntry, at: int | None = None) -> None:
        """Store an entry in the place of a number, its own unless another one is given."""
        self.put(
            {
                "pk": {"S": "MODEL#churn"},
                "sk": {"S": f"AUDIT#{at or entry.number:012}"},
                "previous": {"S": entry.previous_hash},
                "text": {"S": entry.text},
                "own_hash": {"S": entry.hash},
            }
        )

    def set_head(self, head: ChainHead) -> None:
        key = {"pk": {"S": "MODEL#churn"}, "sk": {"S": "AUDIT_HEAD"}}
        item = self.client.get_item(TableName=TABLE, Key=key)["Item"]
        self.put({**item, "chain_number": {"N": str(head.number)}, "chain_hash": {"S": head.hash}})

    def rewrite(self, first: int) -> None:
        """Another history from this number on, with fitting hashes and a fitting head."""
        entries = self.entries
        before = entries[first - 2].head if first > 1 else ChainHead(model_name="churn")
        facts = [judgement_fact(decision(each, reason="nothing happened")) for each in range(first, LENGTH + 1)]
        anew = entries_after(before, facts)
        for entry in anew:
            self.write(entry)
        self.set_head(anew[-1].head)


class TableAttack(NamedTuple):
    """What somebody does, and the words that must be said about it."""

    name: str
    do: Callable[[TamperedWorld], object]
    told: str


def _edited(entry: AuditEntry, fresh_hash: bool = False) -> AuditEntry:
    text = entry.text.replace("not_due", "started")
    digest = entry_hash(entry.model_name, entry.number, entry.previous_hash, text) if fresh_hash else entry.hash
    return entry.changed(text=text, hash=digest)


def _swap(world: TamperedWorld) -> None:
    fifth, sixth = world.entries[4:6]
    world.write(fifth, at=6)
    world.write(sixth, at=5)


def _cut(world: TamperedWorld, last: int) -> None:
    """With the head set back, so that the table alone agrees with itself."""
    head = world.entries[last - 1].head
    world.delete(*range(last + 1, LENGTH + 1))
    world.set_head(head)


def _remove_all(world: TamperedWorld) -> None:
    world.delete(*range(1, LENGTH + 1))
    world.client.delete_item(TableName=TABLE, Key={"pk": {"S": "MODEL#churn"}, "sk": {"S": "AUDIT_HEAD"}})


def _append_by_hand(world: TamperedWorld) -> None:
    entries = world.entries
    (another,) = entries_after(entries[-1].head, [judgement_fact(decision(11))])
    world.write(another)


def _drop_text(world: TamperedWorld) -> None:
    item = world.item(5)
    del item["text"]
    world.put(item)


def _of_another_model(world: TamperedWorld) -> None:
    world.put({**world.item(5, "fraud"), "pk": {"S": "MODEL#churn"}})


def _rename(world: TamperedWorld) -> None:
    item = world.item(5)
    world.delete(5)
    world.put({**item, "sk": {"S": "AUDIT#00000000000x"}})


def _suppress(world: TamperedWorld) -> None:
    """Claim the id of a fact before it is recorded, so that it counts as written already."""
    made = decision(11)
    world.put({"pk": {"S": "MODEL#churn"}, "sk": {"S": f"FACT#{judgement_fact(made).fact_id}"}})
    world.ports.decisions.record(made, judgement_fact(made))


TABLE_ATTACKS = (
    TableAttack("edit an entry", lambda world: world.write(_edited(world.entries[4])), "entry 5 altered"),
    TableAttack(
        "edit, with a fresh hash", lambda world: world.write(_edited(world.entries[4], True)), "entry 6 forked"
    ),
    TableAttack("take the text out", _drop_text, "entry 5 altered"),
    TableAttack("another history from 5 on", lambda world: world.rewrite(5), "entry 8 rewritten"),
    TableAttack("another history from 1 on", lambda world: world.rewrite(1), "entry 4 rewritten"),
    TableAttack("delete an entry", lambda world: world.delete(5), "entry 5 missing"),
    TableAttack("delete the first three", lambda world: world.delete(1, 2, 3), "entry 1 missing"),
    TableAttack("delete the last", lambda world: world.delete(10), "entry 10 truncated"),
    TableAttack("cut off an anchored end", lambda world: _cut(world, 6), "entry 7 truncated"),
    TableAttack("cut off what is not anchored", lambda world: _cut(world, 9), "decision key-10"),
    TableAttack("delete all of it", _remove_all, "entry 1 truncated"),
    TableAttack("swap two entries", _swap, "entry 5 swapped"),
    TableAttack("copy an entry over another", lambda world: world.write(world.entries[4], at=6), "entry 6 swapped"),
    TableAttack("put in one of another model", _of_another_model, "entry 5 foreign"),
    TableAttack("give an entry another key", _rename, "entry 5 missing"),
    TableAttack("append behind the head", _append_by_hand, "head 10: expected entry 11"),
    TableAttack("set the head back", lambda world: world.set_head(world.entries[8].head), "head 9: expected entry 10"),
    TableAttack(
        "give the head another hash",
        lambda world: world.set_head(world.entries[9].head.changed(hash="0" * 64)),
        "head 10: expected",
    ),
    TableAttack(
        "set the head far ahead",
        lambda world: world.set_head(world.entries[9].head.changed(number=10**30)),
        "entry 11 truncated",
    ),
    TableAttack("keep a fact out of the chain", _suppress, "decision key-11"),
)


def _delete_for_good(world: TamperedWorld) -> str:
    (version,) = world.s3.list_object_versions(Bucket=world.bucket, Prefix=anchor_key(2))["Versions"]
    try:
        world.s3.delete_object(
            Bucket=world.bucket, Key=anchor_key(2), VersionId=version["VersionId"], BypassGovernanceRetention=True
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "deleted"


def _go_on_from_another_history(world: TamperedWorld) -> None:
    """With the role of the function: rewrite all, and anchor that."""
    world.rewrite(1)
    anchor = next_anchor(world.ports.audit.heads(), NOW, world.ports.anchors.newest())
    assert anchor
    world.ports.anchors.add(anchor)


def _forge_next(world: TamperedWorld) -> None:
    newest = world.ports.anchors.newest()
    anchor = next_anchor(world.ports.audit.heads(), NOW, newest)
    assert anchor
    world.ports.anchors.add(anchor.changed(previous_hash="0" * 64))


ANCHOR_ATTACKS = (
    TableAttack("delete an anchor for good", _delete_for_good, "AccessDenied"),
    TableAttack(
        "mark an anchor as deleted",
        lambda world: world.s3.delete_object(Bucket=world.bucket, Key=anchor_key(1)),
        "anchor 1: expected one version",
    ),
    TableAttack(
        "put another text over an anchor",
        lambda world: world.s3.put_object(
            Bucket=world.bucket, Key=anchor_key(1), Body=b"{}", ChecksumAlgorithm="SHA256"
        ),
        "anchor 1: expected one version",
    ),
    TableAttack("anchor another history", _go_on_from_another_history, "entry 4 rewritten"),
    TableAttack("anchor without the one before", _forge_next, "anchor 2: expected"),
)

# In an export, only what was anchored is proven to be all.
WITHOUT_A_TRACE = {"the end cut off after the anchor"}


def told(findings: AuditFindings) -> list[str]:
    """What is said to be wrong, in sentences."""
    (chain,) = findings.chains
    return [*(each.sentence for each in (*findings.anchors.damages, *chain.damages)), *chain.unrecorded]
