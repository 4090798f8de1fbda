"""`auto-retrain drift`: judges drift now, or starts and shows Evidently's drift report."""

import argparse
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..domain.errors import ArtifactInvalid, EventInvalid
from ..domain.numbers import shown_p_value
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Verdict
from ..ports import Ports
from ..usecases.lookup import policy_of
from ..usecases.training.drift_reports import read_psi, report_drift
from .arguments import add_model, id_of, time_of
from .packages import packages_for_data
from .printing import plain, print_table


def add_commands(commands: Any) -> None:
    drift = commands.add_parser(
        "drift",
        help="judge drift now, without retraining",
        description="Compare the live data with the champion's training data, as of now or another time. Nothing is "
        "retrained.",
    )
    add_model(drift)
    mode = drift.add_mutually_exclusive_group()
    mode.add_argument(
        "--report",
        action="store_true",
        help="start a Kubernetes Job that writes Evidently's report on the same windows",
    )
    mode.add_argument(
        "--report-id", metavar="ID", type=id_of("report"), help="show the PSI values of a finished report beside ours"
    )
    drift.add_argument(
        "--at",
        metavar="TIME",
        type=time_of,
        help="judge the live window that ends then, against today's champion, such as 2026-03-01T12:00:00Z "
        "(default: now)",
    )
    drift.set_defaults(run=_run)


def _run(options: argparse.Namespace, ports: Ports) -> None:
    if options.at and (options.report or options.report_id):
        raise EventInvalid("--at: only without --report and --report-id, whose windows are those of their own time")
    if options.report:
        _start_report(options.model, ports)
    elif options.report_id:
        _compare(options.model, options.report_id, ports)
    else:
        _judge(options.model, _time_in(options, ports), ports)


def _time_in(options: argparse.Namespace, ports: Ports) -> datetime:
    now = ports.clock.now()
    if options.at and options.at > now:
        raise EventInvalid(f"--at {options.at.isoformat()}: must not be in the future; leave it out to mean now")
    return options.at or now


def _judge(model_name: str, at: datetime, ports: Ports) -> None:
    with packages_for_data("drift"):
        from ..usecases.triggering.drift_evidence import judge_drift_now

        drift = judge_drift_now(policy_of(model_name, ports).policy, at, ports)
    rows = [
        (_feature(verdict), _number(verdict.value), _p_value(verdict), verdict.outcome.value, verdict.reason)
        for verdict in drift.features
    ]
    print_table(("FEATURE", "PSI", "ADJUSTED P", "VERDICT", "REASON"), rows)
    for problem in drift.broken:
        print(f"bad data: {plain(problem)}")
    print(f"{model_name}: {drift.dataset.outcome.value}: {plain(drift.dataset.reason)}")


def _start_report(model_name: str, ports: Ports) -> None:
    report = report_drift(model_name, ports)
    print(f"report          {report.report_id}")
    print(f"kubernetes job  {report.kubernetes_job}")
    print(f"html            {report.html_uri}")
    print(f"both PSIs       auto-retrain drift {model_name} --report-id {report.report_id}")


def _compare(model_name: str, report_id: str, ports: Ports) -> None:
    theirs = read_psi(report_id, ports)
    if theirs.model_name != model_name:
        raise ArtifactInvalid(f"report '{report_id}' is about model '{theirs.model_name}'")
    ours = {_feature(verdict): verdict for verdict in _judged_then_or_now(model_name, report_id, ports)}
    rows = [
        (
            feature,
            _number(ours[feature].value if feature in ours else None),
            _number(evidently.psi),
            ours[feature].outcome.value if feature in ours else "-",
            {True: "drifted", False: "not drifted", None: "-"}[evidently.drifted],
        )
        for feature, evidently in theirs.features.items()
    ]
    print_table(("FEATURE", "PSI (DECILES)", "PSI (EVIDENTLY)", "WE SAY", "EVIDENTLY SAYS"), rows)


def _judged_then_or_now(model_name: str, report_id: str, ports: Ports) -> Iterable[Verdict]:
    """The verdicts of the job that a report belongs to, or verdicts of now for a report of no job."""
    job = ports.jobs.get(report_id)
    if job:
        return job.trigger_verdicts
    with packages_for_data("drift"):
        from ..usecases.triggering.drift_evidence import judge_drift_now

        return judge_drift_now(policy_of(model_name, ports).policy, ports.clock.now(), ports).features


def _feature(verdict: Verdict) -> str:
    return verdict.check.removeprefix(f"{TriggerType.DATA_DRIFT.value}:")


def _number(value: float | None) -> str:
    return f"{value:.4g}" if value is not None else "-"


def _p_value(verdict: Verdict) -> str:
    return shown_p_value(verdict.p_value) if verdict.p_value is not None else "-"
