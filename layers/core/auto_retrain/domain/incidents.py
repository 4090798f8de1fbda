"""What a fact opens, or ends, for those who are on call: the same subject of a model is the same incident."""

from typing import Literal, NamedTuple

Action = Literal["trigger", "acknowledge", "resolve"]


class IncidentStep(NamedTuple):
    """What happens to some subjects of a model."""

    action: Action
    subjects: tuple[str, ...]


_TAKEN_BACK = (IncidentStep("trigger", ("taken_back",)), IncidentStep("resolve", ("rollout_pause",)))

# By topic. Every loud fact opens an incident, and every incident has a fact that ends it.
INCIDENT_STEPS: dict[str, tuple[IncidentStep, ...]] = {
    **dict.fromkeys(("quarantine_set", "quarantine_lasts"), (IncidentStep("trigger", ("quarantine",)),)),
    **dict.fromkeys(("alias_moved", "serving_differs"), (IncidentStep("trigger", ("serving",)),)),
    **dict.fromkeys(("version_taken_back", "job_rolled_back"), _TAKEN_BACK),
    "champions_failed": (IncidentStep("trigger", ("taken_back",)),),
    **dict.fromkeys(("rejections_escalated", "skips_escalated"), (IncidentStep("trigger", ("not_promoted",)),)),
    **dict.fromkeys(("drill_failed", "drill_left", "drill_overdue"), (IncidentStep("trigger", ("drill",)),)),
    "pause_lasts": (IncidentStep("trigger", ("rollout_pause",)),),
    "pause_of_model_lasts": (IncidentStep("trigger", ("pause",)),),
    "budget_holds": (IncidentStep("trigger", ("budget",)),),
    "failure_acknowledged": (IncidentStep("acknowledge", ("taken_back",)),),
    "quarantine_lifted": (IncidentStep("resolve", ("quarantine",)),),
    "serving_agrees": (IncidentStep("resolve", ("serving",)),),
    # What serves was decided by a job again, whoever moved it before.
    "job_promoted": (IncidentStep("resolve", ("taken_back", "not_promoted", "serving", "rollout_pause", "budget")),),
    "drill_passed": (IncidentStep("resolve", ("drill",)),),
    "rollout_intervened": (IncidentStep("resolve", ("rollout_pause",)),),
    "budget_hold_ended": (IncidentStep("resolve", ("budget",)),),
    "policy_applied": (IncidentStep("resolve", ("pause", "budget")),),
}


def follows_incident(topic: str) -> bool:
    """Whether facts of this topic only acknowledge or resolve what others opened."""
    steps = INCIDENT_STEPS.get(topic, ())
    return bool(steps) and all(step.action != "trigger" for step in steps)
