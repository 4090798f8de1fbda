"""Facts about champions after their promotion."""

from typing import Literal

from ..base import Record, UtcTime
from ..digest import sha256_of
from .fact import Escalation, Fact

# With more, each is only named: a message that is too long is read by nobody.
MAX_REASONS = 5
MAX_NAMES = 45


class PromotionFinal(Fact):
    """The watch over a champion ended well, or without a verdict."""

    kind: Literal["promotion_final"] = "promotion_final"
    version: str
    reason: str

    @property
    def sentence(self) -> str:
        return f"the promotion of version {self.version} of {self.model_name} is final: {self.reason}"


class ChampionFailed(Fact):
    """A champion got worse after its promotion, and stays: there is nothing to go back to, or nobody wants that."""

    kind: Literal["champion_failed"] = "champion_failed"
    version: str
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-failed-{self.version}-{self.at.isoformat()}"

    @property
    def sentence(self) -> str:
        return f"Version {self.version} of {self.model_name} failed and stays: {self.reason}"


class JobTakenBack(Fact):
    """The record of a job says that what it had put into production was taken back."""

    kind: Literal["job_taken_back"] = "job_taken_back"
    version: str
    reason: str

    @property
    def sentence(self) -> str:
        return (
            f"job {self.job_id} of {self.model_name} is rolled back, because its version {self.version} was taken back"
        )


class FailureAcknowledged(Fact):
    """Somebody knows of a champion that failed."""

    kind: Literal["failure_acknowledged"] = "failure_acknowledged"
    version: str
    reason: str | None

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-acknowledged-{self.version}-{self.at.isoformat()}"

    @property
    def sentence(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.actor} acknowledged that version {self.version} of {self.model_name} failed{why}"


class FailedChampion(Record):
    """One champion that failed; `told` says how often people were told before."""

    model_name: str
    version: str
    reason: str
    taken_back: bool
    told: int
    owner: str
    at: UtcTime

    @property
    def text(self) -> str:
        return f"{self.model_name} version {self.version}"


class ChampionsFailed(Escalation):
    """Champions got worse after their promotion: all that nobody has acknowledged, be it told again.

    `model_name` is that of the first; with `began`, this continues what was told of since then.
    """

    kind: Literal["champions_failed"] = "champions_failed"
    champions: tuple[FailedChampion, ...]
    began: UtcTime | None = None

    @property
    def fact_id(self) -> str:
        names = ",".join(f"{each.text} {each.at.isoformat()} {each.told}" for each in self.champions)
        return f"champions-failed-{sha256_of(names.encode())[:24]}"

    @property
    def models(self) -> int:
        return len(self.champions)

    @property
    def model_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.model_name for each in self.champions)) if self.models > 1 else ()

    @property
    def sentence(self) -> str:
        new = [each for each in self.champions if not each.told]
        again = [each for each in self.champions if each.told]
        parts = [self._news(new)] if new else []
        parts += [self._reminder(again)] if again else []
        return "; ".join(parts)

    def _news(self, new: list[FailedChampion]) -> str:
        since = f" (continues what began at {self.began:%F %H:%M} UTC)" if self.began else ""
        if len(new) == 1:
            return f"{_done(new[0])}{since}: {new[0].reason}; {_please(new)}"
        cause = "if they share a cause, it is probably outside of these versions"
        return f"{len(new)} champions failed in the same hour{since}; {cause}: {_listed(new)}; {_please(new)}"

    def _reminder(self, again: list[FailedChampion]) -> str:
        count = "1 champion that failed is" if len(again) == 1 else f"{len(again)} champions that failed are"
        return f"{count} still not acknowledged: {_listed(again)}; {_please(again)}"


def _done(champion: FailedChampion) -> str:
    if champion.taken_back:
        return f"{champion.text} was taken back"
    return f"{champion.text} failed and was not taken back"


def _listed(champions: list[FailedChampion]) -> str:
    if len(champions) <= MAX_REASONS:
        return ", ".join(f"{_done(each)} ({each.reason})" for each in champions)
    texts = (each.text if each.taken_back else f"{each.text} (not taken back)" for each in champions[:MAX_NAMES])
    more = len(champions) - MAX_NAMES
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")


def _please(champions: list[FailedChampion]) -> str:
    owners = sorted({each.owner for each in champions})
    named = ", ".join(owners[:MAX_REASONS]) + (" and others" if len(owners) > MAX_REASONS else "")
    model = champions[0].model_name if len(champions) == 1 else "MODEL"
    return f"{named}, please look into it and say so with 'auto-retrain acknowledge {model}'"
