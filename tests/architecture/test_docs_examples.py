"""The examples in the documentation work: policies, commands, execution inputs, Python."""

import ast
import base64
import inspect
import json
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from botocore.session import get_session

from auto_retrain import AutoRetrainPipeline
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.memory.live import MemoryLiveSource
from auto_retrain.cli.__main__ import main
from auto_retrain.cli.commands import arguments_of, parse
from auto_retrain.cli.policy_files import read_policy_file
from auto_retrain.domain.policy.pod_rules import PodRules, kinds
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.refusals import refusals
from auto_retrain.domain.policy.requests import CloudWatchRequests
from auto_retrain.domain.policy.traffic import CAPABILITIES
from auto_retrain.domain.trigger_events import parse_trigger_event
from auto_retrain.settings import Settings
from auto_retrain.strategies import STRATEGIES
from local.docs.command_reference import commands
from local.paths import ROOT
from tests.architecture.pages import (
    MANUAL,
    PAGES,
    README,
    Block,
    all_blocks,
    blocks,
    name_of,
    shell_lines,
    spans,
    the_block,
)
from tests.contracts.ports.logged import a_query

OK = SimpleNamespace(status_code=200)
WHOLE_POLICY = the_block(README, "yaml", "churn.yaml")
OPTIONS = {
    name: {option for argument in arguments_of(command) for option in argument.opts} for name, command in commands()
}


def whole_policies(block: Block) -> Iterator[dict[str, object]]:
    """The policies in a block; a partial one is completed with the README's."""
    for shown in yaml.safe_load_all(block.text.replace("sha256:…", "sha256:" + "0" * 64)):
        yield shown if "model" in shown else {**yaml.safe_load(WHOLE_POLICY), **shown}


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=lambda block: name_of(block.page))
def test_every_example_policy_is_valid(block: Block) -> None:
    allowed = ",".join(re.findall(r"`PodTemplateAllows=(.*?)`", block.page.read_text()))
    for policy in whole_policies(block):
        assert not refusals(Policy.parse(json.dumps(policy)).training, PodRules().extended(allowed))


@pytest.mark.parametrize("kind", kinds())
def test_everything_that_pod_templates_may_always_name_is_described(kind: str) -> None:
    (row,) = re.findall(rf"^\| `{kind}` \|.*$", (ROOT / "docs" / "training.md").read_text(), re.MULTILINE)
    allowed = set(PodRules().of(kind.replace("-", "_")))
    shared = set(PodRules().label) if "the same" in row else set()
    assert set(re.findall(r"`([^`]+)`", row.split("|")[3])) - {"JobServiceAccount"} == allowed - shared


def test_there_is_an_example_of_every_kind_of_policy_section() -> None:
    shown = "\n".join(block.text for block in all_blocks("yaml"))
    parts = ("source: prometheus", "labels: {prefix: churn-labels", "pod_template:", "improvement_basis:")
    targets = [f"adapter: {name}" for name in CAPABILITIES if name != "alias"]
    assert all(part in shown for part in (*parts, *targets))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_example_of_every_strategy_is_applied_as_shown(strategy: str, tmp_path: Path) -> None:
    shown = the_block(ROOT / "docs" / "rollouts.md", "yaml", f"strategy: {strategy}\n")
    (tmp_path / "churn.yaml").write_text(f"{WHOLE_POLICY}\n{shown}")
    ports = MemoryPorts()
    assert main(["models", "apply", str(tmp_path / "churn.yaml")], ports) == 0
    applied = ports.policies.get("churn")
    assert applied is not None
    section = applied.policy.deployment.model_dump(mode="json")
    given = yaml.safe_load(shown)["deployment"]
    assert {name: section[name] for name in given} == given


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_example_command_can_be_parsed(page: Path) -> None:
    for line in shell_lines(page):
        program, *words = shlex.split(line, comments=True) or [""]
        if program == "auto-retrain":
            parse(words)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_the_text_exists_and_has_the_options_shown(page: Path) -> None:
    for text in spans(page):
        if not text.startswith("auto-retrain "):
            continue
        command = max((name for name in OPTIONS if f"{text} ".startswith(f"{name} ")), key=len, default=None)
        assert command, text
        assert set(re.findall(r"--[a-z-]+", text)) <= OPTIONS[command], text


def test_the_first_commands_do_what_the_readme_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("churn.yaml").write_text(WHOLE_POLICY)
    ports = MemoryPorts()
    typed = [shlex.split(line, comments=True) for line in the_block(README, "sh", "models apply").splitlines()]
    given = [words for program, *words in typed if program == "auto-retrain"]
    assert len(given) == 3
    assert [main(words, ports) for words in given] == [0, 0, 0]
    assert (applied := ports.policies.get("churn")) is not None
    assert applied.policy == read_policy_file(Path("churn.yaml"))
    assert applied.policy.data.label_delay_days == 7


def test_every_variable_documented_for_commands_is_a_setting() -> None:
    table = (ROOT / "docs" / "commands.md").read_text().partition("## Exit codes")[0]
    rows = re.findall(r"^\| (`[A-Z].*?) \|", table, re.MULTILINE)
    variables = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert variables
    assert {name.lower() for name in variables} <= set(Settings.model_fields)


@pytest.mark.parametrize("page", [README, *MANUAL], ids=name_of)
def test_every_example_input_of_an_execution_can_be_parsed(page: Path) -> None:
    for block in blocks(page, "json"):
        assert parse_trigger_event(json.loads(block.text)).model_name == "churn"


@pytest.mark.parametrize("block", all_blocks("python"), ids=lambda block: name_of(block.page))
def test_example_python_compiles_and_uses_names_that_exist(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("auto_retrain"):
            assert all(hasattr(import_module(str(node.module)), alias.name) for alias in node.names)
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("pipeline"), attr=name)):
                keywords = dict.fromkeys(str(keyword.arg) for keyword in node.keywords)
                inspect.signature(getattr(AutoRetrainPipeline, name)).bind(None, *node.args, **keywords)


def test_the_example_turns_a_capture_of_sagemaker_into_rows_that_are_counted() -> None:
    names: dict[str, Any] = {}
    exec(the_block(ROOT / "docs" / "prediction-log.md", "python", "def rows_of"), names)
    output = {"data": base64.b64encode(b"yes\n").decode(), "encoding": "BASE64"}
    about = {"eventId": "e-1", "inferenceId": "7", "inferenceTime": "2026-03-01T10:31:00Z"}
    captured = json.dumps({"captureData": {"endpointOutput": output}, "eventMetadata": about})
    source = MemoryLiveSource()
    (row,) = names["rows_of"]("churn", "v1", captured)
    source.rows = [{**row, "predicted_at": datetime.fromisoformat(row["predicted_at"])}]
    counts = source.read([a_query()])[0]
    assert (row["prediction"], row["prediction_id"]) == ("yes", "7")
    assert counts.champion.requests == 1


def test_the_example_publishes_what_the_example_policy_beside_it_counts() -> None:
    page, sent = ROOT / "docs" / "prediction-log.md", []
    client = get_session().create_client("cloudwatch", "eu-central-1", aws_access_key_id="-", aws_secret_access_key="-")
    # Its parameters are checked as those of every call, which then goes nowhere.
    client.meta.events.register("before-call", lambda params, **_: sent.append(params["body"]) or (OK, {}))
    boto3, names = ModuleType("boto3"), dict[str, Any]()
    boto3.client = lambda name: client  # type: ignore[attr-defined]
    with patch.dict(sys.modules, {"boto3": boto3}):
        exec(the_block(page, "python", "put_metric_data"), names)
    names["publish"]("18", datetime(2026, 3, 1, 10, 31), 2, [20.5] * 200, [4.2] * 201)
    (policy,) = whole_policies(Block(page, "yaml", the_block(page, "yaml", "business: Revenue")))
    requests = Policy.parse(json.dumps(policy)).deployment.requests
    assert isinstance(requests, CloudWatchRequests)
    metrics = {requests.requests: 1, requests.errors: 1, requests.latency: 2, requests.business: 2}
    assert len(sent) == sum(metrics.values())
    assert {str(name) for name in metrics} <= set(re.findall(r"\w+", str(sent)))
