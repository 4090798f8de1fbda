"""IAM's simulation of what a user or role may do, page by page."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.account import Simulated
from ..domain.errors import TransientError
from .aws import translated

_REFUSERS = {
    "OrganizationsDecisionDetail": ("AllowedByOrganizations", "the organization"),
    "PermissionsBoundaryDecisionDetail": ("AllowedByPermissionsBoundary", "its permissions boundary"),
}


def simulate(
    iam: Any, source: str, actions: Sequence[str], arn: str, context: Mapping[str, Sequence[str]] | None = None
) -> Simulated:
    """Whether a user or role may take these actions on a resource; `context` has the values of condition keys.

    What the answer leaves out, or cannot decide without other values, is unknown.
    """
    request: dict[str, Any] = {"PolicySourceArn": source, "ActionNames": list(actions), "ResourceArns": [arn]}
    if context:
        request["ContextEntries"] = [
            {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "stringList"}
            for key, values in context.items()
        ]
    results = {result["EvalActionName"]: result for result in _results(iam, request)}
    denied, unknown = [], []
    for action in actions:
        result = results.get(action)
        if result is None:
            unknown.append(f"{action} on {arn}")
        elif result["EvalDecision"] == "allowed":
            continue
        elif missing := result.get("MissingContextValues"):
            unknown.append(f"{action} on {arn}, which depends on {', '.join(missing)}")
        else:
            denied.append(f"{action} on {arn}{_refused_by(result)}")
    return Simulated(tuple(denied), tuple(unknown))


def _results(iam: Any, request: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    while True:
        with translated(TransientError):
            answer = iam.simulate_principal_policy(**request)
        results += answer["EvaluationResults"]
        if not answer.get("IsTruncated"):
            return results
        request["Marker"] = answer["Marker"]


def _refused_by(result: Mapping[str, Any]) -> str:
    """Who refuses, if it is not the user's or role's own policies."""
    refusers = [who for detail, (allows, who) in _REFUSERS.items() if not result.get(detail, {}).get(allows, True)]
    return f" (refused by {' and '.join(refusers)})" if refusers else ""
