"""`auto-retrain estimate` shows estimates as estimates, with what they are based on and how far they are trusted."""

from datetime import timedelta

from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.estimated_world import EstimatedWorld


def test_the_metrics_are_shown_with_their_intervals_basis_and_trust(terminal: Terminal) -> None:
    world = EstimatedWorld()
    world.serve(7, is_harder=True)
    terminal.ports = world.ports
    lines = terminal.ok("estimate", "churn").splitlines()
    assert lines[0].split() == ["METRIC", "ESTIMATE", "INTERVAL", "(95", "%)"]
    assert [line.split()[0] for line in lines[1:6]] == ["accuracy", "precision", "recall", "f1_score", "roc_auc"]
    assert lines[6] == "of       2800 answers of version 2, 2026-03-01 to 2026-03-07"
    assert lines[7].startswith("by       3000 labelled rows of its holdout of 2026-02-24 to 2026-02-28; ")
    assert "calibration error" in lines[7]
    assert lines[8] == "trust    unknown: no labels have checked an estimate of this version yet"
    assert lines[9].startswith("verdict  met (only observed): accuracy of version 2 is estimated at 0.8")


def test_days_of_the_log_without_answers_are_named(terminal: Terminal) -> None:
    world = EstimatedWorld()
    world.serve(5)
    terminal.ports = world.ports
    world.ports.clock.advance(timedelta(days=2))
    lines = terminal.ok("estimate", "churn").splitlines()
    assert "empty    no answers of version 2 on 2 of 7 days: 2026-03-06, 2026-03-07" in lines
    world.ports.clock.advance(timedelta(days=3))
    lines = terminal.ok("estimate", "churn").splitlines()
    assert "empty    no answers of version 2 on 5 of 7 days; the newest are 2026-03-08, 2026-03-09, 2026-03-10" in lines
    world.ports.clock.advance(timedelta(days=7))
    first, *_ = terminal.ok("estimate", "churn").splitlines()
    assert first == "empty    no answers of version 2 on any of the 7 days of 2026-03-11 to 2026-03-17"


def test_a_trigger_that_is_disabled_is_called_so_as_why_not_calls_it(terminal: Terminal) -> None:
    world = EstimatedWorld(enabled=["scheduled"])
    world.serve(7, is_harder=True)
    terminal.ports = world.ports
    (verdict,) = [line for line in terminal.ok("estimate", "churn").splitlines() if line.startswith("verdict")]
    assert verdict.startswith("verdict  met (disabled): accuracy of version 2 is estimated at ")
    assert "estimated_performance: disabled" in terminal.ok("why-not", "churn").splitlines()


def test_where_nothing_can_be_estimated_it_says_why(terminal: Terminal) -> None:
    terminal.ports = EstimatedWorld().ports
    _, trust, verdict = terminal.ok("estimate", "churn").splitlines()
    assert trust.startswith("trust    unknown")
    assert verdict == (
        "verdict  inconclusive (only observed): nothing can be estimated: the prediction log has no answers of "
        "version 2 in the window"
    )
