"""Facts about a challenger on its way into production."""

from typing import Literal

from ..base import UtcTime
from ..digest import sha256_of
from .fact import AnnouncedFact, Fact


class ChallengerValidated(Fact):
    """A challenger was compared with the champion and judged."""

    kind: Literal["challenger_validated"] = "challenger_validated"
    version: str
    decision: str
    reason: str
    validation_hash: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-validated-{self.validation_hash[:12]}"

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} was validated ({self.decision}): {self.reason}"


class ReviewRequested(AnnouncedFact):
    """A challenger passed every gate and is waiting for a review."""

    kind: Literal["review_requested"] = "review_requested"
    version: str
    until: UtcTime
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-review"

    @property
    def sentence(self) -> str:
        waiting = f"{self.model_name} version {self.version} is waiting for a review until {self.until:%F %H:%M} UTC"
        return f"{waiting}: {self.reason}. Approve it with 'auto-retrain approve {self.job_id}', or decline it"


class ReviewGiven(Fact):
    """A challenger was approved or declined, by a person or because nobody reviewed it in time."""

    kind: Literal["review_given"] = "review_given"
    approved: bool
    reason: str | None

    @property
    def sentence(self) -> str:
        verb = "approved" if self.approved else "declined"
        return f"{self.actor} {verb} the challenger of {self.model_name}: {self.reason or 'no reason given'}"


class Promoted(Fact):
    """A challenger became the champion."""

    kind: Literal["promoted"] = "promoted"
    version: str
    previous_version: str | None
    reason: str

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} became the champion: {self.reason}"


class ChampionAdopted(Fact):
    """The version that served before we knew a model is its first champion in the records."""

    kind: Literal["champion_adopted"] = "champion_adopted"
    version: str

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} served before the first deployment here"


class WeightSet(Fact):
    """A challenger answers another share of the requests; `sequence` is the line of the ledger about it."""

    kind: Literal["weight_set"] = "weight_set"
    version: str
    weight: int
    sequence: int
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-weight-set-{self.sequence}"

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} answers {self.weight} % of the requests: {self.reason}"


class MirrorSet(Fact):
    """A challenger gets copies of requests; `sequence` is the line of the ledger about it."""

    kind: Literal["mirror_set"] = "mirror_set"
    version: str
    share: int
    sequence: int
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-mirror-set-{self.sequence}"

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} gets copies of {self.share} % of the requests: {self.reason}"


class ServingInForce(Fact):
    """Alias and traffic were read back as the ledger wants them since its line `sequence`; weights in percent."""

    kind: Literal["serving_in_force"] = "serving_in_force"
    sequence: int
    alias: str | None
    weights: dict[str, int]

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-in-force-{self.sequence}"

    @property
    def sentence(self) -> str:
        shares = ", ".join(f"version {version} at {weight} %" for version, weight in self.weights.items())
        alias = f"the alias 'champion' names version {self.alias}"
        return f"{self.model_name}: {alias}{f', traffic goes to {shares}' if shares else ''}, as recorded"


class AliasMoved(AnnouncedFact):
    """Somebody else moved alias or traffic; the entry `deployment` of the ledger, if there is one, said otherwise.

    `version` is what they chose, if it is one version; if it was `adopted`, it is the champion in the records, too.
    """

    kind: Literal["alias_moved"] = "alias_moved"
    version: str | None
    expected: str | None
    deployment: int | None
    owner: str
    moved: str = ""
    adopted: bool = False

    @property
    def fact_id(self) -> str:
        chosen = self.version or (sha256_of(self.moved.encode())[:12] if self.moved else "none")
        # What could only be said at first may be taken over later, which is news and another fact.
        adopted = "-adopted" if self.adopted else ""
        return f"{self.model_name}-alias-moved-{self.deployment or 0}-{chosen}{adopted}"

    @property
    def sentence(self) -> str:
        now = f"version {self.version}" if self.version else "no version"
        expected = f"version {self.expected}" if self.expected else "no version"
        source = f"entry {self.deployment} of the ledger" if self.deployment else "what served when its job started"
        moved = self.moved or f"the alias 'champion' names {now} instead of {expected}"
        stays = f"so {now} is the champion from now on" if self.adopted else "and it stays there"
        return f"{self.model_name}: {moved} ({source}); somebody else moved it, {stays}; {self.owner}, please look"


class FilesKept(Fact):
    """A copy of the files of a version that serves, or that served before, was stored among the artifacts."""

    kind: Literal["files_kept"] = "files_kept"
    version: str
    uri: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-files-kept-{self.version}"

    @property
    def sentence(self) -> str:
        return f"A copy of the files of {self.model_name} version {self.version} was stored at {self.uri}"


class ProfileKept(Fact):
    """A profile of the training data was stored beside the new champion."""

    kind: Literal["profile_kept"] = "profile_kept"
    version: str
    rows: int

    @property
    def sentence(self) -> str:
        return f"A profile of {self.rows} rows was stored beside {self.model_name} version {self.version}"
