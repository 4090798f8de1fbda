"""What we note on an InferenceService: which version is at which address, and what we wrote last."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from ..kubernetes.access.reading import annotations_of
from ..kubernetes.access.transport import Json

MAX_KEPT = 10


@dataclass(frozen=True)
class Mark:
    """`uris` are addresses by version, `revisions` versions by the name of a revision, `wish` the fields we wrote."""

    model_name: str
    uris: Mapping[str, str] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    wish: Json | None = None

    @classmethod
    def of(cls, body: Json, model_name: str) -> Self | None:
        """The mark on an InferenceService; None if there is none, or none that can be read."""
        try:
            noted = json.loads(annotations_of(body).get(_annotation(model_name), ""))
            return cls(model_name, dict(noted["uris"]), dict(noted["revisions"]), dict(noted["wish"]))
        except (ValueError, KeyError, TypeError):
            return None

    def version_at(self, uri: str) -> str:
        """The version at an address; an address that is somebody else's stands for itself."""
        return next((version for version, known in self.uris.items() if known == uri), uri or "none")

    def noting(self, wish: Json, uris: Mapping[str, str], revisions: Mapping[str, str]) -> Json:
        """The metadata with the next mark."""
        noted = {"uris": _newest(self.uris, uris), "revisions": _newest(self.revisions, revisions), "wish": wish}
        return {"annotations": {_annotation(self.model_name): json.dumps(noted)}}


def _newest(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    older = {name: value for name, value in before.items() if name not in now}
    return dict([*older.items(), *now.items()][-MAX_KEPT:])


def _annotation(model_name: str) -> str:
    return f"auto-retrain/{model_name}"
