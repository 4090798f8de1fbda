"""The whole stack starts, runs what is really deployed, and leaves nothing behind."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auto_retrain import AutoRetrainPipeline, RetrainingHeld
from auto_retrain.domain.ending import Ending
from auto_retrain.usecases.operating.policies import pause_model
from local.address_file import published
from local.run import render_help
from local.stack import LocalStack, StackUnavailable
from tests.unit.builders import a_policy


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("local") / "stack", time_scale=0.01, report=lambda _: None) as running:
        yield running
    assert children() == [], "the stack left processes behind"


def children() -> list[str]:
    """Processes below ours, but not those that are kept to fork others from, nor the command that lists them."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    processes = [line.split(maxsplit=2) for line in listing.splitlines()]
    ours = [(pid, command) for pid, parent, command in processes if int(parent) == os.getpid()]
    kept = [pid for pid, command in ours if "forerunner.py" in command]
    below = [command for pid, command in ours if pid not in kept]
    below += [command for _, parent, command in processes if parent in kept]
    return [command for command in below if any(part in command for part in ("awslambdaric", "mlflow", "train_model"))]


def test_the_watcher_reaches_the_cluster_and_the_table(stack: LocalStack) -> None:
    answer = stack.client("lambda").invoke(FunctionName=stack.outputs["WatchJobsFunctionName"], Payload=b"{}")

    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read())["problems"] == []


def test_an_execution_runs_the_functions_that_are_built(stack: LocalStack) -> None:
    order = {"model_name": "no-such-model", "trigger_type": "manual", "actor": "tests", "reason": "to see it end"}
    states = stack.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=stack.outputs["StateMachineArn"], input=json.dumps(order))

    stack.wait_until_idle(60)

    assert states.describe_execution(executionArn=execution["executionArn"])["status"] in ("SUCCEEDED", "FAILED")
    assert execution["executionArn"] in (stack.logs / "CheckTriggersFunction.log").read_text()


def ask_mlflow(stack: LocalStack, what: str, body: dict[str, Any]) -> Any:
    url = f"{stack.mlflow_url}/api/2.0/mlflow/experiments/{what}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_mlflow_keeps_its_state_in_the_directory_of_the_stack(stack: LocalStack) -> None:
    assert "experiment_id" in ask_mlflow(stack, "create", {"name": "an experiment"})
    assert (stack.directory / "mlflow" / "mlflow.db").exists()


def test_after_a_power_cut_everything_answers_at_its_address_and_knows_what_it_knew(stack: LocalStack) -> None:
    ask_mlflow(stack, "create", {"name": "before the cut"})

    stack.cut_power()

    known = ask_mlflow(stack, "search", {"max_results": 10})["experiments"]
    assert "before the cut" in [experiment["name"] for experiment in known]
    test_the_watcher_reaches_the_cluster_and_the_table(stack)


def test_a_directory_serves_one_stack_at_a_time(stack: LocalStack) -> None:
    with pytest.raises(StackUnavailable, match="another local stack"), LocalStack(stack.directory):
        pass


def test_the_python_api_finds_the_stack_by_its_file_and_starts_a_retraining(stack: LocalStack, tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / "notebooks").mkdir()
    file = tmp_path / ".local" / "stack.json"
    with published(stack.environment, {}, file):
        pipeline = AutoRetrainPipeline.local(tmp_path / "notebooks", actor="ada", start=False)
        assert pipeline.apply_policy(a_policy(model="from-python")).version == 1
        job_id = pipeline.start_retrain_job("from-python", reason="new labels")
        stack.wait_until_idle(60)
        job = pipeline.get_job_status(job_id)
        assert job is not None
        assert (job.actor, job.ending) == ("ada", Ending.FAILED)
        assert "DataMissing" in str(job.error)
        # It trained nothing, so a person may try again at once; a pause holds it back.
        pause_model("from-python", "audit", "ada", pipeline._ports)
        with pytest.raises(RetrainingHeld, match="paused: audit"):
            pipeline.start_retrain_job("from-python", reason="again")
    assert not file.exists()


def test_the_help_shows_how_to_reach_everything(stack: LocalStack) -> None:
    help_text = render_help(stack)

    for needed in (stack.aws_endpoint, stack.mlflow_url, stack.cluster_url, 'eval "$(auto-retrain local env)"'):
        assert needed in help_text
