"""Failures that were recorded from a real cluster, in the sentences that people read."""

from typing import Any

import pytest

from auto_retrain.adapters.kubernetes.jobs.explanation import (
    MAX_QUOTE_LENGTH,
    explain,
    failed_creation,
    failed_start,
    last_line,
    obstacle,
)
from auto_retrain.domain.policy.pod_template import CONTAINER

from .recordings import body_of, load, pods_of

SENTENCES = {
    "L2 fails, backoffLimit 0": "the container ended with exit code 7",
    "L3 fails, backoffLimit 1": "the container ended with exit code 3",
    "L4 podFailurePolicy FailJob": "the container ended with exit code 42",
    "L5 activeDeadlineSeconds": "it ran longer than its deadline of 4 seconds",
    "L6b imagePullPolicy Never, image absent": (
        "the image 'localhost/absent:1' cannot be pulled (ErrImageNeverPull: Container image \"localhost/absent:1\" "
        "is not present with pull policy of Never)"
    ),
    "L8 OOM killed": "the container ran out of memory (limit 32Mi)",
    "L10 secret absent": 'the container cannot start (CreateContainerConfigError: secret "absent" not found)',
    "L15 running": "the Kubernetes Job has not failed",
    "L16 ev after eviction": "BackoffLimitExceeded: Job has reached the specified backoff limit",
}


@pytest.mark.parametrize(("case", "sentence"), SENTENCES.items(), ids=SENTENCES)
def test_a_recorded_failure_is_explained_in_one_sentence(case: str, sentence: str) -> None:
    assert explain(body_of(f"{case}: job"), pods_of(case), []) == sentence


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("L6 image cannot be pulled", ["the image 'localhost:1/absent:1' cannot be pulled", "connection refused"]),
        ("L7 unschedulable (GPU)", ["its pod cannot be scheduled", "Insufficient nvidia.com/gpu"]),
        ("L11 command absent", ["the container could not be started", "/no/such/program"]),
    ],
)
def test_what_the_cluster_says_about_it_is_quoted(case: str, words: list[str]) -> None:
    sentence = explain(body_of(f"{case}: job"), pods_of(case), [])

    assert all(word in sentence for word in words)


def test_a_pod_that_could_not_be_created_is_explained_by_its_event() -> None:
    job, events = body_of("L9 service account absent: job"), body_of("L9 events")["items"]

    assert 'serviceaccount "absent" not found' in explain(job, [], events)


def test_a_deadline_is_explained_by_what_the_time_was_spent_on() -> None:
    events = [event for event in body_of("L6 events")["items"] if event["involvedObject"]["name"].startswith("pull-")]

    sentence = explain(body_of("L5 activeDeadlineSeconds: job"), [], events)

    assert sentence.startswith("it ran longer than its deadline of 4 seconds; Failed: ")


def test_an_eviction_is_distinguished_from_a_failure_of_the_program() -> None:
    (pod,) = pods_of("L2 fails, backoffLimit 0")
    disruption: dict[str, Any] = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    pod["status"]["conditions"].append(disruption)

    sentence = explain(body_of("L2 fails, backoffLimit 0: job"), [pod], [])

    assert sentence == "its pod was removed from its node (EvictionByEvictionAPI)"


def test_a_job_that_is_gone_is_reported_as_gone() -> None:
    assert explain(None, [], []) == "the Kubernetes Job is gone: it was deleted, or it expired"


def test_every_recorded_job_gets_a_printable_sentence() -> None:
    jobs = [case["body"] for case in load("lifecycle") if case["body"] and case["case"].endswith(": job")]

    for job in jobs:
        if job["kind"] == "Job":
            assert explain(job, [], []).isprintable()


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("one\ntwo\n", "two"),
        ("one\n\n  \n", "one"),
        ("", ""),
        ("a\x1b[31mred\x1b[0m\tb", "a [31mred [0m b"),
        ("x" * 400, "x" * MAX_QUOTE_LENGTH + "…"),
    ],
)
def test_the_last_line_of_a_log_is_trimmed_for_a_message(log: str, line: str) -> None:
    assert last_line(log) == line


@pytest.mark.parametrize(
    ("case", "words", "may_pass"),
    [
        ("L6 image cannot be pulled", "cannot be pulled", False),
        ("L6b imagePullPolicy Never, image absent", "ErrImageNeverPull", False),
        ("L10 secret absent", 'secret "absent" not found', False),
        ("L7 unschedulable (GPU)", "Insufficient nvidia.com/gpu", True),
    ],
)
def test_the_obstacle_of_a_recorded_pod_shows_whether_it_may_pass(case: str, words: str, may_pass: bool) -> None:
    (pod,) = pods_of(case)

    found = obstacle(pod)

    assert found is not None
    assert words in found.reason
    assert found.may_pass is may_pass
    assert found.never_passes is ("Never" in case)


def test_the_wait_for_a_node_does_not_count_as_a_wait_for_the_image() -> None:
    (pod,) = pods_of("L6 image cannot be pulled")
    for condition in pod["status"]["conditions"]:
        if condition["type"] == "PodScheduled":
            condition["lastTransitionTime"] = "2027-01-01T00:00:00Z"

    found = obstacle(pod)

    assert found is not None
    assert found.since.year == 2027


def test_a_running_pod_meets_no_obstacle() -> None:
    (pod,) = pods_of("L15 running")

    assert obstacle(pod) is None


def test_a_missing_service_account_may_pass_like_a_quota_because_only_the_message_differs() -> None:
    found = failed_creation(body_of("L9 events")["items"][0])

    assert 'serviceaccount "absent" not found' in found.reason
    assert found.may_pass


NOT_READY = ["FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady"]


@pytest.mark.parametrize("reason", NOT_READY)
def test_a_pod_that_cannot_start_on_its_node_is_explained_by_its_event(reason: str) -> None:
    event = body_of("L6 events")["items"][0] | {"type": "Warning", "reason": reason, "message": 'secret "x" not found'}

    assert explain(body_of("L5 activeDeadlineSeconds: job"), [], [event]).endswith(f'{reason}: secret "x" not found')
    failure = failed_start(event)
    assert failure is not None
    assert failure.reason == f'its pod cannot start on its node ({reason}: secret "x" not found)'
    assert (failure.may_pass, failure.since is not None) == (True, True)


def test_other_warnings_do_not_keep_a_pod_from_starting() -> None:
    assert failed_start({"type": "Warning", "reason": "BackOff", "message": "restarting"}) is None


def test_of_several_containers_the_one_that_failed_is_explained() -> None:
    (pod,) = pods_of("L8 OOM killed")
    pod["spec"]["initContainers"] = [pod["spec"]["containers"][0] | {"name": f"{CONTAINER}-1", "image": "before:1"}]
    pod["status"]["initContainerStatuses"] = [
        {"name": f"{CONTAINER}-1", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    ]

    assert "the image 'before:1' cannot be pulled" in explain(body_of("L8 OOM killed: job"), [pod], [])
