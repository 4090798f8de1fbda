"""`auto-retrain estimate` shows estimates as estimates, with what they are based on and how far they are trusted."""

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


def test_where_nothing_can_be_estimated_it_says_why(terminal: Terminal) -> None:
    terminal.ports = EstimatedWorld().ports
    trust, verdict = terminal.ok("estimate", "churn").splitlines()
    assert trust.startswith("trust    unknown")
    assert verdict == (
        "verdict  inconclusive (only observed): nothing can be estimated: the prediction log has no answers of "
        "version 2 in the window"
    )
