"""Indexed Jobs: a limited number of pods at once, each with its index, and each index with its own retries."""

import pytest

from local.cluster.indexes import written

from .conftest import Kubectl, make_job

TELL = "echo index $JOB_COMPLETION_INDEX"


def indexed(kubectl: Kubectl, name: str, script: str, completions: int = 4, **spec: int) -> None:
    options = {"completionMode": "Indexed", "completions": completions, "parallelism": 2, "backoffLimit": 100, **spec}
    kubectl.run(name, "sh", "-c", script, **options)


def test_each_index_runs_once_and_knows_its_number(kubectl: Kubectl) -> None:
    indexed(kubectl, "all-good", TELL)

    job = kubectl.wait_for("all-good", "Complete")

    assert (job["status"]["succeeded"], job["status"]["completedIndexes"]) == (4, "0-3")
    assert sorted(kubectl.logs("all-good")) == [f"index {index}\n" for index in range(4)]


def test_no_more_pods_than_the_parallelism_run_at_once(kubectl: Kubectl) -> None:
    indexed(kubectl, "two-at-once", "sleep 0.1", completions=6)

    kubectl.wait_for("two-at-once", "Complete")

    assert max(status.get("active", 0) for status in kubectl.cluster.job_history("two-at-once")) == 2


def test_an_index_that_fails_is_retried_while_the_others_go_on(kubectl: Kubectl) -> None:
    script = f"{TELL}; [ $JOB_COMPLETION_INDEX != 1 ] || exit 3"
    indexed(kubectl, "one-bad", script, backoffLimitPerIndex=2)

    job = kubectl.wait_for("one-bad", "Failed")

    assert job["status"]["conditions"][-1]["reason"] == "FailedIndexes"
    assert (job["status"]["completedIndexes"], job["status"]["failedIndexes"]) == ("0,2,3", "1")
    assert kubectl.logs("one-bad").count("index 1\n") == 3


def test_an_index_whose_failure_is_final_is_not_retried(kubectl: Kubectl) -> None:
    rule = {"action": "FailIndex", "onExitCodes": {"containerName": "main", "operator": "In", "values": [65]}}
    script = f"{TELL}; [ $JOB_COMPLETION_INDEX != 1 ] || exit 65"
    policy = {"podFailurePolicy": {"rules": [rule]}}
    indexed(kubectl, "one-final", script, backoffLimitPerIndex=2, **policy)  # type: ignore[arg-type]

    job = kubectl.wait_for("one-final", "Failed")

    assert (job["status"]["completedIndexes"], job["status"]["failedIndexes"]) == ("0,2,3", "1")
    assert kubectl.logs("one-final").count("index 1\n") == 1


def test_a_job_in_which_no_index_may_fail_ends_with_the_first_that_does(kubectl: Kubectl) -> None:
    script = "[ $JOB_COMPLETION_INDEX != 0 ] || exit 3; sleep 600"
    indexed(kubectl, "all-or-none", script, backoffLimitPerIndex=0, maxFailedIndexes=0)

    job = kubectl.wait_for("all-or-none", "Failed")

    assert job["status"]["conditions"][-1]["reason"] == "MaxFailedIndexesExceeded"
    assert job["status"]["failedIndexes"] == "0"


def test_failures_of_all_indexes_together_have_no_limit_unless_one_is_given(kubectl: Kubectl) -> None:
    spec = {"completionMode": "Indexed", "completions": 8, "parallelism": 8, "backoffLimitPerIndex": 0}
    job = make_job("unlimited", "false", **spec)
    del job["spec"]["backoffLimit"]
    assert kubectl.create(job).ok

    assert kubectl.wait_for("unlimited", "Failed")["status"]["failedIndexes"] == "0-7"


def test_without_a_limit_for_each_index_the_failures_of_all_count_together(kubectl: Kubectl) -> None:
    indexed(kubectl, "too-many", "exit 3", backoffLimit=1)

    job = kubectl.wait_for("too-many", "Failed")

    assert job["status"]["conditions"][-1]["reason"] == "BackoffLimitExceeded"


def test_a_failure_that_is_final_ends_all_indexes(kubectl: Kubectl) -> None:
    rule = {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [65]}}
    script = "[ $JOB_COMPLETION_INDEX != 0 ] || exit 65; sleep 600"
    policy = {"podFailurePolicy": {"rules": [rule]}}
    indexed(kubectl, "final", script, backoffLimitPerIndex=2, **policy)  # type: ignore[arg-type]

    job = kubectl.wait_for("final", "Failed")

    assert job["status"]["conditions"][-1]["reason"] == "PodFailurePolicy"


@pytest.mark.parametrize(
    ("indexes", "text"), [([], ""), ([3], "3"), ([1, 0], "0,1"), ([0, 1, 2, 5], "0-2,5"), ([1, 3, 4, 5, 7], "1,3-5,7")]
)
def test_indexes_are_written_as_ranges(indexes: list[int], text: str) -> None:
    assert written(indexes) == text
