"""What a pass over a thousand running Kubernetes Jobs costs the watcher."""

import json
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from auto_retrain.adapters.dynamodb.keys import key
from auto_retrain.adapters.dynamodb.table import item_of
from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings
from auto_retrain.domain.cluster import JobOrder
from auto_retrain.domain.job import PendingStep, RetrainingJob
from auto_retrain.domain.names import kubernetes_job_name
from auto_retrain.domain.policy.training import TrainingPolicy
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import Window, Windows
from local.bench.figure import Figure
from local.bench.imports import SETTINGS
from local.cluster import LocalCluster
from local.cluster.tokens import ADMIN
from local.paths import BUILD, env_python

JOBS = 1_000
NAMESPACE = "auto-retrain"
TOKEN = "bench"
# How long an AWS service takes to answer within its region.
LATENCY_SECONDS = 0.02
# As many records as make up the megabyte that DynamoDB returns in one page.
RECORDS_PER_PAGE = 500

PROBE = """
import json, time
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.bootstrap import deployed_ports
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.watching.watch_jobs import watch_jobs

sent, send = [], Transport.send
Transport.send = lambda self, method, path, *further: sent.append(path) or send(self, method, path, *further)
ports, passes = deployed_ports(), []
for _ in range(3):
    sent.clear()
    start = time.perf_counter()
    report = watch_jobs(ScheduledEvent(), ports)
    passes.append(time.perf_counter() - start)
assert (report.alive, report.problems) == (1000, ()), report
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([passes, peak / 1000, len(sent)]))
"""


class _Token:
    def token(self) -> str:
        return TOKEN

    def refresh(self) -> None:
        """There is only one token."""


def measure() -> list[Figure]:
    """Passes in a process of its own, as packaged, against a cluster and an AWS on the other core."""
    jobs = [_job(number) for number in range(JOBS)]
    tokens = {TOKEN: ADMIN}
    with LocalCluster({}, parallel_pods=0, tokens=tokens) as cluster, _aws(jobs) as aws:
        client = KubernetesClient(Transport(Connection(cluster.url, None, _Token())), NAMESPACE)
        _start(client, jobs)
        passes, megabytes, requests = _watch(cluster.url, aws)
        one_by_one = _ask_one_by_one(client, jobs) + JOBS * LATENCY_SECONDS
    name = f"watching {JOBS:,} running jobs"
    return [
        Figure(name, statistics.median(passes), "s", 2, f"{one_by_one:.0f} s asking one by one"),
        Figure(f"{name}: memory", megabytes, "MB", 200),
        Figure(f"{name}: requests of the cluster", requests, "requests", 1, f"{JOBS} asking one by one"),
    ]


def _job(number: int) -> RetrainingJob:
    now, day = datetime.now(UTC), date(2026, 3, 1)
    job_id = f"gl-{number:04}-0123456789"
    name = kubernetes_job_name(job_id, "train")
    return RetrainingJob(
        job_id=job_id,
        model_name=f"gl-{number:04}",
        trigger_type=TriggerType.SCHEDULED,
        trigger_reason="it was due",
        event_time=now,
        execution_arn=f"arn:aws:states:eu-central-1:123456789012:execution:retraining:{number}",
        policy_version=1,
        status=RetrainingStatus.RUNNING,
        created_at=now,
        windows=Windows(training=Window(start=day, end=day), holdout=Window(start=day, end=day)),
        pending=PendingStep(kind="train", kubernetes_job=name, task_token="t" * 600, since=now),
    )


def _start(client: KubernetesClient, jobs: list[RetrainingJob]) -> None:
    cluster = KubernetesCluster(
        {NAMESPACE: client}, SETTINGS["STAGE"], lambda: PodSettings("image", "trainer", "scorer")
    )
    for job in jobs:
        order = JobOrder(
            kind="train",
            job_id=job.job_id,
            model_name=job.model_name,
            manifest_uri=f"s3://artifacts/jobs/{job.job_id}/manifest.json",
            manifest_sha256="0" * 64,
            output_uri=f"s3://artifacts/jobs/{job.job_id}/train/",
            mlflow_tracking_uri="http://mlflow.internal",
            seed=0,
        )
        cluster.start_job(kubernetes_job_name(job.job_id, "train"), [order], TrainingPolicy())


@contextmanager
def _aws(jobs: list[RetrainingJob]) -> Iterator[str]:
    """DynamoDB with the active records, Step Functions, which accepts every heartbeat, and MLflow with a champion."""
    answer = _answers(jobs)
    champion = json.dumps({"model_version": {"version": "1"}}).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._reply(answer(request), "application/x-amz-json-1.0")

        def do_GET(self) -> None:
            self._reply(champion, "application/json")

        def _reply(self, content: bytes, kind: str) -> None:
            time.sleep(LATENCY_SECONDS)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answers(jobs: list[RetrainingJob]) -> Callable[[dict[str, Any]], bytes]:
    """The answer of AWS to a request; no model has a serving record."""
    pages = [_page(jobs[first : first + RECORDS_PER_PAGE]) for first in range(0, len(jobs), RECORDS_PER_PAGE)]
    for number, page in enumerate(pages[:-1], start=1):
        page["LastEvaluatedKey"] = key(str(number), "JOB")
    active = [json.dumps(page).encode() for page in pages]
    items = {item["pk"]["S"]: item for page in pages for item in page["Items"]}

    def answer(request: dict[str, Any]) -> bytes:
        if "Key" in request:
            item = items.get(request["Key"]["pk"]["S"])
            return json.dumps({"Item": item} if item else {}).encode()
        if "RequestItems" in request:
            return json.dumps({"Responses": {table: [] for table in request["RequestItems"]}}).encode()
        if "TableName" not in request:
            return b"{}"
        if request["ExpressionAttributeValues"].get(":active") != {"S": "ACTIVE"}:
            return json.dumps(_page([])).encode()
        return active[int(request.get("ExclusiveStartKey", key("0", ""))["pk"]["S"])]

    return answer


def _page(jobs: list[RetrainingJob]) -> dict[str, Any]:
    return {"Items": [item_of(key(f"JOB#{job.job_id}", "JOB"), job) for job in jobs], "Count": len(jobs)}


def _watch(cluster_url: str, aws_url: str) -> tuple[list[float], float, int]:
    """Seconds of each pass, peak megabytes, and the requests of a pass to the cluster."""
    layers = [BUILD / layer / "python" for layer in ("CoreLayer", "VendorLayer")]
    environment = {
        **SETTINGS,
        "CLUSTER_ENDPOINT": cluster_url,
        "AWS_ENDPOINT_URL": aws_url,
        "MLFLOW_TRACKING_URI": aws_url,
        "PYTHONPATH": os.pathsep.join(map(str, layers)),
    }
    command = [str(env_python("runtime")), "-c", PROBE]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    passes, megabytes, requests = json.loads(output)
    return passes, megabytes, requests


def _ask_one_by_one(client: KubernetesClient, jobs: list[RetrainingJob]) -> float:
    """Seconds to read every Job on its own; a cluster on the network would take far longer."""
    started = time.perf_counter()
    for job in jobs:
        client.get_job(kubernetes_job_name(job.job_id, "train"))
    return time.perf_counter() - started
