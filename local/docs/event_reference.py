"""Every event on the bus: its kind, how loud it is, who gets it by default, and the JSON Schema of all of them."""

import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import TypeAdapter

from auto_retrain.domain.channels import SEVERITIES
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.events import FactEvent
from auto_retrain.domain.facts.any_fact import AnyFact
from auto_retrain.domain.facts.ending import JobEnded
from auto_retrain.domain.facts.fact import Fact
from auto_retrain.domain.policy.notify import NotifyPolicy
from local.docs.markdown import code, table

Schema = dict[str, Any]

_ENDINGS = {
    Ending.PROMOTED: "The challenger of a job is the champion now.",
    Ending.REJECTED: "A challenger was compared and is not good enough; the champion keeps serving.",
    Ending.INCONCLUSIVE: "The comparison does not allow a decision; the champion keeps serving.",
    Ending.DECLINED: "A challenger was declined, or nobody reviewed it in time.",
    Ending.SKIPPED: "The data are sound, but a promotion is out of reach or unlikely; no challenger was trained.",
    Ending.FAILED: "A job failed; the champion keeps serving.",
    Ending.ROLLED_BACK: "A job ended because its challenger was taken back.",
}


def kinds() -> list[type[Fact]]:
    """All kinds of facts, in the order of their union."""
    union, *_ = get_args(AnyFact)
    return list(get_args(union))


def topics() -> Iterator[tuple[str, str]]:
    """Every topic with its meaning."""
    for kind in kinds():
        if kind is JobEnded:
            yield from ((f"job_{ending.value}", text) for ending, text in _ENDINGS.items())
        else:
            yield str(kind.model_fields["kind"].default), _meaning(kind)


def render_topics() -> str:
    """The table from fact to channels, the loudest first."""
    policy = NotifyPolicy()
    rows = [
        (code(topic), meaning, SEVERITIES[topic], ", ".join(policy.channels_for(topic, SEVERITIES[topic])) or "none")
        for topic, meaning in topics()
    ]
    order = ["loud", "normal", "quiet"]
    rows.sort(key=lambda row: order.index(row[2]))
    return table(("fact", "means", "severity", "channels by default"), rows)


def render_kinds() -> str:
    """A table of the fields that each kind adds to the envelope, with their types."""
    rows = [
        (
            code(str(kind.model_fields["kind"].default)),
            _meaning(kind),
            ", ".join(map(code, _own_fields(kind))) or "none",
        )
        for kind in kinds()
    ]
    return table(("detail-type", "means", "fields of `fact` besides the common ones"), rows)


def schema() -> str:
    """The JSON Schema of the detail of every event."""
    definitions = TypeAdapter(AnyFact).json_schema(mode="serialization")["$defs"]
    envelope = FactEvent.model_json_schema(mode="serialization")["properties"]
    described: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The detail of an event of auto-retrain, version 1",
        "type": "object",
        "properties": {name: field for name, field in envelope.items() if name != "fact"},
        "required": sorted(envelope),
        "oneOf": [_of_kind(kind) for kind in kinds()],
        "$defs": definitions,
    }
    return json.dumps(described, indent=2) + "\n"


def _of_kind(kind: type[Fact]) -> Schema:
    name = str(kind.model_fields["kind"].default)
    own = {"kind": {"const": name}, "fact": {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"}, {"type": "null"}]}}
    return {"title": name, "description": _meaning(kind), "properties": own}


def _own_fields(kind: type[Fact]) -> list[str]:
    return [name for name in kind.model_fields if name not in Fact.model_fields]


def _meaning(kind: type[Fact]) -> str:
    """The first paragraph of its description."""
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
