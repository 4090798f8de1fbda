"""Facts about the data of a job and the steps that it runs in the cluster."""

from typing import Literal

from .fact import Fact


class DataChecked(Fact):
    """The data of a job were frozen and checked before training."""

    kind: Literal["data_checked"] = "data_checked"
    errors: int
    warnings: int
    skipped: str | None = None
    overridden: str | None = None

    @property
    def sentence(self) -> str:
        findings = f"{self.errors} errors and {self.warnings} warnings"
        return f"The data of {self.model_name} were checked: {self.skipped or self.overridden or findings}"


class ProxyJudged(Fact):
    """A proxy showed whether a full training may help; without evidence the job trains."""

    kind: Literal["proxy_judged"] = "proxy_judged"
    outcome: Literal["refused", "let_through", "unknown"]
    reason: str
    check_hash: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-proxy-judged"

    @property
    def sentence(self) -> str:
        return f"{self.model_name}: {self.reason}"


class StepOrdered(Fact):
    """A step to train or score is given to a Kubernetes Job, or parked for a batch; what came of it follows."""

    kind: Literal["step_ordered"] = "step_ordered"
    step: str
    kubernetes_job: str | None

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-{self.step}-ordered"

    @property
    def sentence(self) -> str:
        where = f"Kubernetes Job '{self.kubernetes_job}'" if self.kubernetes_job else "a batch"
        return f"{self.model_name}: the step '{self.step}' runs in {where}"


class StepEnded(Fact):
    """A step to train, score or try a proxy ended; `seconds` count from its order, waits included."""

    kind: Literal["step_ended"] = "step_ended"
    step: str
    outcome: Literal["succeeded", "failed"]
    seconds: int

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-{self.step}-ended"

    @property
    def sentence(self) -> str:
        return f"{self.model_name}: the step '{self.step}' {self.outcome} after {self.seconds} seconds"


class ChallengerTrained(Fact):
    """Training left these versions, of which one will be the challenger."""

    kind: Literal["challenger_trained"] = "challenger_trained"
    versions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        versions = " and ".join(f"version {version}" for version in self.versions)
        return f"{self.model_name}: training left {versions}"
