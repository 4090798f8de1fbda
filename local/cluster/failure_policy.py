"""What a Job's podFailurePolicy says about a failed pod."""

from typing import Literal, NamedTuple

from .objects import Json

Action = Literal["FailJob", "FailIndex", "Ignore", "Count"]


class Decision(NamedTuple):
    """The action of the first rule that matches, and the message that the controller gives with it."""

    action: Action
    message: str = ""


def decide(policy: Json, pod: Json) -> Decision:
    """Rules are tried in their order; a failure that none of them matches counts."""
    for index, rule in enumerate(policy.get("rules", [])):
        match = _exit_code(rule, pod) or _condition(rule, pod)
        if match:
            return Decision(rule["action"], f"{match} matching {rule['action']} rule at index {index}")
    return Decision("Count")


def _exit_code(rule: Json, pod: Json) -> str | None:
    wanted = rule.get("onExitCodes")
    if wanted is None:
        return None
    for status in pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", []):
        code = status["state"].get("terminated", {}).get("exitCode", 0)
        named = wanted.get("containerName") in (None, status["name"])
        if code and named and (code in wanted["values"]) == (wanted["operator"] == "In"):
            return f"Container {status['name']} for pod {_name(pod)} failed with exit code {code}"
    return None


def _condition(rule: Json, pod: Json) -> str | None:
    conditions = {(condition["type"], condition["status"]) for condition in pod["status"].get("conditions", [])}
    for wanted in rule.get("onPodConditions", []):
        if (wanted["type"], wanted["status"]) in conditions:
            return f"Pod {_name(pod)} has condition {wanted['type']}"
    return None


def _name(pod: Json) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
