"""The facade for notebooks: it does what the functions do, through the same use cases."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from .bootstrap import local_ports, ports_of
from .domain.back_test import BackTest
from .domain.decision_record import DecisionRecord
from .domain.deployment_ledger import Period
from .domain.drill import Drill
from .domain.errors import EventInvalid, JobUnknown, PolicyInvalid
from .domain.explain import explain, shown
from .domain.job import RetrainingJob
from .domain.messages.rolling_out import RollbackOutcome, RollbackRequest
from .domain.past_days import past_days
from .domain.policy.policy import AppliedPolicy, Policy
from .domain.policy.triggers import TriggerConfig
from .domain.results import ScoringResult
from .domain.serving import ServingRecord
from .domain.trained_back_test import TrainedBackTest
from .domain.trigger_type import TriggerType
from .domain.validation import ValidationResult
from .domain.watch import Alert
from .in_memory import InMemory
from .local_stack import running_stack, started_stack
from .pipeline_options import settings_from
from .ports import Ports
from .usecases.after_promotion.acknowledge import acknowledge
from .usecases.drilling.drill import drill_rollback
from .usecases.lookup import policy_of
from .usecases.operating.policies import PlannedPolicy, apply_planned, plan_policies, plan_triggers
from .usecases.operating.served import list_served
from .usecases.promoting.promote_if_better import promote_if_better
from .usecases.promoting.review import review_challenger
from .usecases.rolling_out.roll_back import roll_back
from .usecases.training.container import read_scores
from .usecases.triggering.await_decision import await_decision
from .usecases.triggering.request_retraining import RequestedRetraining, request_retraining
from .usecases.triggering.retraining_triggers import RetrainingTrigger, should_retrain
from .usecases.validating.judge_challenger import judge_scores
from .usecases.validating.judge_columns import judge_columns

Trigger = TypeVar("Trigger", bound=RetrainingTrigger)

_LOG = logging.getLogger(__name__)
# Long enough for a cold start of the function that decides.
DECISION_SECONDS = 30.0


class AutoRetrainPipeline:
    """One deployment. It has no state of its own, so threads may share it."""

    def __init__(
        self,
        ports: Ports | None = None,
        actor: str = "notebook",
        *,
        decision_seconds: float = DECISION_SECONDS,
        **options: str | None,
    ) -> None:
        """The deployment that the environment describes, unless `options` or `ports` say otherwise.

        The options are `table_name`, `state_machine_arn`, `mlflow_tracking_uri`, `cluster_name`, `namespace`,
        `data_bucket`, `artifacts_bucket`, `prometheus_url`, `stage` and `region`; nothing is connected to before it is
        needed. `actor` is recorded with whatever is done here. A start waits `decision_seconds` for the execution to
        decide.

        Raises:
            TypeError: an option does not exist, or is no text; the message says which there are.
        """
        given = settings_from(options)
        if ports is not None and options:
            raise TypeError(f"give either ports or options such as {next(iter(options))}, not both")
        self._ports: Ports = ports or ports_of(given, options.get("region"))
        self._actor, self._decision_seconds = actor, decision_seconds
        self._world: InMemory | None = None

    @classmethod
    def local(cls, folder: str | Path = ".", actor: str = "notebook", *, start: bool = True) -> Self:
        """The local stack that runs in the clone of a folder; with `start`, it is started if none runs yet.

        One that was started ends with this process, and keeps nothing.

        Raises:
            LocalStackMissing: none runs and none can be started; the message says what to do.
        """
        path = Path(folder).resolve()
        return cls(local_ports(started_stack(path) if start else running_stack(path)), actor)

    @classmethod
    def in_memory(cls, at: datetime | None = None, actor: str = "notebook") -> Self:
        """A pipeline without any outside system, for trying out policies and rules: `world` plays what is outside.

        Its clock goes on from `at`. What it keeps ends with it.
        """
        world = InMemory(at)
        pipeline = cls(world.ports, actor)
        pipeline._world = world
        return pipeline

    @property
    def world(self) -> InMemory:
        """What plays metrics, training and time for a pipeline in memory; AttributeError for a real deployment."""
        if self._world is None:
            raise AttributeError("only AutoRetrainPipeline.in_memory() has a world to play with")
        return self._world

    def apply_policy(self, policy: Policy | Mapping[str, Any], *, reason: str | None = None) -> AppliedPolicy:
        """Put a model's policy in force, as a new version if it differs from the newest; a paused model stays paused.

        If it has to be tried on the past (`triggers.back_test_days`) and does worse there, it needs a `reason`, which
        is kept with the version.

        Raises:
            PolicyInvalid: it breaks a rule; the message names each field, its value and what is allowed.
            PolicyConflict: someone else changed the policy at the same moment.
            ChangeRefused: it would have done worse than the policy in force, and no reason is given.
        """
        (plan,) = plan_policies([_policy_in(policy)], self._ports)
        return self._apply(plan, reason)

    def back_test(self, policy: str | Policy | Mapping[str, Any], since: date, until: date | None = None) -> BackTest:
        """What a policy would have done from `since` to `until` (default: yesterday): a model's, or one that is given.

        Each day is decided on as a deployment with this policy would have; nothing is trained or written.

        Raises:
            ModelUnknown: the model has no policy.
            PolicyInvalid: the policy breaks a rule.
            EventInvalid: the days are not in the past, are in the wrong order, or are too many.
            TransientError: a source could not be reached.
        """
        # Imported here: it needs packages that other methods do without.
        from .bootstrap import simulation_of
        from .usecases.back_testing.back_test import try_policy

        days = past_days(since, until, self._ports.clock.now().date())
        return try_policy(self._named(policy), days, simulation_of, self._ports)

    def back_test_with_training(
        self,
        policy: str | Policy | Mapping[str, Any],
        since: date,
        until: date | None = None,
        *,
        metric: str | None = None,
        again: bool = False,
    ) -> TrainedBackTest:
        """The same with its retrainings carried out, by a Kubernetes Job that is waited for.

        The same arguments find the Job that runs, or its result; with `again` another one starts. `metric` stands for
        that of the policy if its name does not say how to work it out from labelled rows. What the Job does is logged;
        an interruption ends the waiting, not the Job.

        Raises:
            ModelUnknown: the model has no policy.
            PolicyInvalid: the policy breaks a rule, or its metric cannot be worked out.
            EventInvalid: the days or the metric do not fit, or this pipeline is in memory, where nothing trains.
            ClusterRefused: the Job may not be started.
            TrainingFailed: the Job has failed, or is kept from starting.
            TransientError: a source could not be reached for a minute.
        """
        # Imported here: it needs packages that other methods do without.
        from .usecases.back_testing.back_test_request import asked_back_test
        from .usecases.back_testing.order_back_test import await_result, start_back_test

        if self._world is not None:
            raise EventInvalid("a pipeline in memory trains nothing, so it has no back-test with training")
        days, known = past_days(since, until, self._ports.clock.now().date()), self._named(policy)
        asked = asked_back_test({known.model: known}, days, self._ports, metric)
        run = start_back_test(asked, self._ports, again)
        (test,) = await_result(run, self._ports, _LOG.info, time.sleep).tests
        return test

    def _named(self, policy: str | Policy | Mapping[str, Any]) -> Policy:
        return policy_of(policy, self._ports).policy if isinstance(policy, str) else _policy_in(policy)

    def trigger(self, kind: type[Trigger]) -> Trigger:
        """A trigger of a class such as `ScheduledTrigger`, which judges the models of this deployment."""
        if not (isinstance(kind, type) and issubclass(kind, RetrainingTrigger)):
            raise TypeError(f"kind {shown(kind)}: must be a class of a trigger, such as ScheduledTrigger")
        return kind(self._ports)

    def configure_trigger(
        self, model_name: str, config: TriggerConfig | Mapping[str, Any], *, reason: str | None = None
    ) -> AppliedPolicy:
        """Replace the trigger section of a model's policy; a paused model stays paused.

        The time zone, the alarms, the budget and the back-test stay unless `config` names others. A change that has to
        be tried on the past and does worse there needs a `reason`, as for `apply_policy`.

        Raises:
            ModelUnknown: the model has no policy.
            PolicyInvalid: a field breaks a rule; the message names it, its value and what is allowed.
            PolicyConflict: someone else changed the policy at the same moment.
            ChangeRefused: it would have done worse than the policy in force, and no reason is given.
        """
        given = config if isinstance(config, TriggerConfig) else _triggers_in(config)
        return self._apply(plan_triggers(model_name, given, self._ports), reason)

    def _apply(self, plan: PlannedPolicy, reason: str | None) -> AppliedPolicy:
        plans = [plan]
        if plan.back_test_days:
            # Imported here: it needs packages that other methods do without.
            from .bootstrap import simulation_of
            from .usecases.back_testing.try_change import consented, try_change

            plans = consented([try_change(plan, self._ports, asked=None, world_at=simulation_of)], reason)
        (applied,) = apply_planned(plans, self._actor, self._ports)
        return applied

    def check_retrain_needed(self, model_name: str) -> bool:
        """Whether any enabled trigger that is not only observed calls for a retraining now; starts nothing."""
        config = policy_of(model_name, self._ports).policy.triggers
        counted = [kind for kind in TriggerType if config.enables(kind) and not config.observes(kind)]
        return any(should_retrain(kind, model_name, self._ports)[0] for kind in counted)

    def request_retraining(
        self,
        model_name: str,
        training_config: Mapping[str, Any] | None = None,
        trigger_type: TriggerType = TriggerType.MANUAL,
        *,
        reason: str = "started from Python",
        variants: Sequence[Mapping[str, Any]] = (),
        grid: Mapping[str, Sequence[Any]] | None = None,
        review: bool = False,
        force: bool = False,
    ) -> RequestedRetraining:
        """Start an execution, and say what became of it: `outcome`, `sentence` and `job_id`.

        `training_config` overrides training parameters of the policy. With `variants`, or a `grid` of values for each
        parameter, several trainings run, and the best of them is compared with the champion. With `review`, a better
        challenger waits for `approve`. `force` ignores a pause, cool-down and caps. A manual start opens the job unless
        another one owns the model or something holds it back; any other trigger is judged first.

        Raises:
            ModelUnknown: the model has no policy.
            EventInvalid: an argument cannot be recorded or carried by an execution.
            RequestRefused: the model is busy, and enough requests wait for it.
        """
        requested = request_retraining(
            model_name,
            self._ports,
            actor=self._actor,
            reason=reason,
            trigger_type=_trigger_type(trigger_type),
            parameters=training_config,
            variants=variants,
            grid=grid,
            review=review,
            force=force,
        )
        return await_decision(requested, self._decision_seconds, self._ports)

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
        force: bool = False,
    ) -> str:
        """Start a retraining and return the id of its job; takes and raises what `request_retraining` does.

        If the model is being retrained, the request waits for the end of that job, whose id is returned; a warning is
        logged. Only if nothing was decided in time, the job need not exist yet.

        Raises:
            RetrainingHeld: something holds it back, or the trigger does not call for it; the message says what to do.
        """
        requested = self.request_retraining(
            model_name,
            training_config,
            trigger_type,
            reason=reason,
            variants=variants,
            grid=grid,
            review=review,
            force=force,
        )
        job_id = requested.job_to_follow
        if requested.outcome == "waits":
            _LOG.warning("'%s' is not retrained yet: %s", model_name, requested.sentence)
        return job_id

    def validate_new_model(self, model_name: str, validation_data: Any = None) -> ValidationResult:
        """Judge the newest scored challenger again: on its own holdout, or on the answers that `validation_data` holds.

        That is a data frame or a mapping of arrays with the columns `row_id`, `label`, `challenger` and, if the job had
        a champion, `champion`: labels and answers as values. Models are never loaded here. As these need not be the
        rows that were frozen before training, such a verdict promotes nothing.

        Raises:
            JobUnknown: no job of this model has trained a challenger.
            ArtifactInvalid: the predictions are absent, do not match their digests, or lack a column.
        """
        jobs = self._ports.jobs.list_recent(model_name, limit=20)
        trained = next((job for job in jobs if job.challengers), None)
        if trained is None:
            raise JobUnknown(f"no recent job of '{model_name}' has trained a challenger")
        if validation_data is not None and not isinstance(validation_data, ScoringResult):
            return judge_columns(trained, validation_data, self._ports)
        scores = [validation_data] if validation_data else read_scores(trained, self._ports)
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

    def list_decisions(self, model_name: str, limit: int = 20) -> list[DecisionRecord]:
        """The newest decisions on whether to retrain, newest first, each with the verdicts that it follows from."""
        return self._ports.decisions.recent(model_name, limit)

    def list_served(self, model_name: str, limit: int = 20) -> list[Period]:
        """What served from when to when, put there by whom and why: the newest changes, newest first.

        Raises:
            ModelUnknown: the model has no policy, and never had one.
        """
        return list_served(model_name, limit, self._ports)


def _policy_in(policy: Policy | Mapping[str, Any]) -> Policy:
    return policy if isinstance(policy, Policy) else Policy.parse(_as_json(policy))


def _triggers_in(config: Mapping[str, Any]) -> TriggerConfig:
    try:
        return TriggerConfig.model_validate_json(_as_json(config))
    except ValidationError as error:
        raise PolicyInvalid(explain(error, TriggerConfig)) from error


def _trigger_type(given: TriggerType) -> TriggerType:
    try:
        return TriggerType(given)
    except ValueError as error:
        raise EventInvalid(f"trigger_type {shown(given)}: must be one of: {', '.join(TriggerType)}") from error


def _as_json(policy: Mapping[str, Any]) -> str:
    if not isinstance(policy, Mapping):
        raise PolicyInvalid(f"{shown(policy)}: must be a mapping of fields, such as yaml.safe_load makes of a file")
    try:
        return json.dumps(dict(policy))
    except (TypeError, ValueError) as error:
        raise PolicyInvalid(f"it must consist of texts, numbers, lists and mappings: {error}") from error
