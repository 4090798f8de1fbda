"""`backtest --train` waits for a pod and shows what its retrainings made of the past."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.cli.trained_back_tests import print_champions
from auto_retrain.domain.back_test import BackTest
from auto_retrain.domain.cluster import ClusterListing
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import ClusterUnavailable
from auto_retrain.domain.past_decision import PastDecision
from auto_retrain.domain.trained_back_test import (
    BackTestResult,
    ServedDay,
    TrainedBackTest,
    TriedChampion,
    TriedRetraining,
)
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import Window
from auto_retrain.report import render_back_test
from tests.unit.cli.terminal import POLICY, Terminal

DAYS = Window(start=date(2026, 3, 1), end=date(2026, 3, 11))
WORDS = ("backtest", "churn", "--from", "2026-03-01", "--to", "2026-03-10", "--train")


class Pod:
    """Plays the pod: does nothing for some looks, and then ends as it is told to."""

    def __init__(self, terminal: Terminal, patch: pytest.MonkeyPatch) -> None:
        self.terminal, self.left, self.looks, self.failure = terminal, 2, 0, ""
        patch.setattr("time.sleep", lambda _: self.look())

    def look(self) -> None:
        ports: Any = self.terminal.ports
        name, (order,) = list(ports.cluster.orders.items())[-1]
        self.looks += 1
        ports.cluster.write(name, f"churn: 2026-03, look {self.looks}\n")
        if self.looks < self.left:
            return
        if self.failure:
            ports.cluster.fail(name, self.failure)
            return
        result = BackTestResult(
            schema_version=1,
            kind="back_test",
            job_id=order.job_id,
            manifest_sha256=order.manifest_sha256,
            tests=(a_test(),),
        )
        ports.data.write(
            f"{order.output_uri.removeprefix('s3://artifacts/')}result.json", result.model_dump_json().encode()
        )
        ports.cluster.finish(name)


def a_test() -> TrainedBackTest:
    """A first version that did worse from the sixth day on, when the second one took its place."""
    first, second = (datetime(2026, 3, day, 4, tzinfo=UTC) for day in (1, 6))
    manual, metric = TriggerType.MANUAL, TriggerType.PERFORMANCE_DEGRADATION
    asked = PastDecision(at=first, trigger_type=manual, outcome="started", reason="asked", ending=Ending.PROMOTED)
    started = PastDecision(
        at=second,
        trigger_type=metric,
        outcome="started",
        reason="accuracy 0.8 is below 0.9",
        ending=Ending.PROMOTED,
        needed="confirmed",
        usd=0.5,
    )
    days = DAYS.days()
    return TrainedBackTest(
        name="churn",
        metric="accuracy",
        test=BackTest(model_name="churn", days=DAYS, decisions=(asked, started)),
        retrainings=(
            TriedRetraining(
                at=first, trigger_type=manual, ending=Ending.PROMOTED, version="1", reason="it is the first"
            ),
            TriedRetraining(at=second, trigger_type=metric, ending=Ending.PROMOTED, version="2", reason="it is better"),
        ),
        champions=(
            TriedChampion(version="1", since=first, change="promoted", reason="it is the first"),
            TriedChampion(version="2", since=second, change="promoted", reason="it is better"),
        ),
        days=(
            *(ServedDay(day=day, version="1", value=0.8, rows=100) for day in days[:5]),
            *(ServedDay(day=day, version="2", value=0.9, rows=100) for day in days[5:9]),
            ServedDay(day=days[9], version="2", value=None, rows=0, problem="version 2 cannot predict"),
        ),
    )


@pytest.fixture
def pod(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Pod:
    terminal.ports.clock.advance(datetime(2026, 5, 1, tzinfo=UTC) - terminal.ports.clock.now())
    terminal.apply(f"{POLICY}metric: {{counts_rows: true}}\n")
    for number in range(90):
        day = date(2026, 2, 1) + timedelta(days=number)
        terminal.ports.data.add_partition("churn", day, f"{day}".encode())
    return Pod(terminal, monkeypatch)


def test_what_the_retrainings_made_of_the_past_is_shown(pod: Pod) -> None:
    answer = pod.terminal.run(*WORDS)
    assert answer.code == 0, answer.err
    summary, champions, decisions = answer.out.split("\n\n")
    assert summary.splitlines()[1] == "its retrainings were carried out on today's data; a review counts as approved"
    told = dict(re.split("  +", row.strip(), maxsplit=1) for row in summary.splitlines()[3:])
    assert (told["retrainings ended"], told["taken back later"], told["mean accuracy"]) == ("2 promoted", "0", "0.8444")
    *table, unknown = champions.splitlines()
    heading, first, second = (line.split() for line in table)
    assert heading == ["VERSION", "SINCE", "BY", "DAYS", "ACCURACY"]
    assert (first[0], *first[-3:]) == ("1", "promoted", "5", "0.8000")
    assert (second[0], *second[-3:]) == ("2", "promoted", "5", "0.9000")
    assert unknown == "churn: 1 day is not known, such as 2026-03-10: version 2 cannot predict"
    assert "accuracy 0.8 is below 0.9" in decisions
    assert "promoted" in decisions
    assert "started" not in decisions


def test_versions_whose_days_nothing_measured_served_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    unmeasured = a_test().changed(days=(), metric="rmse")
    print_champions([unmeasured])
    heading, first, second, why = capsys.readouterr().out.strip().splitlines()
    assert heading.split()[-2:] == ["DAYS", "RMSE"]
    assert [first.split()[-2:], second.split()[-2:]] == [["5", "-"], ["5", "-"]]
    assert why == (
        "churn: how well they did is not known: triggers.enabled has no performance_degradation, and labelled rows "
        "do not say what the metric was"
    )
    assert "how well they did is not known" in render_back_test({"churn": unmeasured.test}, [unmeasured])


def test_a_notebook_shows_what_served_and_how_retrainings_ended() -> None:
    shown = a_test()._repr_html_()
    assert "Versions that served" in shown
    assert "version 2 cannot predict" not in shown
    assert "it is better" in shown
    assert "mean accuracy" in shown


def test_whoever_waits_sees_that_it_goes_on(pod: Pod) -> None:
    pod.left = 4
    said = pod.terminal.run(*WORDS).err.splitlines()
    assert said[0].endswith("trains; Ctrl-C ends the waiting, not the Job")
    assert said[1:] == [f"churn: 2026-03, look {number}" for number in (1, 2, 3)]


def test_a_cluster_that_is_away_for_a_moment_is_asked_again(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, failures = pod.terminal.ports.cluster.list_jobs, [ClusterUnavailable("the cluster does not answer")] * 2

    def list_jobs() -> ClusterListing:
        if pod.looks == 1 and failures:
            raise failures.pop()
        return listed()

    monkeypatch.setattr(pod.terminal.ports.cluster, "list_jobs", list_jobs)
    pod.left = 5
    answer = pod.terminal.run(*WORDS)
    assert answer.code == 0, answer.err
    assert "the cluster does not answer; asking again" in answer.err


def test_a_result_that_is_there_is_shown_at_once(pod: Pod) -> None:
    once, looks = pod.terminal.run(*WORDS), pod.looks
    pod.terminal.ports.clock.advance(timedelta(days=1))
    again = pod.terminal.run(*WORDS)
    assert (again.out, pod.looks) == (once.out, looks)
    assert re.match("this was ordered at 2026-05-01 .*; --again tries it once more", again.err)


def test_it_is_tried_once_more_where_a_person_asks_for_that(pod: Pod) -> None:
    pod.terminal.run(*WORDS)
    jobs = set(pod.terminal.ports.cluster.orders)
    again = pod.terminal.run(*WORDS, "--again")
    (new,) = set(pod.terminal.ports.cluster.orders) - jobs
    assert f"the Kubernetes Job {new} trains" in again.err


def test_a_pod_that_fails_is_told_with_its_last_line(pod: Pod) -> None:
    pod.failure = "the container exited with code 65; last log line: churn: metric.name cannot be worked out"
    answer = pod.terminal.run(*WORDS)
    assert answer.code == 1
    assert "last log line: churn: metric.name cannot be worked out" in answer.err


def test_json_has_what_was_carried_out_and_what_served(pod: Pod) -> None:
    (document,) = json.loads(pod.terminal.ok(*WORDS, "--json"))
    assert document["retrainings"] == 2
    assert [each["ending"] for each in document["carried_out"]] == ["promoted", "promoted"]
    assert [each["version"] for each in document["champions"]] == ["1", "2"]
    assert document["served"][0] == {
        "day": "2026-03-01",
        "version": "1",
        "value": 0.8,
        "rows": 100,
        "problem": None,
    }
    assert document["metric"] == "accuracy"


def test_a_page_shows_it_as_well(pod: Pod, tmp_path: Path) -> None:
    pod.terminal.ok(*WORDS, "--page", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "its retrainings were carried out" in words
    assert "nothing was trained" not in words
    assert "retrainings ended 2 promoted taken back later 0 mean accuracy 0.8444" in words
    assert "2026-03-06 04:00 performance degradation promoted 2 it is better" in words
    assert "2026-03-01 04:00 1 promoted 5 accuracy 0.8000 2026-03-06 04:00 2 promoted 5 accuracy 0.9000" in words
    assert "churn: 1 day is not known, such as 2026-03-10: version 2 cannot predict" in words


def test_why_retrainings_ended_without_a_promotion_is_said(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    failed = a_test().retrainings[0].changed(ending=Ending.FAILED, reason="Retraining churn failed: DataMissing: none")
    rejected = a_test().retrainings[1].changed(ending=Ending.REJECTED, reason="it is worse")
    print_champions([a_test().changed(retrainings=(failed, failed, rejected))])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "churn: 2 failed, the last on 2026-03-01: Retraining churn failed: DataMissing: none",
        "churn: 1 rejected, the last on 2026-03-06: it is worse",
    ]


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_trained(pod: Pod, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places = {
        tmp_path / "absent" / "page.html": "No such file or directory",
        tmp_path: "Is a directory",
        tmp_path / "file" / "page.html": "Not a directory",
    }
    for place, problem in places.items():
        answer = pod.terminal.run(*WORDS, "--page", str(place))
        assert (answer.code, answer.err) == (1, f"auto-retrain: --page {place}: cannot be written: {problem}\n")
    assert (pod.looks, pod.terminal.ports.cluster.orders) == (0, {})


NOTHING_SERVED = a_test().changed(champions=(), retrainings=(), days=())


def test_where_no_version_ever_served_the_page_says_so() -> None:
    page = render_back_test({"churn": a_test().test}, [NOTHING_SERVED])
    assert "no version ever served: nothing was retrained" in page
    assert "How they ended" not in page


def test_which_later_day_would_have_had_whole_windows_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    failed = a_test().retrainings[0].changed(ending=Ending.FAILED, reason="DataMissing: none")
    early = NOTHING_SERVED.changed(retrainings=(failed,), whole_from=date(2026, 3, 16))
    sentence = "no version ever served: the days begin too near the first data; from 2026-03-16 on (--from), windows"
    print_champions([early])
    assert sentence in capsys.readouterr().out
    print_champions([a_test(), early.changed(name="other")])
    assert f"other: {sentence}" in capsys.readouterr().out
    assert sentence in render_back_test({"churn": a_test().test}, [early])


def test_a_metric_is_only_named_for_a_training(pod: Pod) -> None:
    answer = pod.terminal.run("backtest", "churn", "--from", "2026-03-01", "--metric", "f1_score")
    assert answer.code == 1
    assert "--metric f1_score: only with --train" in answer.err
    answer = pod.terminal.run("backtest", "churn", "--from", "2026-03-01", "--again")
    assert "--again: only with --train" in answer.err


def test_of_a_metric_that_is_none_those_are_named_that_fit_the_policy(pod: Pod) -> None:
    answer = pod.terminal.run(*WORDS, "--metric", "foo")
    assert answer.code == 1
    assert "--metric foo: is no metric of a classification; allowed are accuracy, balanced_accuracy, " in answer.err
    assert not {"rmse", "log_loss", "row_metric"} & set(answer.err.replace(",", " ").split())


def test_ctrl_c_ends_the_waiting_alone(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    answer = pod.terminal.run(*WORDS)
    assert answer.code != 0
    assert "goes on; the same command waits for it" in answer.err
