"""What the demo prints about a scenario, and how it ends."""

import pytest

from local import demo
from local.demo import scenarios
from local.demo.row import Row, render
from local.demo.stage import Stage
from local.demo.story import Story
from local.paths import ROOT

README = ROOT / "README.md"


def test_a_story_is_a_table_of_80_columns() -> None:
    story = Story("drift: " + "a title")
    story.check("something that takes a whole sentence to say", True, "it was seen " * 12)
    story.check("another", False, "it was not")
    rows = story.render().splitlines()
    assert max(map(len, rows)) <= 80
    assert [row[0] for row in rows if row.startswith(("✓", "✗"))] == ["✓", "✗"]
    assert not story.ended_well


def test_the_table_of_the_year_has_at_most_80_columns() -> None:
    held = Row("Feb", 0.9129, "performance_degradation", "inconclusive", "a reason", 0.9303, 0.02, (-0.015, 0.025))
    assert max(map(len, render([held, Row("Dec", 0.8771, None, "rolled_back", "a reason")]).splitlines())) <= 80


def test_a_row_of_the_year_is_as_narrow_as_the_readme_shows_it() -> None:
    (readme,) = [line for line in README.read_text().splitlines() if line.startswith("Feb ")]
    row = Row("Feb", 0.9129, "performance_degradation", "rejected", "a reason " * 20, 0.9303, 0.02, (0.015, 0.025))
    assert render([row]).splitlines()[-1] == readme


def test_a_story_without_lines_has_not_ended_well() -> None:
    assert not Story("empty").ended_well


def test_what_breaks_a_story_is_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(stage: Stage, story: Story) -> None:
        story.check("it begins", True, "it did")
        raise TimeoutError("waited in vain for the end")

    monkeypatch.setitem(scenarios.SCENARIOS, "performance", broken)
    story = scenarios.play("performance", stage=None)  # type: ignore[arg-type]
    assert not story.ended_well
    assert story.lines[-1].seen == "TimeoutError: waited in vain for the end"


def test_an_unknown_scenario_starts_nothing_and_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main("fleets") == 2
    told = capsys.readouterr().err
    assert "there is no scenario 'fleets'" in told
    assert all(name in told for name in scenarios.SCENARIOS)
