"""A model's STATE item: plain attributes, because different functions write different ones."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from ...domain.base import Record
from ...domain.drill import Drill
from ...domain.errors import RecordInvalid, StoreUnavailable
from ...domain.facts.fact import Fact
from ...domain.model_state import (
    BudgetNotice,
    LastJob,
    LastRequest,
    ModelState,
    Quarantine,
    RejectedJob,
    Rejections,
    Serving,
    with_breach,
)
from ...domain.trigger_type import TriggerType
from .audit_chain import AuditChain
from .costs import costs_in
from .keys import Item, model_key, shard_of
from .table import Table, epoch, from_epoch

IN_FLEET = "fleet = :fleet"

_TIMES = ("lease_expires_at", "last_retrained_at", "last_drift_check_at")
_TIME_LISTS = ("attempts", "untrained")
_REJECTIONS: TypeAdapter[dict[TriggerType, Rejections]] = TypeAdapter(
    dict[TriggerType, Rejections], config={"defer_build": True}
)
_NAMES = ("active_job", "moved_alias")
_RECORDS: tuple[tuple[str, str, type[Record]], ...] = (
    ("quarantine", "quarantine", Quarantine),
    ("drill", "last_drill", Drill),
    ("last_job", "last_job", LastJob),
    ("last_request", "last_request", LastRequest),
    ("budget_notice", "budget_notice", BudgetNotice),
)
# The names of the two exceptions are older than the rule.
_BREACHES = {kind: f"{kind.value}_breaches" for kind in TriggerType} | {
    TriggerType.PERFORMANCE_DEGRADATION: "performance_breaches",
    TriggerType.DATA_DRIFT: "drift_breaches",
}
_LEASE_IS_HELD = "active_job = :job AND lease_expires_at > :now"


class DynamoModelStates:
    """ModelStates on the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._chain = table, AuditChain(table)

    def get(self, model_name: str) -> ModelState:
        return state_of(model_name, self._table.get(state_key(model_name)))

    def record_drift_check(self, model_name: str, event_time: datetime) -> None:
        self._set_if_newer("last_drift_check_at", model_name, event_time)

    def record_retrain(self, model_name: str, event_time: datetime, *facts: Fact) -> None:
        self._set_if_newer("last_retrained_at", model_name, event_time, facts)

    def _set_if_newer(self, attribute: str, model_name: str, moment: datetime, facts: Sequence[Fact] = ()) -> None:
        is_newer = f"attribute_not_exists({attribute}) OR {attribute} < :value"
        # The condition fails if a newer time is already stored, which then stays.
        with suppress(ClientError):
            self._set(attribute, model_name, epoch(moment), is_newer, facts)

    def record_breach(self, model_name: str, trigger: TriggerType, day: date) -> ModelState:
        attribute = _BREACHES[trigger]
        # Adding to a set keeps days that others add at the same time.
        values = {":day": _days([day]), **in_fleet(model_name)}
        item = self._table.update(state_key(model_name), f"ADD {attribute} :day SET {IN_FLEET}", values=values)
        breaches = state_of(model_name, item).breach_days(trigger)
        expired = set(breaches) - set(with_breach(breaches, day))
        if expired:
            values = {":expired": _days(expired)}
            item = self._table.update(state_key(model_name), f"DELETE {attribute} :expired", values=values)
        return state_of(model_name, item)

    def record_rejection(self, model_name: str, trigger: TriggerType, job: RejectedJob, in_a_row: int) -> None:
        item = self._table.get(state_key(model_name)) or {}
        after = state_of(model_name, item).rejections_with_failed(trigger, job, in_a_row)
        condition, values = "attribute_not_exists(rejections)", {":after": rejections_document(after)}
        if "rejections" in item:
            condition, values[":before"] = "rejections = :before", item["rejections"]
        expression = f"SET rejections = :after, {IN_FLEET}"
        values |= in_fleet(model_name)
        try:
            self._table.update(state_key(model_name), expression, condition, values)
        except ClientError as error:
            message = f"the rejections of '{model_name}' collided with another write"
            raise StoreUnavailable(message) from error

    def set_quarantine(self, model_name: str, quarantine: Quarantine | None, *facts: Fact) -> bool:
        return self._block(model_name, quarantine, facts) if quarantine else self._free(model_name, facts)

    def _block(self, model_name: str, quarantine: Quarantine, facts: Sequence[Fact]) -> bool:
        document = {"S": quarantine.model_dump_json()}
        try:
            self._set("quarantine", model_name, document, "attribute_not_exists(quarantine)", facts)
        except ClientError:
            # If the quarantine is ours, this call set it and only the answer was lost; any other was there before.
            return self.get(model_name).quarantine == quarantine
        return True

    def _free(self, model_name: str, facts: Sequence[Fact]) -> bool:
        # A missing attribute does not show who removed it, so each call leaves its own mark.
        mark = {"S": uuid4().hex}
        expression = "REMOVE quarantine SET quarantine_lifted_by = :mark"
        condition, values = "attribute_exists(quarantine)", {":mark": mark}
        try:
            self._change(model_name, expression, condition, values, facts)
        except ClientError:
            item = self._table.get(state_key(model_name)) or {}
            return item.get("quarantine_lifted_by") == mark
        return True

    def record_moved_alias(self, model_name: str, difference: str | None, *facts: Fact) -> None:
        if difference is None:
            self._change(model_name, "REMOVE moved_alias", None, None, facts)
        else:
            self._set("moved_alias", model_name, {"S": difference}, None, facts)

    def record_drill(self, model_name: str, drill: Drill, *facts: Fact) -> None:
        self._set("last_drill", model_name, {"S": drill.model_dump_json()}, None, facts)

    def record_request(self, model_name: str, request: LastRequest) -> None:
        self._set("last_request", model_name, {"S": request.model_dump_json()}, None, ())

    def record_budget_notice(self, model_name: str, notice: BudgetNotice) -> None:
        self._set("budget_notice", model_name, {"S": notice.model_dump_json()}, None, ())

    def _set(
        self, attribute: str, model_name: str, value: dict[str, Any], condition: str | None, facts: Sequence[Fact]
    ) -> None:
        values = {":value": value, **in_fleet(model_name)}
        self._change(model_name, f"SET {attribute} = :value, {IN_FLEET}", condition, values, facts)

    def _change(
        self, model_name: str, expression: str, condition: str | None, values: Item | None, facts: Sequence[Fact]
    ) -> None:
        update = self._table.update_action(state_key(model_name), expression, condition, values)
        self._chain.write([{"Update": update}], facts)


def state_key(model_name: str) -> Item:
    return model_key(model_name, "STATE")


def in_fleet(model_name: str) -> Item:
    """The value for IN_FLEET."""
    return {":fleet": {"S": shard_of(model_name)}}


def follow_change(
    model_name: str, serving: Serving | None, owner: tuple[str, datetime] | None, lease_until: datetime | None
) -> tuple[str, str | None, Item]:
    """The update by which a state follows a change of what serves: expression, condition and values.

    `serving` is the new champion, if it changed. `owner` is the job that must hold the lease, and the time now.
    """
    values, sets, removes = in_fleet(model_name), [IN_FLEET], ""
    if serving is not None:
        sets.append("deployed_version = :version, deployed_since = :since")
        # The breaches are those of the version before.
        removes = f" REMOVE {', '.join(_BREACHES.values())}, moved_alias"
        values |= {":version": {"S": serving.version}, ":since": epoch(serving.since)}
    if owner is not None:
        values |= {":job": {"S": owner[0]}, ":now": epoch(owner[1])}
    if lease_until is not None:
        sets.append("lease_expires_at = :until")
        values[":until"] = epoch(lease_until)
    return f"SET {', '.join(sets)}{removes}", _LEASE_IS_HELD if owner else None, values


def state_of(model_name: str, item: Mapping[str, Any] | None) -> ModelState:
    """The state stored in an item; without an item, the state of a new model.

    Raises:
        RecordInvalid: an attribute is malformed; a state is never guessed.
    """
    try:
        return ModelState(model_name=model_name, **_fields(item or {}))
    except Exception as error:
        raise RecordInvalid(f"the state of 'MODEL#{model_name}' cannot be read: {type(error).__name__}") from error


def _fields(item: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **costs_in(item),
        **{name: from_epoch(item[name]) for name in _TIMES if name in item},
        "breaches": {
            kind: tuple(sorted(map(date.fromisoformat, item[name]["SS"])))
            for kind, name in _BREACHES.items()
            if name in item
        },
    }
    fields |= {name: item[name]["S"] for name in _NAMES if name in item}
    if "deployed_version" in item:
        version, since = item["deployed_version"]["S"], from_epoch(item["deployed_since"])
        fields["deployed"] = Serving(version=version, since=since)
    if "fence" in item:
        fields["fence"] = int(item["fence"]["N"])
    fields["rejections"] = _rejections(item)
    fields |= {name: tuple(map(from_epoch, item[name]["L"])) for name in _TIME_LISTS if name in item}
    for name, attribute, kind in _RECORDS:
        if attribute in item:
            fields[name] = kind.model_validate_json(item[attribute]["S"], extra="ignore")
    return fields


def _rejections(item: Mapping[str, Any]) -> Mapping[TriggerType, Rejections]:
    """Earlier releases kept one count for all triggers: it goes to drift, so that it silences no other trigger."""
    if "rejections" in item:
        return _REJECTIONS.validate_json(item["rejections"]["S"])
    count = int(item.get("rejected_in_a_row", {"N": "0"})["N"])
    return {TriggerType.DATA_DRIFT: Rejections(count=count)} if count else {}


def rejections_document(rejections: Mapping[TriggerType, Rejections]) -> dict[str, Any]:
    """Rejections as an attribute."""
    return {"S": _REJECTIONS.dump_json(dict(rejections), exclude_defaults=True).decode()}


def times(values: Iterable[datetime]) -> dict[str, Any]:
    """Times as a list attribute, in their order."""
    return {"L": [epoch(value) for value in values]}


def _days(values: Iterable[date]) -> dict[str, Any]:
    """Days as a set attribute, which must not be empty."""
    return {"SS": [day.isoformat() for day in values]}
