"""Whatever goes wrong between the pipeline and other systems, there is one result or one reason."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from auto_retrain.domain.status import RetrainingStatus
from local.aws.environment import aws_settings
from local.paths import CORE, TRAINER, env_python
from local.stack import TRAINER_IMAGE, LocalStack
from tests.webhook import Webhook
from tests.workflow.fault_proxy import FaultProxy, Forward, Reply, Request, drop, lose_answer, refuse
from tests.workflow.stored import everything_written
from tests.workflow.world import IMAGES, NOW, TINY_IMAGE, Ended, World

JOBS = r"/apis/batch/v1/namespaces/auto-retrain/jobs"
AGED = timedelta(minutes=20)
CANARY = "canary-T0K3N"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-webhook"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class FaultyWorld(World):
    """A world whose servers are reached through proxies that may misbehave."""

    def __init__(self, stack: LocalStack, proxies: dict[str, FaultProxy]) -> None:
        super().__init__(stack)
        self.aws, self.cluster, self.mlflow = proxies["aws"], proxies["cluster"], proxies["mlflow"]

    def assert_one_result(self, model: str, ended: Ended) -> None:
        """The execution took the whole path, once."""
        assert ended.status == "SUCCEEDED", ended.cause
        assert ended.job is not None
        assert ended.job.status is RetrainingStatus.COMPLETED
        assert self.registry.champion(model) == ended.job.challenger_version == "1"
        assert self.registry.version_tags(model, "2") is None
        deployment = self.ledger.current(model)
        assert deployment is not None
        assert (deployment.sequence, deployment.job_id) == (1, ended.job.job_id)
        assert self.is_free(model)

    def assert_failed(self, model: str, ended: Ended, reason: str) -> None:
        assert (ended.status, ended.path[-3:]) == ("FAILED", ["CloseJob", "ChooseEnding", "Failed"])
        assert reason in ended.cause
        assert ended.job is not None
        assert ended.job.status is RetrainingStatus.FAILED
        assert self.registry.champion(model) is None
        assert self.is_free(model)

    def begin(self, model: str, **parameters: Any) -> tuple[str, str]:
        """An execution whose training runs, and its Kubernetes Job."""
        event = {"model_name": model, "actor": "tests", "reason": "a test", "event_time": NOW.isoformat()}
        arn = self.start({**event, "parameters": parameters})
        self.wait_for("the job", lambda: self.states.get(model).active_job is not None)
        name = f"{self.states.get(model).active_job}-train-1"
        self.wait_for("its Kubernetes Job", lambda: self.stack.cluster.has_job(name))
        return arn, name

    def end(self, arn: str) -> Ended:
        self.stack.wait_until_idle(90)
        return self.ended(arn)


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook) -> Iterator[FaultyWorld]:
    with ExitStack() as opened:
        proxies = {name: opened.enter_context(FaultProxy()) for name in ("aws", "cluster", "mlflow")}
        stack = LocalStack(
            tmp_path_factory.mktemp("faults") / "stack",
            parameters={
                "TrainerImage": TINY_IMAGE,
                "SlackSecretArn": SECRET_ARN,
                "SlackOrigins": webhook.origin,
                "PodTemplateAllows": "env=TOKEN,env=HUB_TOKEN,secret=absent,secret=hub",
            },
            images=IMAGES,
            time_scale=0.001,
            watch_interval_seconds=0.5,
            report=lambda _: None,
            reroute=lambda server, address: proxies[server].in_front_of(address),
        )
        world = FaultyWorld(opened.enter_context(stack), proxies)
        secret = f"{webhook.origin}/services/{CANARY}"
        stack.client("secretsmanager").create_secret(Name="slack-webhook", SecretString=secret)
        yield world


# 3: the same name, another input


def test_of_two_executions_of_one_name_the_second_is_refused(world: FaultyWorld) -> None:
    machine, states = world.stack.outputs["StateMachineArn"], world.stack.client("stepfunctions")
    models, name = [world.given_model(), world.given_model()], uuid4().hex
    events = [{"model_name": model, "actor": "tests", "reason": "r", "event_time": NOW.isoformat()} for model in models]
    states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(events[0]))

    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(events[1]))

    world.stack.wait_until_idle(90)
    assert world.registry.champion(models[0]) == "1"
    assert world.registry.champion(models[1]) is None


# 4: a function dies after it has changed something


def _dies_after(world: FaultyWorld) -> Any:
    def behaviour(request: Request, forward: Forward) -> Reply | None:
        reply = forward(request)
        world.stack.kill_functions()
        return reply

    return behaviour


# Every kind of change that functions make in a retraining, and how often.
CHANGES = [
    ("aws", "TransactWriteItems", 3),
    ("aws", "DynamoDB.*PutItem", 2),
    ("aws", "PUT /.*/jobs/", 1),
    ("aws", "PutEvents", 2),
    ("aws", "SendTaskSuccess", 2),
    ("cluster", f"POST {JOBS}", 2),
    ("mlflow", "POST /api/2.0/mlflow/registered-models/alias", 1),
]
EACH_CHANGE = [(server, pattern, turn) for server, pattern, turns in CHANGES for turn in range(turns)]


@pytest.mark.parametrize(("server", "pattern", "turn"), EACH_CHANGE)
def test_a_function_that_dies_after_a_change_is_run_again_and_changes_it_once(
    world: FaultyWorld, server: str, pattern: str, turn: int
) -> None:
    model = world.given_model()

    with getattr(world, server).fault(pattern, _dies_after(world), times=1, skip=turn) as fault:
        ended = world.retrain(model)

    assert fault.seen > turn
    world.assert_one_result(model, ended)


# 5: the reply to a change is lost


@pytest.mark.parametrize(("server", "pattern"), [(server, pattern) for server, pattern, _ in CHANGES])
def test_a_change_whose_reply_is_lost_happens_once(world: FaultyWorld, server: str, pattern: str) -> None:
    model = world.given_model()

    with getattr(world, server).fault(pattern, lose_answer, times=1) as fault:
        ended = world.retrain(model)

    assert fault.seen
    world.assert_one_result(model, ended)


# 6: DynamoDB throttles


def test_a_throttled_table_slows_a_retraining_and_does_not_end_it(world: FaultyWorld) -> None:
    model = world.given_model()
    name = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
    throttled = Reply.of(400, {"__type": name, "message": "slow down"})

    with world.aws.fault("DynamoDB", refuse(throttled), times=5) as fault:
        ended = world.retrain(model)

    assert fault.seen > 5
    world.assert_one_result(model, ended)


# 7 and 8: leases


def _expire_lease(world: FaultyWorld, model: str) -> None:
    world.stack.client("dynamodb").update_item(
        TableName=world.stack.outputs["TableName"],
        Key={"pk": {"S": f"MODEL#{model}"}, "sk": {"S": "STATE"}},
        UpdateExpression="SET lease_expires_at = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )


def test_a_job_whose_lease_has_expired_takes_nothing_from_the_next_one(world: FaultyWorld) -> None:
    model = world.given_model()
    first, first_job = world.begin(model, sleep=2)
    _expire_lease(world, model)
    # Time alone frees the model; nothing has deleted the lease.
    event = {"model_name": model, "actor": "tests", "reason": "a test", "force": True}
    second = world.start({**event, "event_time": (NOW + timedelta(hours=1)).isoformat(), "parameters": {"sleep": 4}})
    world.wait_for("another owner", lambda: f"{world.states.get(model).active_job}-train-1" != first_job)
    owner = world.states.get(model).active_job

    world.wait_for("the first to end", lambda: world.ended(first).status != "RUNNING")

    assert world.states.get(model).active_job == owner
    world.stack.wait_until_idle(90)
    assert world.ended(second).status in {"SUCCEEDED", "FAILED"}
    assert world.is_free(model)


# 9: the name is taken


def test_a_foreign_kubernetes_job_under_our_name_is_reported_and_left_alone(world: FaultyWorld) -> None:
    model = world.given_model()

    def taken(request: Request, forward: Forward) -> Reply:
        theirs = json.loads(request.body)
        theirs["metadata"]["labels"] = {"auto-retrain/job-id": "theirs"}
        theirs["spec"]["suspend"] = True
        forward(replace(request, body=json.dumps(theirs).encode()))
        return forward(request)

    with world.cluster.fault(f"POST {JOBS}", taken, times=1):
        ended = world.retrain(model)

    world.assert_failed(model, ended, "belongs to job 'theirs'")


# 10: the API server is busy, broken or cut off

STATUS = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
ANSWERS = {
    "429": refuse(Reply.of(429, "Too many requests, please try again later.\n", Retry_After="1")),
    "500": refuse(Reply.of(500, {**STATUS, "code": 500})),
    "503": refuse(Reply.of(503, {**STATUS, "reason": "ServiceUnavailable", "code": 503})),
    "504 without a kind": refuse(Reply.of(504, {"reason": "Timeout", "code": 504})),
    "cut before": drop,
    "cut after": lose_answer,
    "an error page": refuse(Reply.of(502, "<html>bad gateway</html>")),
}


@pytest.mark.parametrize(
    ("verb", "answer"),
    [*(("POST", answer) for answer in ANSWERS), ("GET", "429"), ("GET", "500"), ("GET", "cut before")],
)
def test_an_api_server_that_fails_for_a_moment_costs_only_time(world: FaultyWorld, verb: str, answer: str) -> None:
    model = world.given_model()

    with world.cluster.fault(f"{verb} {JOBS}", ANSWERS[answer], times=3) as fault:
        ended = world.retrain(model)

    assert fault.seen > 3 or verb == "POST"
    world.assert_one_result(model, ended)


# 11: credentials and permissions


def test_an_expired_token_is_replaced_once(world: FaultyWorld) -> None:
    model = world.given_model()
    unauthorized = Reply.of(401, {**STATUS, "reason": "Unauthorized", "code": 401})

    with world.cluster.fault(f"POST {JOBS}", refuse(unauthorized), times=1):
        ended = world.retrain(model)

    world.assert_one_result(model, ended)


def test_a_cluster_that_forbids_it_is_asked_once(world: FaultyWorld) -> None:
    model = world.given_model()
    forbidden = Reply.of(403, {**STATUS, "reason": "Forbidden", "message": "not you", "code": 403})

    with world.cluster.fault("POST ", refuse(forbidden)) as fault:
        ended = world.retrain(model)

    assert fault.seen == 1
    world.assert_failed(model, ended, "ClusterRefused: the Kubernetes API answered 403 Forbidden: not you")


def test_a_cluster_that_takes_no_fresh_token_is_asked_until_the_retries_are_used_up(world: FaultyWorld) -> None:
    model = world.given_model()
    unauthorized = Reply.of(401, {**STATUS, "reason": "Unauthorized", "message": "not you", "code": 401})

    with world.cluster.fault("POST ", refuse(unauthorized)) as fault:
        ended = world.retrain(model)

    assert fault.seen > 2
    world.assert_failed(model, ended, "the Kubernetes API answered 401 Unauthorized: not you")


def test_a_quota_that_is_exhausted_for_a_moment_costs_only_time(world: FaultyWorld) -> None:
    model = world.given_model()
    message = 'jobs.batch "two" is forbidden: exceeded quota: rq'
    over_quota = Reply.of(403, {**STATUS, "reason": "Forbidden", "message": message, "code": 403})

    with world.cluster.fault(f"POST {JOBS}", refuse(over_quota), times=2) as fault:
        ended = world.retrain(model)

    assert fault.seen > 2
    world.assert_one_result(model, ended)


# 12: the Job is gone


def _older(text: str) -> str:
    """The same with every time some minutes earlier."""

    def moved(match: re.Match[str]) -> str:
        moment = datetime.fromisoformat(match[0].replace("Z", "+00:00")) - AGED
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return _MOMENT.sub(moved, text)


def ages(request: Request, forward: Forward) -> Reply:
    """The reply as it would look later."""
    reply = forward(request)
    return Reply(reply.status, reply.headers, _older(reply.body.decode()).encode())


def test_a_kubernetes_job_that_someone_deleted_does_not_count_as_complete(world: FaultyWorld) -> None:
    model = world.given_model()
    arn, name = world.begin(model, sleep=30)

    with world.aws.fault("DynamoDB.*Query", ages):
        world.stack.cluster.drop_job(name)
        ended = world.end(arn)

    world.assert_failed(model, ended, f"Kubernetes Job '{name}' vanished before it was seen to end")


# 13: memory and nodes


def test_running_out_of_memory_is_the_reason_of_the_failure(world: FaultyWorld) -> None:
    model = world.given_model(training={"retries": 0})
    arn, name = world.begin(model, sleep=30)
    world.wait_for("the pod", lambda: world.stack.cluster.has_ready_pod(name))

    world.stack.cluster.kill_out_of_memory(name)

    world.assert_failed(model, world.end(arn), "the container ran out of memory (limit 2Gi)")


def test_a_lost_node_costs_a_pod_but_no_attempt(world: FaultyWorld) -> None:
    model = world.given_model(training={"retries": 0})
    arn, name = world.begin(model, sleep=2)
    world.wait_for("a pod", lambda: world.stack.cluster.has_ready_pod(name))

    world.stack.cluster.evict(name)

    world.assert_one_result(model, world.end(arn))


# 14: Jobs that never start


def _soon_over(request: Request, forward: Forward) -> Reply:
    body = json.loads(request.body)
    body["spec"]["activeDeadlineSeconds"] = 1
    return forward(replace(request, body=json.dumps(body).encode()))


def test_a_job_that_cannot_be_scheduled_ends_at_its_deadline_with_the_reason(world: FaultyWorld) -> None:
    model = world.given_model()
    world.stack.cluster.cordon()
    try:
        with world.cluster.fault(f"POST {JOBS}", _soon_over):
            ended = world.retrain(model)
    finally:
        world.stack.cluster.cordon(False)

    world.assert_failed(model, ended, "it ran longer than its deadline of 1 seconds; FailedScheduling")


SECRET = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "token"}}}
PERMANENT = {
    "image": ({"image": "example.com/absent:1"}, "the image 'example.com/absent:1' cannot be pulled (ImagePullBackOff"),
    "configuration": (
        {"pod_template": {"spec": {"containers": [{"env": [SECRET]}]}}},
        "the container cannot start (CreateContainerConfigError",
    ),
}


def test_a_stored_policy_that_the_deployment_refuses_starts_no_pod_and_says_why(world: FaultyWorld) -> None:
    model = world.given_model(training={"pod_template": {"spec": {"serviceAccountName": "admin"}}})

    ended = world.retrain(model)

    world.assert_failed(model, ended, "serviceAccountName: not allowed: 'admin'; none is allowed; the stack parameter")
    assert ended.job is not None
    assert not world.stack.cluster.has_job(f"{ended.job.job_id}-train-1")


@pytest.mark.parametrize("training", PERMANENT)
def test_a_job_that_can_never_start_is_given_up_long_before_its_deadline(world: FaultyWorld, training: str) -> None:
    policy, reason = PERMANENT[training]
    model = world.given_model(training=policy)

    with world.cluster.fault("GET ", ages):
        ended = world.retrain(model)

    world.assert_failed(model, ended, reason)
    assert ended.job is not None
    assert not world.stack.cluster.has_job(f"{ended.job.job_id}-train-1")


# 15: Kubernetes may start a program twice


def test_two_trainers_of_one_job_leave_one_version_and_one_result(world: FaultyWorld) -> None:
    model = world.given_model(training={"image": TRAINER_IMAGE})
    arn, name = world.begin(model)
    world.wait_for("its pod", lambda: world.stack.cluster.environment_of(name) != {})
    environment = aws_settings(world.stack.aws_endpoint) | {
        "AUTO_RETRAIN_ORDER": world.stack.cluster.environment_of(name)["AUTO_RETRAIN_ORDER"],
        "PATH": os.defpath,
        "PYTHONPATH": f"{CORE}",
    }

    twin = subprocess.run(
        [env_python("trainer"), "-m", "train_model"], cwd=TRAINER.parent, env=environment, check=False
    )

    assert twin.returncode == 0
    ended = world.end(arn)
    assert ended.status == "SUCCEEDED"
    assert ended.job is not None
    assert ended.job.challenger_version == "1"


# 16: the container succeeded, but left no usable result


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        ("no train result", "ArtifactMissing"),
        ("half a train result", "ArtifactInvalid: result document"),
        ("no score result", "ArtifactMissing"),
        ("half a score result", "ArtifactInvalid: result document"),
        ("half of it", "ArtifactInvalid"),
    ],
)
def test_a_container_that_succeeds_without_a_usable_result_has_failed(
    world: FaultyWorld, leave: str, reason: str
) -> None:
    model = world.given_model()

    ended = world.retrain(model, leave=leave)

    world.assert_failed(model, ended, reason)


def _other_files(request: Request, forward: Forward) -> Reply:
    reply = forward(request)
    return Reply(reply.status, reply.headers, reply.body + b" and more")


def test_files_that_changed_after_registration_are_refused_by_name(world: FaultyWorld) -> None:
    model = world.given_model()

    with world.mlflow.fault("GET /model-versions/get-artifact", _other_files):
        ended = world.retrain(model)

    world.assert_failed(model, ended, f"version 1 of '{model}' is not what was registered; changed files: model.json")


# Secrets


def test_no_secret_is_in_a_job_body_log_history_or_record(world: FaultyWorld, webhook: Webhook) -> None:
    hub = {"name": "HUB_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token", "optional": True}}}
    model = world.given_model(training={"pod_template": {"spec": {"containers": [{"env": [hub]}]}}})
    with world.cluster.fault("GET ", ages):
        failed = world.retrain(model)
    ended = world.retrain(world.given_model())

    bodies = [request.body.decode() for request in world.cluster.requests if request.method == "POST"]
    tokens = {request.headers["Authorization"].removeprefix("Bearer ") for request in world.cluster.requests}
    texts = [*bodies, *everything_written(world, failed.arn, ended.arn), *webhook.texts]

    assert ended.status == "SUCCEEDED"
    assert any("HUB_TOKEN" in body for body in bodies)
    assert all(token.startswith("k8s-aws-v1.") for token in tokens)
    for secret in (CANARY, *tokens):
        assert not [text for text in texts if secret in text]
