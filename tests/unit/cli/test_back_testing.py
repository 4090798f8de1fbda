"""`backtest` shows what a policy would have done in the past, beside another one if that is asked."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.domain.errors import MetricsUnavailable
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.usecases.back_testing.past_days import START, falling, past_world

METRIC = "metric: {counts_rows: true}\ntriggers: {enabled: [performance_degradation]"
FIRM = f"{POLICY}{METRIC}}}\n"
RASH = f"{POLICY}{METRIC}, performance_metric_threshold: 0.94, confidence: 0}}\n"
YEAR = ("--from", "2026-01-01", "--to", "2026-04-30")


@pytest.fixture
def past(terminal: Terminal) -> Terminal:
    """A deployment of May whose metric has fallen since February."""
    terminal.ports, levels = past_world(125)
    falling(levels, 125)
    terminal.apply(FIRM)
    return terminal


def test_the_applied_policy_is_tried_and_each_start_has_its_reason(past: Terminal) -> None:
    summary, starts = past.ok("backtest", "churn", *YEAR).split("\n\n")
    title, note, heading, *rows = summary.splitlines()
    assert (title, note) == ("churn, 2026-01-01 to 2026-04-30", "nothing was trained, and what served is as it was")
    assert heading.split() == ["churn"]
    told = dict(re.split("  +", row.strip(), maxsplit=1) for row in rows)
    assert told["retrainings"] == told["performance degradation"] == "4"
    assert told["later labels"] == "4 confirmed"
    assert told["days beyond the limit"].endswith(" before a retraining")
    assert told["held back"].startswith("back off ")
    assert told["forecast cost"] == "not known"
    assert [row.split()[4] for row in starts.splitlines()[1:]] == ["started"] * 4
    assert "is below 0.92 (upper bound 0.9" in starts


def test_two_policies_are_shown_side_by_side(past: Terminal) -> None:
    rash = past.file(RASH, "rash.yaml")
    output = past.ok("backtest", "churn", "--against", rash, *YEAR)
    retrainings = next(line.split() for line in output.splitlines() if line.startswith("retrainings"))
    assert int(retrainings[1]) < int(retrainings[2])
    scheduled = past.file(f"{POLICY}triggers: {{enabled: [scheduled]}}\n", "scheduled.yaml")
    rows = past.ok("backtest", "churn", "--against", scheduled, *YEAR).splitlines()
    assert next(row.split() for row in rows if row.startswith("  scheduled"))[1:] == ["0", "18"]
    document = json.loads(past.ok("backtest", "churn", "--against", rash, *YEAR, "--json"))
    assert [each["policy"] for each in document] == ["churn", rash]
    assert [each["retrainings"] for each in document] == [int(text) for text in retrainings[1:]]


def test_a_policy_is_not_compared_with_itself(past: Terminal) -> None:
    answer = past.run("backtest", "churn", "--against", "churn", *YEAR)
    assert (answer.code, answer.out) == (1, "")
    assert "--against churn: is the policy that is tried; give another one, such as a file with a change" in answer.err


def test_all_decisions_are_listed_if_that_is_asked(past: Terminal) -> None:
    starts, everything = (past.ok("backtest", "churn", *YEAR, *more).splitlines() for more in ((), ("--all",)))
    assert len(everything) > len(starts) + 20
    assert any(" back off " in line for line in everything)


def test_a_page_for_a_browser_is_written_beside_what_is_printed(past: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "churn.html"
    rash = past.file(RASH, "rash.yaml")
    printed = past.ok("backtest", "churn", "--against", rash, *YEAR, "--page", str(page))
    assert printed == past.ok("backtest", "churn", "--against", rash, *YEAR)
    assert "<title>churn: back-test</title>" in page.read_text()
    answer = past.run("backtest", "churn", *YEAR, "--page", str(tmp_path / "nowhere" / "churn.html"))
    assert answer.code != 0
    assert "cannot be written: No such file or directory" in " ".join(answer.err.split())


def test_without_an_end_it_goes_on_until_yesterday(past: Terminal) -> None:
    assert "churn, 2026-04-01 to 2026-05-05\n" in past.ok("backtest", "churn", "--from", "2026-04-01")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("churn", "--from", "2026-06-01"), "--from 2026-06-01: must not be after --to, 2026-05-05"),
        (("churn", "--from", "2026-01-01", "--to", "2026-05-06"), "--to 2026-05-06: must be before today, 2026-05-06"),
        (("churn", "--from", "2020-01-01"), "--from 2020-01-01: at most 731 days until --to, 2026-05-05, are allowed"),
        (
            ("churn", "--from", "0001-01-01", "--to", "0001-01-02"),
            "--from 0001-01-01: must be in the years 1900 to 2999",
        ),
        (("churn", "--from", "May"), "'May' is not a date; give one such as 2026-03-01"),
        (("other", *YEAR), "model 'other' has no policy"),
        (("Churn", *YEAR), "'Churn' is not a model name"),
        (("nowhere.yaml", *YEAR), "nowhere.yaml"),
    ],
    ids=["ends before it begins", "today", "too long", "no calendar", "no date", "unknown", "no name", "no file"],
)
def test_what_cannot_be_tried_is_named(past: Terminal, words: tuple[str, ...], why: str) -> None:
    answer = past.run("backtest", *words)
    assert answer.code != 0
    assert why in " ".join(answer.err.split())


def test_two_policies_have_to_be_about_one_model(past: Terminal) -> None:
    other = past.file(FIRM.replace("model: churn", "model: credit"), "credit.yaml")
    answer = past.run("backtest", "churn", "--against", other, *YEAR)
    assert f"--against {other}: must be about the same model, not churn and credit" in answer.err


def test_a_source_that_is_away_only_afterwards_leaves_the_decisions(past: Terminal) -> None:
    ports: Any = past.ports
    assert ports.clock.now() == START + timedelta(days=125)
    read, calls = ports.metrics.read, []

    def once(queries: Any) -> Any:
        calls.append(queries)
        if len(calls) > 1:
            raise MetricsUnavailable("CloudWatch did not answer")
        return read(queries)

    ports.metrics.read = once
    assert "not known: CloudWatch did not answer" in past.ok("backtest", "churn", *YEAR)


DEMANDING = FIRM.replace("enabled:", "back_test_days: 90, enabled:")


def test_a_change_is_shown_beside_the_policy_in_force_before_it_is_applied(past: Terminal) -> None:
    sooner = past.file(FIRM.replace("enabled:", "max_back_off_days: 0, enabled:"), "sooner.yaml")
    shown, applied = past.ok("models", "apply", sooner, "--backtest", "90").split("\n\n")
    title, heading, retrainings, *_ = shown.splitlines()
    assert title == "churn, tried on 2026-02-05 to 2026-05-05"
    assert heading.split() == ["in", "force", "new"]
    assert int(retrainings.split()[1]) < int(retrainings.split()[2])
    assert applied.splitlines()[0] == "churn: version 2"


def test_a_policy_can_demand_it_and_one_that_does_worse_needs_a_reason(past: Terminal) -> None:
    past.apply(DEMANDING)
    worse = past.file(DEMANDING.replace("enabled:", "performance_metric_threshold: 0.5, enabled:"), "worse.yaml")
    for words in ((), ("--dry-run",), ("--json",)):
        answer = past.run("models", "apply", worse, *words)
        assert answer.code != 0
        assert "days beyond the limit that is in force without a retraining: " in answer.err
        assert "Nothing was applied; give a reason (--reason TEXT) to apply it all the same" in answer.err
    assert past.policy().version == 2
    (refused,) = json.loads(past.run("models", "apply", worse, "--json").out)
    assert (refused["is_applied"], len(refused["back_tests"])) == (False, 2)
    assert refused["objections"][0].startswith("it would have ") or "days beyond the limit" in refused["objections"][0]
    document = json.loads(past.ok("models", "apply", worse, "--reason", "0.5 will do", "--json"))
    assert document[0]["is_applied"]
    in_force, new = document[0]["back_tests"]
    assert (in_force["policy"], new["policy"], new["model_name"]) == ("in force", "new", "churn")
    assert new["retrainings"] < in_force["retrainings"]
    assert "applied all the same: 0.5 will do" in past.ok("models", "show", "churn", "--history")


def test_how_many_days_a_change_is_tried_on_is_checked(past: Terminal) -> None:
    answer = past.run("models", "apply", past.file(), "--backtest", "732")
    assert "'732' must be a whole number from 1 to 731" in " ".join(answer.err.split())


def test_each_of_several_policies_is_a_row_and_below_it_is_their_sum(past: Terminal) -> None:
    other = past.file(RASH.replace("churn", "fraud"), "fraud.yaml")
    title, note, heading, *rows = past.ok("backtest", "churn", other, *YEAR).splitlines()
    assert (title, note) == ("2 models, 2026-01-01 to 2026-04-30", "nothing was trained, and what served is as it was")
    assert heading.split("  ")[0] == "MODEL"
    cells = {name: more for name, *more in (re.split("  +", row.strip()) for row in rows)}
    assert list(cells) == ["churn", "fraud", "all"]
    assert cells["churn"][0] == "4"
    assert [int(cells["churn"][column]) + int(cells["fraud"][column]) for column in range(4)] == [
        int(cells["all"][column]) for column in range(4)
    ]
    documents = json.loads(past.ok("backtest", "churn", other, *YEAR, "--json"))
    assert [each["policy"] for each in documents] == ["churn", other]


def test_one_of_several_that_cannot_be_tried_is_named_after_the_others(past: Terminal) -> None:
    class Away:
        def read(self, queries: Any) -> Any:
            if any(query.model_name == "fraud" for query in queries):
                raise MetricsUnavailable("the source is away")
            return readings.read(queries)

    readings: Any = past.ports.metrics
    past.ports.metrics = Away()  # type: ignore[assignment]
    other = past.file(RASH.replace("churn", "fraud"), "fraud.yaml")
    answer = past.run("backtest", other, "churn", *YEAR)
    assert answer.code == 1
    assert [line.split()[0] for line in answer.out.splitlines()[3:]] == ["churn", "all"]
    assert f"{other} could not be tried: the source is away" in answer.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("churn", "fraud", "--train"), "--train: only with one policy"),
        (("churn", "fraud", "--all"), "--all: only with one policy"),
        (("churn", "fraud", "--page", "page.html"), "--page: only with one policy"),
        (("churn", "fraud", "--against", "churn"), "--against: only with one policy"),
        (("churn", "churn"), "two of the policies are about 'churn': compare them with --against"),
    ],
)
def test_what_makes_sense_of_one_policy_is_refused_for_several(
    past: Terminal, words: tuple[str, ...], why: str
) -> None:
    past.apply(FIRM.replace("churn", "fraud"))
    answer = past.run("backtest", *words, *YEAR)
    assert answer.code == 1
    assert why in answer.err
