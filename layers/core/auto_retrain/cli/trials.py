"""Shows what the first retraining of a policy would do with the data that are there."""

from collections.abc import Iterator

from ..domain.data_check import WindowSummary
from ..domain.manifest import FrozenWindow
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..ports import Ports
from .packages import packages_for_data
from .printing import plain

_MEGABYTE = 1e6


def print_trial(policy: Policy, ports: Ports) -> bool:
    """Examine the data of a policy, and print what is read, learned, needed and found; whether it would train."""
    with packages_for_data("models check --data"):
        from ..usecases.operating.try_policy import try_policy

        trial = try_policy(policy, ports)
    summary = trial.check.summary
    print(f"{policy.model}: a retraining that starts now")
    print(f"  learns from   {_window(trial.manifest.training)}: {_rows(summary.training)}")
    print(f"  is judged on  {_window(trial.manifest.holdout)}: {_rows(summary.holdout)}")
    for line in (*_learns(policy), *_needs(policy)):
        print(plain(f"  {line}"))
    for finding in trial.check.findings:
        print(plain(f"  {finding.severity:13} {finding.check}: {finding.text}"))
    power = trial.check.power
    chance = f"{power.chance:.0%}: " if power.chance is not None else ""
    print(plain(f"  chance        {chance}{power.reason}"))
    why_not = trial.why_not
    print(plain(f"  it would {f'train nothing: {why_not}' if why_not else 'train'}"))
    return why_not is None


def _window(window: FrozenWindow) -> str:
    size = sum(item.size for item in window.objects)
    return f"{window}, {len(window.objects)} objects with {size / _MEGABYTE:.1f} MB"


def _rows(summary: WindowSummary) -> str:
    rarest = summary.rarest_class_rows
    least = f", {rarest} of the rarest class" if rarest is not None else ""
    return f"{summary.rows} rows, {summary.labelled} with a label{least}"


def _learns(policy: Policy) -> Iterator[str]:
    data, rules = policy.data, policy.validation
    yield f"features      {len(data.numeric)} numeric, {len(data.categorical)} categorical"
    floor = f"an R² above {rules.r2_floor:g}"
    if data.task is Task.CLASSIFICATION:
        floor = f"an accuracy of {rules.accuracy_floor:g}, and more than always predicting the largest class"
    yield f"must reach    {floor}"


def _needs(policy: Policy) -> Iterator[str]:
    training = policy.training
    gpus = f", {training.gpus} GPUs" if training.gpus else ""
    pods = f"{training.cpu} CPU, {training.memory}{gpus}"
    yield f"needs         {pods}, for at most {training.deadline_minutes} minutes to train and to score each"
