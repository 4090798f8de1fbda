"""Which objects of a list a caller asks for: label selectors and field selectors."""

import re
from collections.abc import Callable, Iterable

from .errors import bad_request
from .names import label_value_problem
from .objects import Json

Predicate = Callable[[Json], bool]

_REQUIREMENT = re.compile(
    r"^\s*(?:(?P<absent>!)\s*(?P<missing>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[^\s=!,()]*)"
    r"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*$"
)
# Commas inside parentheses separate the values of a set, not requirements.
_COMMA = re.compile(r",(?![^()]*\))")


def by_labels(selector: str) -> Predicate:
    """Equality (`a=b`, `a!=b`), existence (`a`, `!a`) and sets (`a in (b,c)`), joined by commas."""
    requirements = [_requirement(text) for text in _COMMA.split(selector)] if selector else []
    return lambda subject: all(holds(subject["metadata"].get("labels", {})) for holds in requirements)


def _requirement(text: str) -> Callable[[dict[str, str]], bool]:
    match = _REQUIREMENT.match(text)
    if match is None:
        raise bad_request(f"unable to parse requirement: {text!r}")
    if match["absent"]:
        return lambda labels: match["missing"] not in labels
    key, values = match["key"], _values(match)
    if values is None:
        return lambda labels: key in labels
    if match["op"] == "!=" or match["set"] == "notin":
        return lambda labels: labels.get(key) not in values
    return lambda labels: labels.get(key) in values


def _values(match: re.Match[str]) -> set[str] | None:
    if match["op"] is None and match["set"] is None:
        return None
    values = {match["value"]} if match["op"] else {value.strip() for value in match["values"].split(",")}
    problems = [problem for problem in map(label_value_problem, values) if problem]
    if problems:
        raise bad_request(f"unable to parse requirement: {problems[0]}")
    return values


def by_fields(selector: str, allowed: Iterable[str], kind: str) -> Predicate:
    """Equality of fields, such as `involvedObject.name=x`; only the fields that the real server indexes."""
    wanted = [term.partition("=") for term in selector.split(",")] if selector else []
    for field, _, _ in wanted:
        if field.rstrip("!") not in allowed:
            raise bad_request(f'field label "{field}" not supported for {kind}')
    return lambda subject: all(_matches(subject, field, value) for field, _, value in wanted)


def _matches(subject: Json, field: str, value: str) -> bool:
    current: object = subject
    for part in field.rstrip("!").split("."):
        current = current.get(part) if isinstance(current, dict) else None
    return (str(current or "") == value.lstrip("=")) is not field.endswith("!")
