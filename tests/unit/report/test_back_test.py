"""The page about a back-test shows each decision with its reason, and what policies differ in."""

import re
from datetime import timedelta

import pytest

from auto_retrain.report import render_back_test
from auto_retrain.report.past_chart import past_charts
from tests.unit.report.back_tests import FIRST, a_back_test, a_back_test_page, two_policies
from tests.unit.report.pages import NASTY
from tests.unit.report.test_report import Tags


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_both_policies_are_counted_side_by_side() -> None:
    words = words_of(a_back_test_page())
    assert "churn: 2 retrainings; churn.yaml: 4 retrainings" in words
    assert "only with this policy 0 2" in words
    assert "later labels 2 confirmed 3 confirmed, 1 needless" in words
    assert "held back back off 20 back off 40" in words
    assert "forecast cost $1.00 $2.00" in words


def test_every_decision_has_a_mark_with_its_reason() -> None:
    charts = past_charts(two_policies())
    assert [chart.count("<polygon") for chart in charts] == [2, 4]
    assert [chart.count("class='start needless'") for chart in charts] == [0, 1]
    assert [chart.count("<rect class='suppressed'") for chart in charts] == [20, 40]
    assert [chart.count("<rect class='not_due'") for chart in charts] == [1, 1]
    assert "<title>2026-03-02 00:00: started: accuracy is too low</title>" in charts[0]
    assert "<title>2026-03-03 00:00: back off: one was started 1 days ago</title>" in charts[0]


def test_the_champions_are_named_and_days_of_which_nothing_is_known_are_left_out() -> None:
    (chart,) = past_charts({"churn": a_back_test()})
    assert "version 4, promoted</title>" in chart
    assert ">v3</text>" in chart
    assert chart.count("<polyline") == 2, "three days are not known"
    assert "churn: accuracy over time, limit 0.9200; 2 champions; 2 retrainings started, 20 held back" in chart


def test_charts_of_several_policies_have_the_same_axes() -> None:
    strict = a_back_test(limit=0.99)
    first, second = past_charts({"churn": a_back_test(), "strict": strict})
    lines = re.compile("<polyline class=challenger points='([^']*)'")
    assert lines.findall(first) == lines.findall(second)


def test_a_policy_that_does_not_judge_the_metric_is_shown_with_what_the_other_one_saw() -> None:
    scheduled = a_back_test(limit=None, levels=(), beyond=())
    first, second = past_charts({"scheduled": scheduled, "churn": a_back_test()})
    assert first.count("<polyline") == second.count("<polyline") == 2
    assert "class=limit" not in first


def test_held_days_in_a_row_are_one_row_with_the_last_reason() -> None:
    words = words_of(render_back_test({"churn": a_back_test()}))
    assert "2026-03-03 to 2026-03-12 10 performance degradation back off one was started 10 days ago" in words
    assert "Policy" not in words, "a single policy needs no column for its name"


def test_names_and_reasons_from_outside_are_text() -> None:
    page = a_back_test_page(NASTY, NASTY)
    tags = Tags(page)
    assert NASTY not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert tags.open == []
    assert not tags.names & {"script", "img", "iframe", "link", "object", "embed", "form"}


def test_a_past_without_anything_has_a_page_that_says_so() -> None:
    empty = a_back_test(decisions=(), champions=(), limit=None, levels=(), beyond=())
    words = words_of(render_back_test({"churn": empty}))
    assert "None would have started." in words
    assert "Nothing served that is recorded." in words
    assert "What started nothing" not in words


def test_what_lies_outside_the_days_is_drawn_at_their_edge() -> None:
    early = a_back_test().champions[0].changed(at=FIRST - timedelta(days=400))
    (chart,) = past_charts({"churn": a_back_test(champions=(early,))})
    assert "x1=64.0" in chart


def test_a_page_without_a_back_test_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one back-test"):
        render_back_test({})
