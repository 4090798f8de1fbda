"""The facade for notebooks: it does what the functions do, through the same use cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from .bootstrap import deployed_ports
from .domain.deployment_ledger import Period
from .domain.drill import Drill
from .domain.errors import JobUnknown
from .domain.job import RetrainingJob
from .domain.messages.rolling_out import RollbackOutcome, RollbackRequest
from .domain.policy.policy import AppliedPolicy
from .domain.policy.triggers import TriggerConfig
from .domain.results import ScoringResult
from .domain.serving import ServingRecord
from .domain.trigger_type import TriggerType
from .domain.validation import ValidationResult
from .domain.watch import Alert
from .ports import Ports
from .usecases.after_promotion.acknowledge import acknowledge
from .usecases.drilling.drill import drill_rollback
from .usecases.lookup import policy_of
from .usecases.operating.policies import configure_triggers
from .usecases.operating.served import list_served
from .usecases.promoting.promote_if_better import promote_if_better
from .usecases.promoting.review import review_challenger
from .usecases.rolling_out.roll_back import roll_back
from .usecases.training.container import read_scores
from .usecases.triggering.request_retraining import request_retraining
from .usecases.triggering.retraining_triggers import should_retrain
from .usecases.validating.judge_challenger import judge_scores


class AutoRetrainPipeline:
    """One deployment. It has no state of its own, so threads may share it."""

    def __init__(self, ports: Ports | None = None, actor: str = "notebook") -> None:
        self._ports: Ports = ports or deployed_ports()
        self._actor = actor

    def configure_trigger(self, model_name: str, config: TriggerConfig) -> AppliedPolicy:
        """Replace the trigger section of a model's policy; a paused model stays paused.

        Raises:
            ModelUnknown: the model has no policy.
            PolicyConflict: someone else changed the policy at the same moment.
        """
        return configure_triggers(model_name, config, self._actor, self._ports)

    def check_retrain_needed(self, model_name: str) -> bool:
        """Whether any enabled trigger that is not only observed calls for a retraining now; starts nothing."""
        config = policy_of(model_name, self._ports).policy.triggers
        counted = [kind for kind in TriggerType if config.enables(kind) and not config.observes(kind)]
        return any(should_retrain(kind, model_name, self._ports)[0] for kind in counted)

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
        """Start an execution and return the id of the job that it opens.

        `training_config` overrides training parameters of the policy. With `variants`, or a `grid` of values for each
        parameter, several trainings run, and the best of them is compared with the champion. With `review`, a better
        challenger waits for `approve`. A manual start opens the job unless another one owns the model or something
        holds it back; any other trigger is judged first.
        """
        started = request_retraining(
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
            ArtifactInvalid: the predictions are absent or do not match their digests.
        """
        jobs = self._ports.jobs.list_recent(model_name, limit=20)
        trained = next((job for job in jobs if job.challengers), None)
        if trained is None:
            raise JobUnknown(f"no recent job of '{model_name}' has trained a challenger")
        scores = validation_data or read_scores(trained, self._ports)
        judgement = judge_scores(trained, scores, policy_of(model_name, self._ports), self._ports)
        return judgement.result.sealed(self._ports.clock.now())

    def deploy_if_better(self, model_name: str, job_id: str, min_improvement: float = 0.05) -> bool:
        """Deploy a validated challenger if it is better by this much; returns whether it serves now.

        Raises:
            JobUnknown: this model has no such job.
            IllegalTransition: the job has ended without a deployment, or is not validated yet.
            PromotionRefused: a review is required, and nobody has approved this result.
        """
        return promote_if_better(model_name, job_id, min_improvement, self._ports)

    def approve(self, job_id: str, reason: str | None = None) -> None:
        """Approve a challenger that waits for a review, so that it is deployed; repeating it changes nothing.

        Raises:
            JobUnknown: there is no such job.
            ReviewRefused: it does not wait for a review, or was already declined.
        """
        review_challenger(job_id, True, self._actor, reason, self._ports)

    def roll_back(self, model_name: str, reason: str, to: str | None = None) -> RollbackOutcome:
        """Take back the challenger of a rollout, or else the champion; `to` names a version that has served before.

        The outcome says what was read back, and what is still to come. A second rollback within 15 minutes changes
        nothing, unless it names `to`; a later one goes back further.

        Raises:
            ModelUnknown: the model never had a policy.
            RollbackRefused: there is nothing to go back to; the message names the versions that have served.
            EventInvalid: the reason cannot be recorded.
        """
        request = RollbackRequest.model_construct(model_name=model_name, to=to, actor=self._actor, reason=reason)
        return roll_back(request, self._ports)

    def acknowledge(self, model_name: str, reason: str | None = None) -> Alert:
        """End the reminders about the champion that failed last; the first one to do so stays.

        Raises:
            AcknowledgementRefused: no champion of this model has failed.
            EventInvalid: the reason cannot be recorded.
        """
        return acknowledge(model_name, self._actor, reason, self._ports)

    def drill(self, model_name: str, live: bool = False) -> Drill:
        """Rehearse a rollback without moving anything or, `live`, really go there and back; `problem` is what failed.

        Raises:
            ModelUnknown, RollbackRefused: there is nothing to go back to.
            DrillRefused: a live drill cannot begin now.
        """
        return drill_rollback(model_name, self._actor, live, self._ports)

    def serving(self, model_name: str) -> ServingRecord:
        """What serves a model now, and the rollout that is under way, if any."""
        return self._ports.ledger.serving(model_name)

    def get_job_status(self, job_id: str) -> RetrainingJob | None:
        return self._ports.jobs.get(job_id)

    def list_recent_jobs(self, model_name: str | None = None, limit: int = 20) -> list[RetrainingJob]:
        """The newest jobs, newest first."""
        return self._ports.jobs.list_recent(model_name, limit)

    def list_served(self, model_name: str, limit: int = 20) -> list[Period]:
        """What served from when to when, put there by whom and why: the newest changes, newest first.

        Raises:
            ModelUnknown: the model has no policy, and never had one.
        """
        return list_served(model_name, limit, self._ports)
