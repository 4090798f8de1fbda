"""The rules that the state machine keeps."""

import re
from itertools import pairwise
from typing import Any

import pytest
import yaml

from local.paths import ROOT

TEXT = (ROOT / "statemachine/retraining.asl.yaml").read_text()
MACHINE: dict[str, Any] = yaml.safe_load(TEXT)
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
CHOICES = {name: state for name, state in STATES.items() if state["Type"] == "Choice"}
WAITS = {name: state for name, state in TASKS.items() if "waitForTaskToken" in state["Resource"]}
RETRIED = {
    "TransientError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
}
KEYS = {
    "CheckTriggers": "$.decision",
    "DetectDrift": "$.decision",
    "CheckData": "$.data",
    "StartExamination": "$.examination",
    "StartProxy": "$.sample",
    "JudgeProxy": "$.proxy",
    "StartTraining": "$.training",
    "StartScoring": "$.scores",
    "ValidateModel": "$.validation",
    "AwaitReview": "$.review",
    "DeployModel": "$.rollout",
    "AwaitRollout": "$.look",
    "ProfileData": "$.profile",
    "CloseJob": "$.outcome",
}


# A proxy that fails shows nothing, and so holds nothing back.
AFTER_A_PROXY = {"StartProxy": "JudgeProxy", "JudgeProxy": "StartTraining"}


def targets(state: dict[str, Any]) -> set[str]:
    """The states that can come directly after one."""
    branches = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {branch[key] for branch in branches for key in ("Next", "Default") if key in branch}


def reached_from(name: str) -> set[str]:
    """All states that can come after one."""
    reached: set[str] = set()
    todo = targets(STATES[name])
    while todo:
        following = todo.pop()
        reached.add(following)
        todo |= targets(STATES[following]) - reached
    return reached


def test_every_state_can_be_reached_and_every_target_exists() -> None:
    assert {MACHINE["StartAt"], *reached_from(MACHINE["StartAt"])} == set(STATES)


def test_the_only_loops_are_through_detect_drift_the_examination_and_the_steps_of_a_rollout() -> None:
    """The first two are taken at most once, because the answers after them are final; the other once for each step."""
    loops = {name: frozenset(other for other in reached_from(name) if name in reached_from(other)) for name in STATES}
    assert {loop for name, loop in loops.items() if name in loop} == {
        frozenset({"ChooseStart", "DetectDrift"}),
        frozenset({"CheckData", "ChooseTraining", "StartExamination"}),
        frozenset({"DeployModel", "ChooseRollout", "AwaitRollout"}),
    }


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_timeout_and_retries_transient_errors_with_jitter(name: str) -> None:
    task = TASKS[name]
    assert task["TimeoutSeconds"] > 0
    (retry,) = task["Retry"]
    assert set(retry["ErrorEquals"]) == RETRIED
    assert retry["JitterStrategy"] == "FULL"
    assert 5 <= retry["MaxAttempts"] <= 20


@pytest.mark.parametrize("name", TASKS)
def test_any_failure_of_a_task_closes_the_job_and_fails_the_execution(name: str) -> None:
    (caught,) = TASKS[name]["Catch"]
    # The input of an execution may not be an object that an error can be added to. A retraining has not failed if only
    # the profile could not be stored beside the version that it deployed, or a proxy that it can do without.
    paths = {MACHINE["StartAt"]: "$", "ProfileData": "$.profile_error"} | dict.fromkeys(AFTER_A_PROXY, "$.proxy_error")
    following = {"CloseJob": "NotClosed", **AFTER_A_PROXY}
    assert caught == {
        "ErrorEquals": ["States.ALL"],
        "ResultPath": paths.get(name, "$.error"),
        "Next": following.get(name, "CloseJob"),
    }


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_without_heartbeats_ends_before_its_timeout(name: str) -> None:
    assert WAITS[name]["HeartbeatSeconds"] < WAITS[name]["TimeoutSeconds"]


def test_an_execution_outlasts_its_waits() -> None:
    assert sum(wait["TimeoutSeconds"] for wait in WAITS.values()) < MACHINE["TimeoutSeconds"]


def longest_seconds(name: str) -> float:
    """The longest that a state may take: its last attempt until its timeout, each one before until it fails.

    A function fails before the timeout of its state, and one that hands on a token before the first heartbeat.
    """
    task = TASKS.get(name)
    if task is None:
        return 0
    (retry,) = task["Retry"]
    factors = (retry["BackoffRate"] ** attempt for attempt in range(retry["MaxAttempts"]))
    between = sum(min(retry["IntervalSeconds"] * factor, retry["MaxDelaySeconds"]) for factor in factors)
    failed = retry["MaxAttempts"] * task.get("HeartbeatSeconds", task["TimeoutSeconds"])
    return float(task["TimeoutSeconds"] + between + failed)


def test_a_lease_outlasts_the_longest_way_through_the_machine_unless_a_rollout_extends_it() -> None:
    from auto_retrain.usecases.triggering.open_job import LEASE

    def longest(name: str, taken: frozenset[tuple[str, str]]) -> float:
        steps = {(name, target) for target in targets(STATES[name]) - {"AwaitRollout"}} - taken
        return longest_seconds(name) + max((longest(step[1], taken | {step}) for step in steps), default=0)

    assert longest(MACHINE["StartAt"], frozenset()) <= LEASE.total_seconds()


def test_a_wait_outlasts_the_longest_deadline_of_a_policy() -> None:
    from auto_retrain.domain.policy.policy import TrainingPolicy

    longest = TrainingPolicy(deadline_minutes=1440).deadline_minutes * 60
    assert all(wait["TimeoutSeconds"] > longest for wait in WAITS.values())


@pytest.mark.parametrize("name", TASKS)
def test_each_task_adds_one_key(name: str) -> None:
    assert TASKS[name]["ResultPath"] == KEYS[name]
    assert "OutputPath" not in TASKS[name]


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_reads_one_word_that_a_function_chose(name: str) -> None:
    choice = CHOICES[name]
    assert "Default" in choice
    for rule in choice["Choices"]:
        assert set(rule) == {"Variable", "StringEquals", "Next"}
        assert re.fullmatch(r"\$\.[a-z]+\.next", rule["Variable"])


def test_choices_only_match_words_that_functions_return() -> None:
    from typing import get_args

    from auto_retrain.domain.messages.data import DataCheckOutcome
    from auto_retrain.domain.messages.ending import ClosingOutcome
    from auto_retrain.domain.messages.promoting import DeploymentOutcome, ReviewOutcome, ValidationOutcome
    from auto_retrain.domain.messages.training import ProxyOutcome
    from auto_retrain.domain.messages.triggering import TriggerDecision

    outputs = {
        "decision": TriggerDecision,
        "data": DataCheckOutcome,
        "proxy": ProxyOutcome,
        "validation": ValidationOutcome,
        "review": ReviewOutcome,
        "rollout": DeploymentOutcome,
        "outcome": ClosingOutcome,
    }
    for choice in CHOICES.values():
        for rule in choice["Choices"]:
            key = rule["Variable"].split(".")[1]
            assert rule["StringEquals"] in get_args(outputs[key].model_fields["next"].annotation)


def test_states_are_named_after_the_functions_they_run() -> None:
    functions = {name for _, name in re.findall(r"(Resource|FunctionName): \$\{(\w+)FunctionArn\}", TEXT)}
    assert {name for name in TASKS if name not in WAITS} == functions - {"StartJob", "AwaitReview", "AwaitRollout"}
    assert {wait["Parameters"]["FunctionName"] for wait in WAITS.values()} == {
        "${StartJobFunctionArn}",
        "${AwaitReviewFunctionArn}",
        "${AwaitRolloutFunctionArn}",
    }


def test_a_failed_execution_ends_red() -> None:
    assert STATES["Failed"]["Type"] == STATES["NotClosed"]["Type"] == "Fail"
    assert STATES["ChooseEnding"]["Default"] == "Failed"


def test_there_is_no_nested_execution_and_no_polling() -> None:
    assert "states:startExecution" not in TEXT
    assert not [name for name, state in STATES.items() if state["Type"] in {"Wait", "Map", "Parallel"}]


def path(*names: str) -> int:
    """The transitions along a path, counting the start and the end; fails if the machine has no such path."""
    for name, following in pairwise(names):
        assert following in targets(STATES[name]), f"{following} does not come after {name}"
    return len(names) + 1


TO_DEPLOYMENT = (
    *("CheckTriggers", "ChooseStart", "CheckData", "ChooseTraining", "StartTraining", "StartScoring"),
    *("ValidateModel", "ChooseDeployment", "DeployModel", "ChooseRollout"),
)
TO_THE_END = ("ProfileData", "CloseJob", "ChooseEnding", "Closed")


def test_a_retraining_that_deploys_at_once_takes_at_most_sixteen_transitions() -> None:
    assert path(*TO_DEPLOYMENT, *TO_THE_END) <= 16


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_each_step_of_a_rollout_takes_three_transitions_however_long_it_bakes(steps: int) -> None:
    step = ("AwaitRollout", "DeployModel", "ChooseRollout")
    assert path(*TO_DEPLOYMENT, *step * steps, *TO_THE_END) <= 16 + 3 * steps


def test_a_retraining_takes_few_transitions() -> None:
    """The longest path through the machine without repeating a step, counting the start and the end."""

    def longest(name: str, taken: frozenset[tuple[str, str]]) -> int:
        steps = {(name, target) for target in targets(STATES[name])} - taken
        return 1 + max((longest(step[1], taken | {step}) for step in steps), default=0)

    assert longest(MACHINE["StartAt"], frozenset()) + 1 <= 27
