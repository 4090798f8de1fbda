"""The facade for people and notebooks: what the functions do, through the same use cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from .bootstrap import deployed_ports
from .domain.errors import JobUnknown
from .domain.job import RetrainingJob, RetrainingStatus
from .domain.messages import JobReference
from .domain.policy import AppliedPolicy
from .domain.results import ScoringResult
from .domain.trigger_config import TriggerConfig, TriggerType
from .domain.validation import ValidationResult
from .ports import Ports
from .usecases.container_results import read_scores
from .usecases.deploy_model import check_review, deploy_model
from .usecases.judging import Judgement, judge_scores, with_min_improvement
from .usecases.publish_report import publish_report
from .usecases.records import policy_of
from .usecases.retraining_triggers import (
    DataDriftTrigger,
    PerformanceDegradationTrigger,
    ScheduledTrigger,
)
from .usecases.reviewing import review_challenger
from .usecases.start_retraining import start_retraining
from .usecases.validate_model import with_result


class AutoRetrainPipeline:
    """One deployment. It keeps nothing itself, so any number of threads may share it."""

    def __init__(self, ports: Ports | None = None, actor: str = "notebook") -> None:
        self._ports: Ports = ports or deployed_ports()
        self._actor = actor
        automatic = (PerformanceDegradationTrigger, ScheduledTrigger, DataDriftTrigger)
        self._triggers = [trigger(self._ports) for trigger in automatic]

    def configure_trigger(self, model_name: str, config: TriggerConfig) -> AppliedPolicy:
        """Replace the trigger section of a model's policy; a paused model stays paused.

        Raises:
            ModelUnknown: no policy was applied for that model.
            PolicyConflict: someone else changed the policy at the same moment.
        """
        applied = policy_of(model_name, self._ports)
        return self._ports.policies.apply(
            applied.policy.model_copy(update={"triggers": config}),
            self._actor,
            self._ports.clock.now(),
            status=applied.status,
            note=applied.note,
            after=applied.version,
        )

    def check_retrain_needed(self, model_name: str) -> bool:
        """Whether any enabled trigger calls for a retraining now; nothing is started."""
        enabled = policy_of(model_name, self._ports).policy.triggers.enabled
        asked = (trigger for trigger in self._triggers if trigger.get_trigger_type().value in enabled)
        return any(trigger.should_retrain(model_name)[0] for trigger in asked)

    def start_retrain_job(
        self,
        model_name: str,
        training_config: Mapping[str, Any] | None = None,
        trigger_type: TriggerType = TriggerType.MANUAL,
        *,
        reason: str = "started from Python",
        variants: Sequence[Mapping[str, Any]] = (),
        grid: Mapping[str, Sequence[Any]] | None = None,
        review: bool = False,
    ) -> str:
        """Start an execution and give the id of the job that it opens.

        `training_config` overrides training parameters of the policy. With `variants`, or a `grid` of values for each
        parameter, several trainings run, and the best of them is compared with the champion. With `review`, what is
        found to be better waits for `approve`. Only a manual start is sure to open a job, unless another one owns the
        model or something holds it back: any other trigger is judged first.
        """
        started = start_retraining(
            model_name,
            self._ports,
            actor=self._actor,
            reason=reason,
            trigger_type=trigger_type,
            parameters=training_config,
            variants=variants,
            grid=grid,
            review=review,
        )
        return started.job_id

    def validate_new_model(self, model_name: str, validation_data: ScoringResult | None = None) -> ValidationResult:
        """Judge the newest scored challenger again, on its own holdout or on other predictions of the same versions.

        Raises:
            JobUnknown: no job of this model has trained a challenger.
            ArtifactInvalid: the predictions are not there or not what their digests say.
        """
        jobs = self._ports.jobs.list_recent(model_name, limit=20)
        trained = next((job for job in jobs if job.challengers), None)
        if trained is None:
            raise JobUnknown(f"no recent job of '{model_name}' has trained a challenger")
        return self._judge(trained, policy_of(model_name, self._ports), validation_data).result

    def deploy_if_better(self, model_name: str, job_id: str, min_improvement: float = 0.05) -> bool:
        """Deploy a validated challenger if it improves by this much; whether it serves now.

        Raises:
            JobUnknown: this model has no such job.
            IllegalTransition: the job has ended without a deployment, or is not validated yet.
            PromotionRefused: a person has to approve it, and has not approved this result.
        """
        job = self._ports.jobs.get(job_id)
        if job is None or job.model_name != model_name:
            raise JobUnknown(f"'{model_name}' has no job '{job_id}'")
        if job.deployed:
            return True
        applied = with_min_improvement(policy_of(model_name, self._ports), min_improvement)
        result, pair = self._judge(job, applied, None)
        if not result.is_valid:
            return False
        check_review(with_result(job, result))
        allowed = with_result(job.moved_to(RetrainingStatus.DEPLOYING), result)
        # One write: what was sealed for a job that may not be deployed any more stays as it is.
        self._ports.jobs.save(allowed.changed(report_uri=publish_report(allowed, result, pair, self._ports)))
        deploy_model(JobReference(job_id=job_id), self._ports)
        return True

    def approve(self, job_id: str, reason: str | None = None) -> None:
        """Let a challenger that waits for a review into production; done again, it changes nothing.

        Raises:
            JobUnknown: there is no such job.
            ReviewRefused: it does not wait for a review, or somebody declined it.
        """
        review_challenger(job_id, True, self._actor, reason, self._ports)

    def get_job_status(self, job_id: str) -> RetrainingJob | None:
        return self._ports.jobs.get(job_id)

    def list_recent_jobs(self, model_name: str | None = None, limit: int = 20) -> list[RetrainingJob]:
        """The newest jobs first."""
        return self._ports.jobs.list_recent(model_name, limit)

    def _judge(self, job: RetrainingJob, applied: AppliedPolicy, scores: ScoringResult | None) -> Judgement:
        scores = scores or read_scores(job, self._ports)
        found = judge_scores(job, scores, applied, self._ports)
        return found._replace(result=found.result.sealed(self._ports.clock.now()))
