"""Shows what a retraining by a policy would do with the data that are there."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..domain.data_check import WindowSummary
from ..domain.manifest import FrozenWindow, Manifest, by_object
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.policy.warnings import last_beatable
from ..ports import Ports
from .packages import packages_for_data
from .printing import print_below, print_json, say
from .waiting import at_work

if TYPE_CHECKING:
    # Takes packages that not everybody has.
    from ..usecases.operating.try_policy import Trial

_MEGABYTE = 1e6


def print_trials(policies: Sequence[Policy], reads_data: bool, as_json: bool, ports: Ports) -> bool:
    """Print what a retraining of each would do that starts now; whether all would train, as far as that was asked."""
    trials = [(policy, _trial_of(policy, ports) if reads_data else None) for policy in policies]
    if as_json:
        print_json([_document(policy, trial) for policy, trial in trials])
    else:
        for policy, trial in trials:
            if trial:
                _print_trial(policy, trial)
            else:
                say(f"{policy.model}: can be applied; its data were not looked at (--data)")
    return all(trial is None or trial.why_not is None for _, trial in trials)


def _trial_of(policy: Policy, ports: Ports) -> "Trial":
    with packages_for_data("models check --data"):
        from ..usecases.operating.try_policy import try_policy

        with at_work(f"reading the data of {policy.model}"):
            return try_policy(policy, ports)


def _document(policy: Policy, trial: "Trial | None") -> dict[str, Any]:
    """Of a policy whose data were not looked at, all but the name is null."""
    return {
        "model_name": policy.model,
        "would_train": trial.why_not is None if trial else None,
        "why_not": trial.why_not if trial else None,
        "passed_over": trial.passed_over if trial else None,
        "training": _window_document(trial.manifest.training) if trial else None,
        "holdout": _window_document(trial.manifest.holdout) if trial else None,
        "data_check": trial.check.model_dump(mode="json") if trial else None,
    }


def _window_document(window: FrozenWindow) -> dict[str, Any]:
    objects = by_object(window.objects)
    size = sum(item.size for item, _ in objects)
    return {
        "start": f"{window.start}",
        "end": f"{window.end}",
        "objects": len(objects),
        "bytes": size,
        "parts": window.parts,
    }


def _print_trial(policy: Policy, trial: "Trial") -> None:
    summary = trial.check.summary
    say(f"{policy.model}: a retraining that starts now")
    print_below("  learns from   ", f"{_window(trial.manifest.training)}: {_rows(summary.training)}")
    print_below("  is judged on  ", f"{_window(trial.manifest.holdout)}: {_rows(summary.holdout)}")
    for lead, text in (*_learns(policy), *_needs(policy, trial.manifest)):
        print_below(f"  {lead:13} ", text)
    if trial.proxy:
        print_below("  proxy         ", trial.proxy)
    for finding in trial.check.findings:
        print_below(f"  {finding.severity:13} ", f"{finding.check}: {finding.text}")
    if trial.passed_over:
        print_below("  passed over   ", trial.passed_over)
    if trial.why_no_drift:
        print_below("  warning       ", trial.why_no_drift)
    power = trial.check.power
    if power.chance is not None or not trial.check.errors:
        chance = f"{power.chance:.0%}: " if power.chance is not None else ""
        print_below("  chance        ", f"{chance}{power.reason}")
    print_below("  it would ", f"{f'train nothing: {trial.why_not}' if trial.why_not else 'train'}")


def _window(window: FrozenWindow) -> str:
    objects = by_object(window.objects)
    size = sum(item.size for item, _ in objects)
    objects_with = f"{len(objects)} {'object' if len(objects) == 1 else 'objects'} with {size / _MEGABYTE:.1f} MB"
    return f"{window}, {objects_with}{f' in {window.parts} parts' if window.parts > 1 else ''}"


def _rows(summary: WindowSummary) -> str:
    rarest = summary.rarest_class_rows
    least = f", {rarest} of the rarest class" if rarest is not None else ""
    return f"{summary.rows} rows, {summary.labelled} with a label{least}"


def _learns(policy: Policy) -> Iterator[tuple[str, str]]:
    data, rules = policy.data, policy.validation
    yield "features", f"{len(data.numeric)} numeric, {len(data.categorical)} categorical"
    floor = f"an R² above {rules.r2_floor:g}"
    if data.task is Task.CLASSIFICATION:
        floor = f"an accuracy of {rules.accuracy_floor:g}, and more than always predicting the largest class"
    yield "must reach", floor
    yield "must improve", _improvement(policy)


def _improvement(policy: Policy) -> str:
    """What a later version has to be, and the champion that this can be asked of."""
    rules, name = policy.validation, policy.primary_metric
    if rules.improvement_basis == "non_inferior":
        return f"never: {name} must not be worse by more than {rules.non_inferiority_margin:g}"
    asked = f"{rules.min_improvement:g}" if rules.improvement_basis == "absolute" else f"{rules.min_improvement:.1%}"
    text = f"by {asked} on the champion's {name} (validation.improvement_basis = {rules.improvement_basis})"
    last = last_beatable(policy)
    if last is None:
        return text
    side = "above" if policy.kind_of(name).higher_is_better else "below"
    bound = f"no version can where that is {side} {last:.4f}"
    return f"{text}; {bound}: the bases error_reduction and non_inferior have no such bound"


def _needs(policy: Policy, manifest: Manifest) -> Iterator[tuple[str, str]]:
    training = policy.training
    gpus = f", {training.gpus} GPUs" if training.gpus else ""
    size, minutes = f"{training.cpu} CPU, {training.memory}{gpus}", f"for at most {training.deadline_minutes} minutes"
    if training.workers > 1:
        yield "needs", f"{training.workers} pods of {size} to train and one of them to score, {minutes} each"
    else:
        yield "needs", f"{size}, {minutes} to train and to score each"
    if manifest.parts > 1:
        at_once = f"{min(training.pods_at_once, manifest.parts)} at a time"
        yield "parts", f"each is checked, and those of the holdout are scored, by a pod of its own, {at_once}"
