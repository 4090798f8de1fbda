"""The differences between two policies, field by field."""

import json
from collections.abc import Mapping
from typing import Any

from ..base import Record
from .policy import Policy


class FieldChange(Record):
    """A field that differs, as JSON text before and after; None if the field is not set or does not exist."""

    path: tuple[str, ...]
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if few := self._names_that_differ():
            return f"{'.'.join(self.path)}: {few}"
        values = [text if text is not None else "(none)" for text in (self.before, self.after)]
        return f"{'.'.join(self.path)}: {' -> '.join(values)}"

    def _names_that_differ(self) -> str | None:
        """Of names of which some stay, in their order, those that came or went; None of anything else."""
        before, after = (_names(text) for text in (self.before, self.after))
        stay = [name for name in before if name in after]
        if not stay or stay != [name for name in after if name in before]:
            return None
        gone, new = ([json.dumps(name) for name in one if name not in stay] for one in (before, after))
        told = {"without": gone, "with": new}
        return "; ".join(f"{word} {', '.join(names)}" for word, names in told.items() if names)


def _names(text: str | None) -> list[str]:
    """What a list holds if these are texts, each once; empty otherwise."""
    value = json.loads(text) if text else None
    names = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return names if names == value and len(set(names)) == len(names) else []


def changes_between(before: Policy, after: Policy) -> tuple[FieldChange, ...]:
    """Every field that differs, in the order of the newer policy; fields that it no longer has come last."""
    old, new = (_leaves(policy.model_dump(mode="json", exclude_none=True)) for policy in (before, after))
    paths = [*new, *(path for path in old if path not in new)]
    changes = [FieldChange(path=path, before=old.get(path), after=new.get(path)) for path in paths]
    return tuple(change for change in changes if change.before != change.after)


def _leaves(document: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    leaves: dict[tuple[str, ...], str] = {}
    for name, value in document.items():
        here = (*path, name)
        # An empty object is a leaf; otherwise it would leave no trace.
        leaves |= (
            _leaves(value, here) if isinstance(value, dict) and value else {here: json.dumps(value, sort_keys=True)}
        )
    return leaves
