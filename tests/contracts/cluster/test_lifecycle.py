"""Jobs that really run go through the states that were recorded from a real cluster."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.cluster import LocalCluster

from .conftest import PYTHON_IMAGE, Kubectl, conditions, make_job, open_cluster
from .recordings import Json, body_of, load

_SERVER_SET = {"selector", "manualSelector"}
_FOREVER = {"command": ["sleep", "600"]}


@dataclass(frozen=True)
class Scenario:
    """One recorded Job, what is changed to make it quick, and what happens to it while it runs."""

    case: str
    container: Json | None = None
    spec: Json | None = None
    intervene: Callable[[LocalCluster, str], None] | None = None
    retry_seconds: float = 30.0


SCENARIOS = [
    Scenario("L1 completes"),
    Scenario("L2 fails, backoffLimit 0"),
    Scenario("L3 fails, backoffLimit 1", retry_seconds=0.01),
    Scenario("L4 podFailurePolicy FailJob"),
    Scenario("L5 activeDeadlineSeconds", spec={"activeDeadlineSeconds": 1}),
    Scenario("L6 image cannot be pulled"),
    Scenario("L6b imagePullPolicy Never, image absent"),
    Scenario("L7 unschedulable (GPU)"),
    Scenario("L8 OOM killed", container=_FOREVER, intervene=LocalCluster.kill_out_of_memory),
    Scenario("L10 secret absent"),
    Scenario("L11 command absent"),
    Scenario("L13 suspended"),
    Scenario("L14 Indexed, index 2 fails"),
    Scenario("L15 running"),
    Scenario("L16 ev after eviction", intervene=LocalCluster.evict),
    Scenario("L16 evi after eviction", intervene=LocalCluster.evict),
]


def _manifest(recorded: Json, scenario: Scenario) -> Json:
    """The manifest that must have been sent to get the recorded Job."""
    spec = {key: value for key, value in recorded["spec"].items() if key not in _SERVER_SET} | (scenario.spec or {})
    template = spec["template"]
    template["metadata"]["labels"] = {}
    template["spec"]["containers"][0] |= scenario.container or {}
    metadata = {"name": recorded["metadata"]["name"], "labels": recorded["metadata"]["labels"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def _job_state(job: Json) -> Json:
    """A status without its times and without generated names."""
    status = {key: value for key, value in job["status"].items() if not key.endswith("Time")}
    found = [_condition(condition) for condition in status.pop("conditions", [])]
    return status | {"conditions": found, "times": sorted(key for key in job["status"] if key.endswith("Time"))}


def _condition(condition: Json) -> tuple[str, str, str, str]:
    message = re.sub(r"-[a-z0-9]{5} ", "-NAME ", condition["message"])
    return condition["type"], condition["status"], condition["reason"], message


def _pod_state(pod: Json) -> Json:
    status = pod["status"]
    return {
        "phase": status["phase"],
        "finalizers": pod["metadata"].get("finalizers"),
        "conditions": [(found["type"], found["status"], found.get("reason")) for found in status["conditions"]],
        "containers": [_container_state(found) for found in status.get("containerStatuses", [])],
    }


def _container_state(status: Json) -> Json:
    ((kind, state),) = status["state"].items()
    reason = "ErrImagePull" if state.get("reason") == "ImagePullBackOff" else state.get("reason")
    told = {"exitCode": state.get("exitCode"), "reason": reason, "explained": bool(state.get("message"))}
    return {"ready": status["ready"], "started": status["started"], "restarts": status["restartCount"], kind: told}


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[float, Kubectl]]:
    """All scenarios at once, so that together they take as long as the slowest."""
    with open_cluster(parallel_pods=32, retry_seconds=30) as slow, open_cluster(retry_seconds=0.01) as quick:
        found = {30.0: Kubectl(slow), 0.01: Kubectl(quick)}
        for scenario in SCENARIOS:
            recorded = body_of(f"{scenario.case}: job")
            assert found[scenario.retry_seconds].create(_manifest(recorded, scenario)).status_code == 201
        yield found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.case)
def test_job_and_pods_end_up_as_recorded(scenario: Scenario, worlds: dict[float, Kubectl]) -> None:
    kubectl, recorded = worlds[scenario.retry_seconds], body_of(f"{scenario.case}: job")
    name = recorded["metadata"]["name"]
    if scenario.intervene:
        assert kubectl.cluster.wait_until(lambda: kubectl.job(name)["status"].get("ready") == 1)
        scenario.intervene(kubectl.cluster, name)

    kubectl.cluster.wait_until(lambda: _job_state(kubectl.job(name)) == _job_state(recorded))

    assert _job_state(kubectl.job(name)) == _job_state(recorded)
    pods = body_of(f"{scenario.case}: pods")["items"]
    assert [_pod_state(pod) for pod in kubectl.pods(name)] == [_pod_state(pod) for pod in pods]


_LOGS = [case for case in load("lifecycle") if ": log " in case["case"] and not case["case"].startswith(("L17", "L18"))]


@pytest.mark.parametrize("case", _LOGS, ids=lambda case: case["case"])
def test_requests_for_logs_are_answered_as_recorded(case: Json, worlds: dict[float, Kubectl]) -> None:
    title, _, pod_name = case["case"].partition(": log ")
    scenario = next(scenario for scenario in SCENARIOS if scenario.case == title)
    kubectl, job_name = worlds[scenario.retry_seconds], body_of(f"{title}: job")["metadata"]["name"]
    pods = body_of(f"{title}: pods")["items"]
    kubectl.cluster.wait_until(
        lambda: [_pod_state(pod) for pod in kubectl.pods(job_name)] == [_pod_state(pod) for pod in pods]
    )

    # The last part of a name is random; before it stand the Job and, if there is one, the index.
    names = [pod["metadata"]["name"] for pod in kubectl.pods(job_name)]
    answer = kubectl.log(next(name for name in names if name.rpartition("-")[0] == pod_name.rpartition("-")[0]))

    assert answer.status_code == case["status"]
    if answer.ok:
        # Both outputs are merged, in an order that is not guaranteed.
        assert sorted(answer.text.splitlines()) == sorted(str(case["body"]).splitlines())
    else:
        assert answer.json()["reason"] == case["body"]["reason"]
        assert answer.json()["message"].rpartition(": ")[2] == case["body"]["message"].rpartition(": ")[2]


_LOG_OPTIONS = [case for case in load("lifecycle") if re.match(r"L1[b-i] ", case["case"])]


@pytest.mark.parametrize("case", _LOG_OPTIONS, ids=lambda case: case["case"])
def test_log_options_are_answered_as_recorded(case: Json, worlds: dict[float, Kubectl]) -> None:
    kubectl = worlds[30.0]
    kubectl.wait_for("ok", "Complete")
    options = dict(pair.split("=") for pair in case["request"]["path"].partition("?")[2].split("&") if pair)
    name = "absent" if "absent" in case["case"] else kubectl.pods("ok")[0]["metadata"]["name"]

    answer = kubectl.log(name, **options)

    assert answer.status_code == case["status"]
    if answer.ok:
        # Which output's line comes last differs between runs.
        assert len(answer.text.splitlines()) == len(case["body"].splitlines())
        assert len(answer.text) <= int(options.get("limitBytes", "100"))
    else:
        assert answer.json()["reason"] == case["body"]["reason"]


def test_a_completing_job_shows_every_status_in_the_recorded_order(kubectl: Kubectl) -> None:
    statuses = next(case["statuses"] for case in load("eks") if "statuses" in case)

    kubectl.run("ordered", "true")
    kubectl.wait_for("ordered", "Complete")

    seen = [_job_state({"status": status}) for status in kubectl.cluster.job_history("ordered")]
    assert _without_uids(seen) == _without_uids([_job_state({"status": status}) for status in statuses])


def _without_uids(states: list[Json]) -> list[Json]:
    return [state | {"uncountedTerminatedPods": sorted(state.get("uncountedTerminatedPods", {}))} for state in states]


def test_a_job_deleted_in_the_background_is_gone_while_its_pod_still_uses_its_grace_period(kubectl: Kubectl) -> None:
    stubborn = "trap '' TERM; echo ready; while :; do sleep 600; done"
    kubectl.run("run", "sh", "-c", stubborn, pod={"terminationGracePeriodSeconds": 1})
    kubectl.wait_for_log("run", "ready")
    name = kubectl.pods("run")[0]["metadata"]["name"]

    answer = kubectl.delete("run", "Background")

    recorded = body_of("L15 delete Background")
    assert (answer.json()["kind"], answer.json()["status"]) == (recorded["kind"], recorded["status"])
    assert kubectl.job("run")["reason"] == body_of("L15 right after: job")["reason"]
    pod = kubectl.pod(name).json()
    assert pod["status"]["phase"] == "Running"
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 1
    assert kubectl.cluster.wait_until(lambda: kubectl.pod(name).status_code == 404)


def test_a_job_deleted_in_the_foreground_stays_until_its_pod_is_gone(kubectl: Kubectl) -> None:
    kubectl.run(
        "front",
        "sh",
        "-c",
        "trap '' TERM; echo ready; sleep 600 & wait; wait",
        pod={"terminationGracePeriodSeconds": 1},
    )
    kubectl.wait_for_log("front", "ready")

    assert kubectl.delete("front", "Foreground").json()["metadata"]["finalizers"] == ["foregroundDeletion"]

    assert kubectl.job("front")["metadata"]["deletionTimestamp"]
    assert kubectl.create(make_job("front", "true")).json()["reason"] == "AlreadyExists"
    assert kubectl.cluster.wait_until(lambda: kubectl.job("front").get("code") == 404)
    assert kubectl.pods("front") == []


def test_an_orphaned_pod_outlives_its_job(kubectl: Kubectl) -> None:
    kubectl.run("orphan", "sleep", "600")
    kubectl.cluster.wait_until(lambda: kubectl.job("orphan")["status"].get("ready") == 1)

    kubectl.delete("orphan", "Orphan")

    assert kubectl.job("orphan")["code"] == 404
    assert [pod["status"]["phase"] for pod in kubectl.pods("orphan")] == ["Running"]


def test_a_finished_job_and_its_pods_disappear_after_their_time_to_live(kubectl: Kubectl) -> None:
    kubectl.run("ttl", "true", ttlSecondsAfterFinished=0)

    assert kubectl.cluster.wait_until(lambda: kubectl.job("ttl").get("code") == 404)
    assert kubectl.cluster.wait_until(lambda: kubectl.pods("ttl") == [])


@pytest.mark.parametrize("name", ["drained", "lost"])
def test_a_pod_without_its_node_is_replaced_and_does_not_use_up_an_attempt(kubectl: Kubectl, name: str) -> None:
    ignore = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}
    kubectl.run(name, "sleep", "600", podFailurePolicy=ignore)
    kubectl.cluster.wait_until(lambda: kubectl.job(name)["status"].get("ready") == 1)
    first = kubectl.pods(name)[0]["metadata"]["name"]

    if name == "drained":
        kubectl.cluster.evict(name)
    else:
        kubectl.cluster.lose_node()

    def replaced() -> bool:
        return [pod["status"]["phase"] for pod in kubectl.pods(name) if pod["metadata"]["name"] != first] == ["Running"]

    assert kubectl.cluster.wait_until(replaced)
    assert "failed" not in kubectl.job(name)["status"]


def test_a_deadline_ends_a_job_whose_image_cannot_be_pulled(kubectl: Kubectl) -> None:
    kubectl.run("stuck", "true", container={"image": "absent:1"}, activeDeadlineSeconds=0)

    job = kubectl.wait_for("stuck", "Failed")

    assert [found["reason"] for found in job["status"]["conditions"]] == ["DeadlineExceeded"] * 2
    assert kubectl.pods("stuck") == []


def test_the_last_lines_of_a_failed_container_become_its_termination_message(kubectl: Kubectl) -> None:
    talk = "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; exit 3"
    policy = {"terminationMessagePolicy": "FallbackToLogsOnError"}
    kubectl.run("talkative", "sh", "-c", talk, container=policy)
    kubectl.run("quiet", "sh", "-c", "echo all is well", container=policy)
    kubectl.wait_for("talkative", "Failed")
    kubectl.wait_for("quiet", "Complete")

    message = _terminated(kubectl, "talkative")["message"]
    assert message.splitlines() == [f"line {number}" for number in range(121, 201)]
    assert "message" not in _terminated(kubectl, "quiet")


def test_a_program_ended_by_a_signal_exits_with_128_and_its_number(kubectl: Kubectl) -> None:
    kubectl.run("killed", "sh", "-c", "kill -KILL $$")
    kubectl.wait_for("killed", "Failed")

    assert _terminated(kubectl, "killed")["exitCode"] == 137


def test_an_entrypoint_gets_the_variables_of_its_image_and_of_its_pod(kubectl: Kubectl) -> None:
    variables = [{"name": "A", "value": "one"}, {"name": "B", "value": "$(A) $(C) $$(A)"}]
    kubectl.run("env", "sh", "-c", 'echo "$A/$B/$HOSTNAME"; pwd', container={"env": variables})
    kubectl.wait_for("env", "Complete")

    name = kubectl.pods("env")[0]["metadata"]["name"]
    assert kubectl.logs("env") == [f"one/one $(C) $(A)/{name}\n/\n"]


def test_pods_wait_for_their_turn_when_the_node_is_full() -> None:
    with open_cluster(parallel_pods=1) as cluster:
        kubectl = Kubectl(cluster)
        kubectl.run("first", "sh", "-c", "echo started; sleep 600")
        kubectl.run("second", "true")
        kubectl.wait_for_log("first", "started")

        waiting = kubectl.pods("second")[0]
        assert [found["reason"] for found in waiting["status"]["conditions"]] == ["Unschedulable"]
        kubectl.delete("first", "Background")

        kubectl.wait_for("second", "Complete")


def test_a_job_that_has_ended_or_waits_to_be_resumed_wakes_whoever_watches() -> None:
    woken: list[set[str]] = []

    def wake() -> None:
        woken.append({name for name in ("ends", "waits") if kubectl.cluster.has_job(name)})

    with open_cluster(wake_watcher=wake) as cluster:
        kubectl = Kubectl(cluster)
        kubectl.run("ends", "true")
        assert cluster.wait_until(lambda: woken == [{"ends"}])
        assert conditions(kubectl.job("ends")) == {"SuccessCriteriaMet", "Complete"}

        kubectl.run("waits", "true", suspend=True)
        assert cluster.wait_until(lambda: len(woken) == 2)
        assert conditions(kubectl.job("waits")) == {"Suspended"}


def test_a_cordoned_node_takes_no_pods(kubectl: Kubectl) -> None:
    with open_cluster() as cluster:
        kubectl = Kubectl(cluster)
        cluster.cordon()
        kubectl.run("later", "true")
        assert cluster.wait_until(lambda: [event["reason"] for event in _pod_events(kubectl)] == ["FailedScheduling"])

        cluster.cordon(False)

        kubectl.wait_for("later", "Complete")


def _pod_events(kubectl: Kubectl) -> list[Any]:
    return [event for pod in kubectl.pods("later") for event in kubectl.events(pod["metadata"]["name"])]


def _terminated(kubectl: Kubectl, job_name: str) -> Json:
    return kubectl.pods(job_name)[0]["status"]["containerStatuses"][0]["state"]["terminated"]


def test_what_the_local_cluster_cannot_run_gets_no_pod_and_an_event(kubectl: Kubectl) -> None:
    kubectl.run("wide", "true", parallelism=2, completions=2)

    assert kubectl.cluster.wait_until(lambda: [event["reason"] for event in kubectl.events("wide")] == ["FailedCreate"])
    assert conditions(kubectl.job("wide")) == set()
    assert PYTHON_IMAGE in str(kubectl.job("wide"))
