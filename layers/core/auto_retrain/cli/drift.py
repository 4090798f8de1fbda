"""`auto-retrain drift`: judges drift now, or starts and shows Evidently's drift report."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from ..domain.errors import ArtifactInvalid, EventInvalid
from ..domain.numbers import shown_p_value
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Verdict
from ..ports import Ports
from ..usecases.lookup import policy_of
from ..usecases.training.drift_reports import read_psi, report_drift
from .arguments import Json, Model, id_of, ports_of, refuse_both, time_of
from .commands import Commands
from .packages import packages_for_data
from .printing import print_below, print_json, print_table, print_whole
from .waiting import at_work

commands = Commands()


@commands.add("drift", "drift churn")
def drift(
    context: typer.Context,
    model: Model,
    report: Annotated[
        bool,
        typer.Option("--report", help="start a Kubernetes Job that writes Evidently's report on the same windows"),
    ] = False,
    report_id: Annotated[
        str | None,
        typer.Option(
            "--report-id",
            metavar="ID",
            parser=id_of("report"),
            help="show the PSI values of a finished report beside ours; not with --report",
        ),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            metavar="TIME",
            parser=time_of,
            help="judge the live window that ends then, against today's champion, such as 2026-03-01T12:00:00Z "
            "(default: now)",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the live data with the champion's training data, as of now or another time. Nothing is retrained."""
    refuse_both(context, "--report", "--report-id")
    if at and (report or report_id):
        raise EventInvalid("--at: only without --report and --report-id, whose windows are those of their own time")
    ports = ports_of(context)
    if report:
        _start_report(model, as_json, ports)
    elif report_id:
        _compare(model, report_id, as_json, ports)
    else:
        _judge(model, _past(at, ports), as_json, ports)


def _past(at: datetime | None, ports: Ports) -> datetime:
    now = ports.clock.now()
    if at and at > now:
        raise EventInvalid(f"--at {at.isoformat()}: must not be in the future; leave it out to mean now")
    return at or now


def _judge(model_name: str, at: datetime, as_json: bool, ports: Ports) -> None:
    with packages_for_data("drift"):
        from ..usecases.triggering.drift_evidence import judge_drift_now

        with at_work("counting the live data"):
            drift = judge_drift_now(policy_of(model_name, ports).policy, at, ports)
    if as_json:
        documents = {"dataset": drift.dataset, "overall": drift.overall, "features": drift.features}
        print_json({**documents, "broken": drift.broken})
        return
    rows = [
        (_feature(verdict), _number(verdict.value), _p_value(verdict), verdict.outcome.value, _reason(verdict))
        for verdict in drift.features
    ]
    print_table(("FEATURE", "PSI", "ADJUSTED P", "VERDICT", "REASON"), rows)
    for problem in drift.broken:
        print_below("bad data: ", problem)
    if drift.overall and drift.overall.reason != drift.dataset.reason:
        print_below("together: ", f"{drift.overall.label}: {drift.overall.reason}")
    print_below("", f"{model_name}: {drift.dataset.outcome.value}: {drift.dataset.reason}")


def _start_report(model_name: str, as_json: bool, ports: Ports) -> None:
    report = report_drift(model_name, ports)
    if as_json:
        print_json(report)
        return
    print_whole(f"report          {report.report_id}")
    print_whole(f"kubernetes job  {report.kubernetes_job}")
    print_whole(f"html            {report.html_uri}")
    print_whole(f"both PSIs       auto-retrain drift {model_name} --report-id {report.report_id}")


def _compare(model_name: str, report_id: str, as_json: bool, ports: Ports) -> None:
    theirs = read_psi(report_id, ports)
    if theirs.model_name != model_name:
        raise ArtifactInvalid(f"report '{report_id}' is about model '{theirs.model_name}'")
    ours = {_feature(verdict): verdict for verdict in _judged_then_or_now(model_name, report_id, ports)}
    if as_json:
        print_json({"report_id": report_id, "ours": list(ours.values()), "evidently": theirs.features})
        return
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


def _reason(verdict: Verdict) -> str:
    """Why, unless the PSI beside it says as much."""
    return "-" if verdict.reason.endswith(f" does not exceed {verdict.limit}") else verdict.reason


def _number(value: float | None) -> str:
    return f"{value:.4g}" if value is not None else "-"


def _p_value(verdict: Verdict) -> str:
    return shown_p_value(verdict.p_value) if verdict.p_value is not None else "-"
