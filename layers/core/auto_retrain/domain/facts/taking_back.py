"""Facts about what was taken back, held or not followed during a rollout."""

from typing import Literal

from ..base import UtcTime
from ..channels import Severity
from .fact import AnnouncedFact, Escalation, Fact


class VersionTakenBack(AnnouncedFact):
    """A challenger or a champion was taken back; `sequence` is the line of the ledger about it.

    If it `waits`, people are reminded until somebody acknowledges it. If it is `told_with_others`, one fact about all
    champions that failed is what people are told.
    """

    kind: Literal["version_taken_back"] = "version_taken_back"
    versions: tuple[str, ...]
    champion: str
    sequence: int
    reason: str
    waits: bool = False
    told_with_others: bool = False

    @property
    def severity(self) -> Severity:
        return "quiet" if self.told_with_others else super().severity

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-taken-back-{self.sequence}"

    @property
    def sentence(self) -> str:
        versions = " and ".join(f"version {version}" for version in self.versions)
        known = f"; please say that you know with 'auto-retrain acknowledge {self.model_name}'" if self.waits else ""
        took_back = f"{self.actor} took back {versions} of {self.model_name}"
        return f"{took_back}; version {self.champion} serves: {self.reason}{known}"


class RolloutIntervened(Fact):
    """A person paused a rollout, let it go on, or had its challenger promoted."""

    kind: Literal["rollout_intervened"] = "rollout_intervened"
    intervention: Literal["pause", "resume", "promote"]
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-{self.intervention}-{self.at.isoformat()}"

    @property
    def sentence(self) -> str:
        verbs = {"pause": "paused", "resume": "resumed", "promote": "asked to end with a promotion"}
        return f"{self.actor} {verbs[self.intervention]} the rollout of {self.model_name}: {self.reason}"


class PauseLasts(Escalation):
    """A person paused a rollout days ago, which is repeated each day; `actor` and `since` are those of the pause."""

    kind: Literal["pause_lasts"] = "pause_lasts"
    since: UtcTime
    challenger: str
    weight: int
    reason: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-pause-lasts-{self.at:%F}"

    @property
    def sentence(self) -> str:
        command, days = f"auto-retrain rollout {self.model_name}", (self.at - self.since).days
        ago = f"{days} {'day' if days == 1 else 'days'} ago, on {self.since:%F %H:%M} UTC"
        return (
            f"{self.actor} paused the rollout of {self.model_name} {ago}, with version {self.challenger} at "
            f"{self.weight} %: {self.reason}; {self.owner}, please let it go on with '{command} resume', or end it "
            f"with '{command} promote' or '{command} abort'"
        )


class ServingDiffers(Escalation):
    """Alias or traffic of a model differ from its serving record, which is repeated each day.

    `revision` is that of the record: what differs again after it had agreed is another fact. An earlier release did not
    know it.
    """

    kind: Literal["serving_differs"] = "serving_differs"
    reason: str
    owner: str
    revision: int | None = None

    @property
    def fact_id(self) -> str:
        occasion = f"{self.at:%F}" if self.revision is None else str(self.revision)
        return f"{self.model_name}-serving-differs-{occasion}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name}: what serves differs from the serving record: {self.reason}; {self.owner}, please put "
            f"it back, or decide with 'auto-retrain rollback {self.model_name}'"
        )


class ServingAgrees(AnnouncedFact):
    """Alias and traffic are as the serving record says again, after people were told `told_at` that they differ."""

    kind: Literal["serving_agrees"] = "serving_agrees"
    version: str
    told_at: UtcTime

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-serving-agrees-{self.told_at.isoformat()}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name}: alias and traffic are as the serving record says again, with version {self.version} "
            "as the champion"
        )
