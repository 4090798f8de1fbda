"""Applies, pauses, resumes and removes policies; each change is a new version and overwrites none."""

from collections.abc import Iterator, Sequence

from ...domain.base import Record
from ...domain.deployment_ledger import LedgerLine
from ...domain.errors import PolicyConflict, PolicyInvalid
from ...domain.explain import shown
from ...domain.facts.policies import applied_fact
from ...domain.job import RetrainingJob
from ...domain.people import check_person
from ...domain.policy.changes import FieldChange, changes_between
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from ...domain.policy.refusals import refusals
from ...domain.policy.triggers import TriggerConfig
from ...domain.policy.warnings import warnings_of, warnings_with_champion
from ...domain.text import listed, one_line
from ...holds.budgets import budget_hold
from ...ports import Ports
from ..audit.record import record
from ..lookup import known_policy, newest_version, policy_of, policy_version_of, promotion_of

# All of them are indexed in the transaction that stores the policy.
MAX_ALARMS = 40
_KEPT_TRIGGERS = ("time_zone", "alarms", "budget_month_usd", "back_test_days")
# The sections that decide on retrainings: whatever else differs, the past would have been the same.
_DECIDING = ("triggers", "metric", "data", "drift")
# Of the columns that a warning is about.
MAX_NAMED = 3
# Its training section is also in the record of a job that waits for a batch; an item of DynamoDB has at most 400 KB.
MAX_POLICY_BYTES = 100_000


class PlannedPolicy(Record):
    """What applying a policy would change; it is compared with `newest`, which may be a removed version.

    `note` is kept with the version.
    """

    policy: Policy
    newest: AppliedPolicy | None
    changes: tuple[FieldChange, ...] = ()
    warnings: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_new(self) -> bool:
        return self.newest is None or self.newest.status is PolicyStatus.REMOVED

    @property
    def is_unchanged(self) -> bool:
        return not self.is_new and self.newest is not None and self.newest.policy == self.policy

    @property
    def in_force(self) -> Policy | None:
        """The policy that this one would replace; None if there is none."""
        return self.newest.policy if self.newest and not self.is_new else None

    @property
    def back_test_days(self) -> int | None:
        """On how many past days it has to be tried, by itself or by the policy in force; None if it need not be.

        A first policy replaces none, and some changes decide nothing.
        """
        if self.in_force is None or not any(change.path[0] in _DECIDING for change in self.changes):
            return None
        demands = (self.in_force.triggers.back_test_days, self.policy.triggers.back_test_days)
        return max((days for days in demands if days), default=None)

    @property
    def stays_paused(self) -> bool:
        return self.newest is not None and self.newest.status is PolicyStatus.PAUSED


def plan_policies(policies: Sequence[Policy], ports: Ports) -> list[PlannedPolicy]:
    """Compare policies with those in force; nothing is written.

    Raises:
        PolicyInvalid: policies break rules of the deployment; it names every such field.
    """
    check_policies(policies, ports)
    return [_plan(policy, newest_version(policy.model, ports), ports) for policy in policies]


def check_policies(policies: Sequence[Policy], ports: Ports) -> list[PlannedPolicy]:
    """Policies by themselves, with what is doubtful about them; no record is read. Raises like `plan_policies`."""
    problems = [f"{policy.model}: {text}" for policy in policies for text in _problems(policy, ports)]
    if problems:
        raise PolicyInvalid("\n".join(problems))
    return [PlannedPolicy(policy=policy, newest=None, warnings=warnings_of(policy)) for policy in policies]


def apply_planned(plans: Sequence[PlannedPolicy], actor: str, ports: Ports) -> Iterator[AppliedPolicy]:
    """Put the policies in force one after the other; applying them again changes nothing that is already in force.

    A paused model stays paused until it is resumed.

    Raises:
        PolicyConflict: someone else changed a policy after it was compared; those before it are in force.
    """
    for number, plan in enumerate(plans):
        try:
            yield _apply(plan, actor, ports)
        except PolicyConflict as error:
            raise PolicyConflict(f"{error}; {number} of {len(plans)} policies were applied; apply again") from error


def plan_triggers(model_name: str, config: TriggerConfig, ports: Ports) -> PlannedPolicy:
    """Compare a policy with one whose triggers section is another one; nothing is written.

    The time zone, the alarms, the budget and the back-test stay unless the configuration gives others: they are not
    thresholds that have a sensible default, and losing them would be noticed only when a schedule fires at another
    hour, an alarm in vain, a bill comes, or a change is not tried.

    Raises:
        ModelUnknown: there is no such model.
        PolicyInvalid: the triggers cannot be stored.
    """
    if problems := list(_trigger_problems(config)):
        raise PolicyInvalid("; ".join(problems))
    applied = policy_of(model_name, ports)
    before = applied.policy.triggers
    kept = {name: getattr(before, name) for name in _KEPT_TRIGGERS if name not in config.model_fields_set}
    policy = applied.policy.changed(triggers=config.changed(**kept) if kept else config)
    return _plan(policy, applied, ports)


def pause_model(model_name: str, reason: str, actor: str, ports: Ports) -> AppliedPolicy:
    """Stop all triggers of a model; pausing it again keeps the first reason.

    Raises:
        ModelUnknown: there is no such model.
        PolicyConflict: someone else changed its policy at the same moment.
        EventInvalid: the actor or the reason cannot be recorded.
    """
    check_person(actor, reason)
    return _with_status(policy_of(model_name, ports), PolicyStatus.PAUSED, reason, actor, ports)


def resume_model(model_name: str, actor: str, ports: Ports) -> AppliedPolicy:
    """Let the triggers of a paused model work again; an active model is not changed. Raises like `pause_model`."""
    return _with_status(policy_of(model_name, ports), PolicyStatus.ACTIVE, "", actor, ports)


def remove_model(model_name: str, actor: str, ports: Ports) -> AppliedPolicy:
    """Take a model out of the fleet; its history stays, a running job continues. Repeating it changes nothing."""
    return _with_status(known_policy(model_name, ports), PolicyStatus.REMOVED, "", actor, ports)


def _problems(policy: Policy, ports: Ports) -> Iterator[str]:
    """What applying refuses although policies that hold it, from before the rule, can still be read."""
    yield from refusals(policy.training, ports.pod_rules)
    if policy.owner != one_line(policy.owner):
        yield f"owner = {shown(policy.owner)}: must be on one line, without control characters"
    size = len(policy.model_dump_json().encode())
    if size > MAX_POLICY_BYTES:
        yield f"{size} bytes of JSON; at most {MAX_POLICY_BYTES} are allowed"
    yield from _trigger_problems(policy.triggers)


def _trigger_problems(config: TriggerConfig) -> Iterator[str]:
    if len(config.alarms) > MAX_ALARMS:
        yield f"triggers.alarms: {len(config.alarms)} alarms; at most {MAX_ALARMS} are allowed"


def _plan(policy: Policy, newest: AppliedPolicy | None, ports: Ports) -> PlannedPolicy:
    serving = ports.ledger.current(policy.model)
    with_champion = _with_champion(policy, newest, serving, ports) if serving else ()
    warnings = (*warnings_of(policy), *with_champion, *_of_budget(policy, ports))
    plan = PlannedPolicy(policy=policy, newest=newest, warnings=warnings)
    if newest is None or plan.is_new or plan.is_unchanged:
        return plan
    return plan.changed(changes=changes_between(newest.policy, policy))


def _with_champion(policy: Policy, newest: AppliedPolicy | None, serving: LedgerLine, ports: Ports) -> Iterator[str]:
    """Warnings of what the policy would mean for the version that serves."""
    job = promotion_of(serving, ports)
    accuracy = accuracy_at_promotion(job)
    if accuracy is not None:
        yield from warnings_with_champion(policy, accuracy)
    if job and newest:
        yield from _of_features(policy, newest, serving, job, ports)
    if policy.data.parts > 1 and not serving.version.files.are_scored_in_parts(policy.training.image):
        # Every job would end before it trains.
        yield f"data.parts = {policy.data.parts}: {serving.version.cannot_be_scored_in_parts}"


def _of_features(
    policy: Policy, newest: AppliedPolicy, serving: LedgerLine, job: RetrainingJob, ports: Ports
) -> Iterator[str]:
    """A warning if the champion needs columns that are no features any more, so that people keep them in the data."""
    is_newest = newest.version == job.policy_version
    learned = newest if is_newest else policy_version_of(policy.model, job.policy_version, ports)
    gone = [name for name in learned.policy.data.features if name not in policy.data.features]
    if gone:
        champion = f"version {serving.version.number}, the champion, learned from"
        keep = "as long as it serves, the data have to keep them, or no challenger can be compared with it"
        yield f"data.numeric, data.categorical: without {listed(gone, MAX_NAMED)}, which {champion}: {keep}"


def _of_budget(policy: Policy, ports: Ports) -> Iterator[str]:
    """A warning if the budget is too small for what the model's last retrainings cost."""
    if policy.triggers.budget_month_usd is None:
        return
    hold = budget_hold(policy, ports.states.get(policy.model), ports.clock.now())
    if hold and hold.until is None:
        yield f"triggers.budget_month_usd = {policy.triggers.budget_month_usd:g}: {hold.reason}; no trigger starts one"


def accuracy_at_promotion(job: RetrainingJob | None) -> float | None:
    """The accuracy on the holdout of the version that a job promoted, if one did."""
    return job.validation.accuracy if job and job.validation else None


def _apply(plan: PlannedPolicy, actor: str, ports: Ports) -> AppliedPolicy:
    newest = plan.newest
    status = PolicyStatus.PAUSED if plan.stays_paused else PolicyStatus.ACTIVE
    notes = (newest.note if newest and plan.stays_paused else "", plan.note)
    note = "; ".join(each for each in notes if each)
    return _put_in_force(plan.policy, newest, status, note, actor, ports)


def _with_status(applied: AppliedPolicy, status: PolicyStatus, note: str, actor: str, ports: Ports) -> AppliedPolicy:
    return _put_in_force(applied.policy, applied, status, note, actor, ports)


def _put_in_force(
    policy: Policy, newest: AppliedPolicy | None, status: PolicyStatus, note: str, actor: str, ports: Ports
) -> AppliedPolicy:
    """The one place where a policy is written, as the version after the one that was read."""
    check_person(actor)
    now, before = ports.clock.now(), newest.version if newest else 0
    applied = ports.policies.apply(policy, actor, now, status=status, note=note, after=before)
    if applied.version > before:
        record(applied_fact(applied), ports)
    return applied
