"""What each function costs before it can do anything, as packaged: importing it, and building its clients."""

import json
import os
import statistics
import subprocess
from pathlib import Path

import yaml

from local.bench.figure import Figure
from local.paths import BUILD, BUILT_TEMPLATE, ROOT, env_python

RUNS = 7
SMALL = ("start_job", "watch_jobs", "check_triggers", "close_job", "notify")
OF_ROLLOUTS = ("await_rollout", "watch_rollouts", "roll_back")
MILLISECONDS_GOALS = {
    **dict.fromkeys(SMALL, 350.0),
    **dict.fromkeys(OF_ROLLOUTS, 200.0),
    "judge_proxy": 900.0,
    "validate_model": 900.0,
    "notify": 150.0,
}
MEGABYTES_GOALS = dict.fromkeys(SMALL, 70.0)

# The ports that each function uses: a lazy import only postpones its cost, so it is counted here.
PORTS = {
    "sweep_models": (
        "audit",
        "policies",
        "states",
        "metrics",
        "_cloudwatch",
        "executions",
        "decisions",
        "sweeps",
        "limits",
        "prices",
        "events",
    ),
    "receive_alarm": ("policies", "executions"),
    "check_triggers": (
        "traces",
        "policies",
        "jobs",
        "states",
        "waiting",
        "metrics",
        "data",
        "_cloudwatch",
        "events",
        "decisions",
        "sweeps",
        "limits",
        "prices",
    ),
    "detect_drift": (
        "traces",
        "audit",
        "policies",
        "jobs",
        "states",
        "waiting",
        "ledger",
        "data",
        "tables",
        "events",
        "decisions",
        "prices",
    ),
    "profile_data": ("audit", "policies", "jobs", "ledger", "data", "tables", "registry", "events"),
    "check_data": ("policies", "jobs", "ledger", "data", "tables", "events"),
    "start_job": ("traces", "policies", "jobs", "ledger", "data", "registry", "cluster", "events"),
    "watch_jobs": (
        "traces",
        *("audit", "policies", "jobs", "states", "waiting", "ledger", "prices"),
        *("cluster", "executions", "data", "events", "registry", "traffic"),
    ),
    "judge_proxy": ("traces", "policies", "jobs", "data", "events"),
    "validate_model": ("traces", "policies", "jobs", "ledger", "data", "registry", "events"),
    "await_review": ("jobs", "events"),
    "deploy_model": (
        *("audit", "policies", "jobs", "states", "ledger"),
        *("data", "registry", "traffic", "executions", "events"),
    ),
    "await_rollout": ("jobs", "ledger", "executions"),
    "watch_rollouts": (
        *("audit", "policies", "jobs", "states", "ledger"),
        *("live", "_logged", "data", "registry", "traffic", "executions", "events"),
    ),
    "roll_back": (
        *("policies", "jobs", "states", "ledger"),
        *("data", "registry", "traffic", "executions", "events"),
    ),
    "watch_champions": (
        *("audit", "policies", "jobs", "states", "ledger", "metrics", "_cloudwatch"),
        *("data", "registry", "traffic", "executions", "events"),
    ),
    "close_job": (
        *("audit", "policies", "jobs", "states", "waiting", "ledger", "prices"),
        *("data", "registry", "traffic", "executions", "events"),
    ),
    "notify": ("notifications", "outbox", "routing", "channels", "_slack"),
    "report_fleet": ("policies", "jobs", "ledger", "data"),
    "send_digest": ("policies", "jobs", "ledger", "outbox", "channels"),
    "anchor_audit": ("audit", "anchors"),
}
SETTINGS = {
    "STAGE": "bench",
    "TABLE_NAME": "table",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "ARTIFACTS_BUCKET": "artifacts",
    "DATA_BUCKET": "data",
    "ANCHOR_BUCKET": "anchors",
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    "CLUSTER_NAME": "cluster",
    "CLUSTER_ENDPOINT": "http://127.0.0.1:9",
    "JOB_NAMESPACE": "auto-retrain",
    "JOB_SERVICE_ACCOUNT": "trainer",
    "SCORING_SERVICE_ACCOUNT": "scorer",
    "TRAINER_IMAGE": "image",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:retraining",
    "SLACK_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}

PROBE = """
import json, sys, time
from operator import attrgetter
start = time.perf_counter()
import app
from auto_retrain.bootstrap import deployed_ports
imported = time.perf_counter() - start
ports = deployed_ports()
for name in sys.argv[1:]:
    attrgetter(name)(ports)
ready = time.perf_counter() - start
# Not from getrusage, which would include the memory of the benchmark that this process was forked from.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([imported * 1000, ready * 1000, peak / 1000]))
"""


def measure() -> list[Figure]:
    """Median of seven fresh processes for each function, with the layers that the template attaches to it."""
    figures = []
    for function, layers in attached_layers().items():
        imported, ready, megabytes = start_cost(function, layers)
        figures += [
            Figure(f"{function}: import", imported, "ms", MILLISECONDS_GOALS.get(function)),
            Figure(f"{function}: import and clients", ready, "ms"),
            Figure(f"{function}: memory then", megabytes, "MB", MEGABYTES_GOALS.get(function)),
        ]
    return figures


def start_cost(function: str, layers: list[str]) -> tuple[float, float, float]:
    """Milliseconds to import, milliseconds until the clients are there, megabytes then."""
    folders = [ROOT / "functions" / function, *(BUILD / layer / "python" for layer in layers)]
    environment = {**SETTINGS, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [str(env_python("runtime")), "-c", PROBE, *PORTS[function]]
    runs = [json.loads(_output(command, environment)) for _ in range(RUNS)]
    imported, ready, megabytes = (statistics.median(column) for column in zip(*runs, strict=True))
    return imported, ready, megabytes


def _output(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def attached_layers() -> dict[str, list[str]]:
    """Layers by function folder, as the built template says."""
    template = yaml.safe_load(BUILT_TEMPLATE.read_text())
    common = template["Globals"]["Function"]["Layers"]
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    return {
        Path(function["CodeUri"]).name: [layer["Ref"] for layer in (*common, *function.get("Layers", []))]
        for function in functions
    }
