"""The documentation is consistent: links, names of folders and make targets, diagrams, and generated parts."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from auto_retrain.analysis import CHECKS
from auto_retrain.domain.channels import SEVERITIES
from auto_retrain.domain.data_check import CheckName
from auto_retrain.domain.decision_record import HeldBy
from auto_retrain.domain.policy.traffic import CAPABILITIES
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.gates import GATES
from auto_retrain.strategies import STRATEGIES
from local.docs.event_reference import topics
from local.docs.pages import FILES, renewed
from local.docs.pages import PAGES as GENERATED
from local.paths import CORE, ROOT
from tests.architecture.pages import (
    MANUAL,
    PAGES,
    README,
    anchors,
    linked_page,
    links,
    name_of,
    shell_lines,
    spans,
    the_block,
)

LINE = 120
ARCHITECTURE = ROOT / "docs" / "architecture.md"
# How full paths in the repository begin; the package is also named on its own.
PATH = re.compile(r"(?<![\w./-])(?:functions|layers|local|tests|statemachine|docs|auto_retrain)/[\w./-]*")


@pytest.mark.parametrize("name", [*GENERATED, *FILES])
def test_a_generated_page_matches_the_code(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == renewed(name), f"docs/{name} is stale: run `make docs`"


def test_the_readme_is_short() -> None:
    lines = README.read_text().splitlines()
    assert len(lines) <= 200
    assert not [line for line in lines if len(line) > LINE]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_are_short_except_in_tables(page: Path) -> None:
    assert not [line for line in page.read_text().splitlines() if len(line) > LINE and not line.startswith("|")]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        target, anchor = linked_page(page, link), link.partition("#")[2]
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_of_the_manual_can_be_reached_from_the_readme() -> None:
    reached, todo = set(), {README}
    while todo:
        page = todo.pop()
        reached.add(page)
        todo |= {target for link in links(page) if (target := linked_page(page, link)).suffix == ".md"} - reached
    assert set(PAGES) <= reached


def test_the_diagram_shows_the_states_of_the_machine() -> None:
    states = yaml.safe_load((ROOT / "statemachine/retraining.asl.yaml").read_text())["States"]
    diagram = the_block(README, "mermaid", "CheckTriggers")
    shown = set(re.findall(r"\b[A-Z][a-z]+[A-Za-z]*\b", re.sub(r":.*", "", diagram)))
    assert shown >= {name for name, state in states.items() if state["Type"] == "Task"}
    assert shown <= set(states)


def test_every_part_of_the_package_is_described() -> None:
    package = CORE / "auto_retrain"
    parts = {path.stem for path in package.iterdir() if not path.name.startswith("__") and path.name != "py.typed"}
    stages = {f"usecases/{path.name}" for path in (package / "usecases").iterdir() if (path / "__init__.py").exists()}
    described = set(re.findall(r"^\| `([a-z_/]+)` \|", ARCHITECTURE.read_text(), re.MULTILINE))
    assert described >= parts | stages
    named = {name for name in described if not name.startswith("tests/")}
    assert all((package / name).is_dir() or (package / f"{name}.py").exists() for name in named)


@pytest.mark.parametrize("folder", re.findall(r"^\| `([^`*]+)/` \|", README.read_text(), re.MULTILINE))
def test_every_folder_in_the_overview_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()


def test_the_overview_has_every_folder() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert set(re.findall(r"^\| `([^`*/]+)/` \|", README.read_text(), re.MULTILINE)) == folders


@pytest.mark.parametrize("page", [README, *MANUAL], ids=name_of)
def test_every_path_in_the_documentation_exists(page: Path) -> None:
    for text in [*spans(page), *shell_lines(page)]:
        for path in PATH.findall(text):
            assert (ROOT / path).exists() or (CORE / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_in_the_documentation_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for text in [*spans(page), *shell_lines(page)]:
        for target in re.findall(r"\bmake ([a-z-]+)", text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text()


@pytest.mark.parametrize("hold", get_args(HeldBy))
def test_every_hold_is_described(hold: str) -> None:
    assert f"`{hold}`" in text_of("triggers.md")


@pytest.mark.parametrize("check", get_args(CheckName))
def test_every_data_check_is_described(check: str) -> None:
    assert f"| `{check}` |" in text_of("training.md")


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_is_described(gate: str) -> None:
    # A guardrail's check is named after its metric.
    assert f"| `{gate.replace('guardrails', 'guardrail_METRIC')}` |" in text_of("validation.md")


@pytest.mark.parametrize("check", [*(check.name for check in CHECKS), "guards", "sample_ratio", "label_share"])
def test_every_live_check_is_described(check: str) -> None:
    assert f"| `{check}` |" in text_of("analysis.md")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_is_described(strategy: str) -> None:
    assert f"| [`{strategy}`](#{strategy}) |" in text_of("rollouts.md")
    assert f"`deployment` with `strategy: {strategy}`" in text_of("policies.md")


@pytest.mark.parametrize("target", CAPABILITIES)
def test_every_traffic_target_is_described_with_its_capabilities(target: str) -> None:
    rows = text_of("traffic.md").partition("| `deployment.traffic.adapter` |")[2]
    (row,) = re.findall(rf"^\| \[?`{target}`.*?\| (\w+) \| (\w+)", rows, re.MULTILINE)
    can = CAPABILITIES[target]
    assert row == tuple("yes" if each else "no" for each in (can.weights, can.mirror))


@pytest.mark.parametrize("trigger", TriggerType)
def test_every_trigger_is_described(trigger: TriggerType) -> None:
    assert f"| `{trigger.value}` |" in text_of("triggers.md")


def test_every_topic_is_of_a_fact_and_has_a_severity() -> None:
    assert {topic for topic, _ in topics()} == set(SEVERITIES)
    assert all(meaning for _, meaning in topics())
