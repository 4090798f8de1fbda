"""Tries a policy on its data: what its next retraining would read, and whether it would train. Nothing is written."""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from ...domain.data_check import DataCheck, DataSummary
from ...domain.dated_rows import passed_over
from ...domain.job import RetrainingJob
from ...domain.manifest import Manifest, with_rows
from ...domain.policy.policy import Policy
from ...domain.trigger_type import TriggerType
from ...domain.windows import Window, windows_at
from ...ports import Ports
from ...triggers.feature_drift import rows_needed
from ..data.examine_data import examine_data
from ..data.listing import days_of, objects_of
from ..data.manifest import list_data
from ..foreseeing.proxy_plan import what_it_learns, why_needless


class Trial(NamedTuple):
    """The data that would be read, and what was found in them.

    `passed_over` tells of rows that no job reads, and `why_no_drift` why drift in so few cannot be judged. `proxy` says
    when a proxy would go before a training, or why none would, if the policy wants one.
    """

    manifest: Manifest
    check: DataCheck
    passed_over: str | None = None
    why_no_drift: str | None = None
    proxy: str | None = None

    @property
    def why_not(self) -> str | None:
        """Why nothing would be trained; None if it would."""
        errors = "; ".join(f"{finding.check}: {finding.text}" for finding in self.check.errors)
        return errors or self.check.skipped


def try_policy(policy: Policy, ports: Ports) -> Trial:
    """Examine the data of a retraining that would start now, as a job of its own does.

    Raises:
        DataMissing: the training or the holdout window contains no data.
        DataInvalid: an object is unreadable or lacks a column.
    """
    now = ports.clock.now()
    job = RetrainingJob(
        job_id=f"{policy.model}-trial",
        model_name=policy.model,
        trigger_type=TriggerType.MANUAL,
        trigger_reason="trial",
        event_time=now,
        execution_arn="trial",
        policy_version=0,
        created_at=now,
        windows=windows_at(
            now,
            evaluation_days=policy.triggers.evaluation_window_days,
            training_days=policy.triggers.training_window_days,
            label_delay_days=policy.data.label_delay_days,
        ),
    )
    manifest = list_data(job, policy, ports, days_of)
    check = examine_data(job, policy, manifest, ports).check
    return Trial(
        manifest,
        check,
        passed_over=_passed_over(policy, now.date(), ports),
        why_no_drift=_why_no_drift(policy, check.summary.holdout.rows),
        proxy=_proxy(policy, check.summary),
    )


def _passed_over(policy: Policy, today: date, ports: Ports) -> str | None:
    column = policy.data.date_column
    if column is None:
        return None
    listed = objects_of(policy.data, Window(start=today, end=today + timedelta(days=1)), ports)
    # Without the column of their dates, objects are read whole.
    whole = [item.changed(date_column=None) for item in with_rows(listed, policy.data.format)]
    days = Counter[str | None]()
    for batch in ports.tables.batches(whole, policy.data.format, [], [], [column]):
        days.update(text and text[: len("2026-01-01")] for text in batch.texts[column])
    return passed_over(column, days, today)


def _proxy(policy: Policy, summary: DataSummary) -> str | None:
    rules = policy.training.proxy
    if rules is None:
        return None
    if needless := why_needless(rules, summary):
        return f"none: {needless}"
    return f"where the metric, drift or an estimate asks: {what_it_learns(rules, summary)}"


def _why_no_drift(policy: Policy, rows: int) -> str | None:
    """A drift check needs the rows of as many days as the holdout has."""
    triggers, needed = policy.triggers, rows_needed(policy)
    if not triggers.enables(TriggerType.DATA_DRIFT) or rows >= needed:
        return None
    days = f"the last {triggers.evaluation_window_days} days (triggers.evaluation_window_days)"
    rule = "triggers.min_rows"
    if needed > triggers.min_rows:
        rule = "whatever triggers.min_rows, unless triggers.confidence is 0"
    return f"drift cannot be judged: {days} have {rows} rows, {needed} are needed ({rule})"
