"""Which days a drift check compares."""

from datetime import datetime, timedelta

from ...domain.policy.policy import Policy
from ...domain.windows import Window, windows_at
from ...ports import Ports


def drift_windows(policy: Policy, at: datetime, ports: Ports) -> tuple[Window, Window]:
    """The champion's training window, or what it would be now, and the newest days, as features need no labels."""
    return reference_window(policy, at, ports), live_window(policy, at)


def live_window(policy: Policy, at: datetime) -> Window:
    today = at.date()
    return Window(start=today - policy.triggers.evaluation_window, end=today)


def year_before(window: Window) -> Window:
    """The same days of the year before, with the same days of the week: 52 weeks earlier."""
    return Window(start=window.start - timedelta(weeks=52), end=window.end - timedelta(weeks=52))


def reference_window(policy: Policy, at: datetime, ports: Ports) -> Window:
    serving = ports.ledger.current(policy.model)
    if serving and serving.windows:
        return serving.windows.training
    config = policy.triggers
    return windows_at(
        at,
        evaluation_days=config.evaluation_window_days,
        training_days=config.training_window_days,
        label_delay_days=0,
    ).training
