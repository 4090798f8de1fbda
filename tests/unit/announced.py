"""The events of facts that have to get through, without the many that are only published."""

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.events import FactEvent
from auto_retrain.domain.facts.fact import AnnouncedFact, Escalation


def announced(ports: MemoryPorts) -> list[FactEvent]:
    """The events of announced facts, in order, except of what was only recorded, because another one tells people."""
    kinds = _kinds(AnnouncedFact)
    published = [event for event in ports.events.published if event.kind in kinds]
    return [event for event in published if not (event.fact or {}).get("told_with_others")]


def escalated(ports: MemoryPorts) -> list[FactEvent]:
    """The events of what a person has to do something about."""
    kinds = _kinds(Escalation)
    return [event for event in ports.events.published if event.kind in kinds]


def _kinds(base: type[AnnouncedFact]) -> set[str]:
    own = {base.model_fields["kind"].default} if "kind" in base.__annotations__ else set()
    return own.union(*map(_kinds, base.__subclasses__()))
