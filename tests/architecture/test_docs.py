"""What the README shows is true."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from auto_retrain.cli.__main__ import command_line
from auto_retrain.cli.policy_files import read_policy_file
from auto_retrain.domain.policy.policy import Policy
from local.paths import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^ *```(\w*)\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)


def block(language: str, containing: str) -> str:
    (found,) = (text for kind, text in BLOCKS if kind == language and containing in text)
    return dedent(found)


def test_the_policy_that_is_shown_is_a_policy(tmp_path: Path) -> None:
    file = tmp_path / "churn.yaml"
    file.write_text(block("yaml", "churn.yaml"))
    policy = read_policy_file(file)
    assert (policy.model, policy.data.label_delay_days) == ("churn", 7)


@pytest.mark.parametrize(
    "part", ["source: prometheus", "labels: {prefix: churn-labels", "pod_template:", "improvement_basis:"]
)
def test_parts_of_policies_that_are_shown_belong_into_a_policy(part: str) -> None:
    whole = yaml.safe_load(block("yaml", "churn.yaml"))
    for shown in yaml.safe_load_all(block("yaml", part).replace("sha256:…", "sha256:" + "0" * 64)):
        Policy.parse(json.dumps({**whole, **shown}))


def test_the_picture_shows_the_states_of_the_machine() -> None:
    states = yaml.safe_load((ROOT / "statemachine/retraining.asl.yaml").read_text())["States"]
    shown = set(re.findall(r"\b[A-Z][a-z]+[A-Za-z]*\b", re.sub(r":.*", "", block("mermaid", "CheckTriggers"))))
    assert shown >= {name for name, state in states.items() if state["Type"] == "Task"}
    assert shown <= set(states)


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Each command with the options that it takes."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        for name, command in action.choices.items():
            yield from commands(command, (*words, name))
    if not below:
        options = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
        yield " ".join(words), options - {"--help"}


def test_every_command_is_in_the_table_and_takes_what_is_shown() -> None:
    shown = dict(re.findall(r"^\| `auto-retrain ([a-z-]+(?: [a-z-]+)?)\b([^`]*)` \|", README, re.MULTILINE))
    taken = dict(commands(command_line()))
    assert set(shown) == set(taken)
    # Who acts is asked by several, and explained once below.
    assert {name: set(re.findall("--[a-z-]+", given)) for name, given in shown.items()} == {
        name: options - {"--actor"} for name, options in taken.items()
    }


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"\bmake ([a-z-]+)", README))))
def test_every_verb_that_is_named_exists(verb: str) -> None:
    assert re.search(rf"^{verb}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("folder", re.findall(r"^\| `([^`*]+)/` \|", README, re.MULTILINE))
def test_every_folder_that_is_named_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()
