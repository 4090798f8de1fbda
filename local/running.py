"""Says where the running stack is, in a file that the Python API and other programs find."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.aws.environment import aws_settings
from local.paths import LOCAL
from local.stack import TRAINER_IMAGE, LocalStack

RUNNING = LOCAL / "running.json"


def variables_of(stack: LocalStack) -> dict[str, str]:
    """The environment variables by which a program uses the stack as it would use a deployment."""
    outputs = stack.outputs
    return {
        **aws_settings(stack.aws_endpoint),
        "STAGE": "local",
        "TABLE_NAME": outputs["TableName"],
        "STATE_MACHINE_ARN": outputs["StateMachineArn"],
        "ARTIFACTS_BUCKET": outputs["ArtifactsBucketName"],
        "ANCHOR_BUCKET": outputs["AnchorBucketName"],
        "DATA_BUCKET": stack.data_bucket,
        "MLFLOW_TRACKING_URI": stack.mlflow_url,
        "CLUSTER_NAME": "local",
        "CLUSTER_ENDPOINT": stack.cluster_url,
        "JOB_NAMESPACE": "auto-retrain",
        "TRAINER_IMAGE": TRAINER_IMAGE,
    }


@contextmanager
def announced(stack: LocalStack, file: Path = RUNNING) -> Iterator[None]:
    """The file is there for as long as the stack is; whoever reads it sees all of it or none."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps({"pid": os.getpid(), "variables": variables_of(stack)}, indent=2))
    unfinished.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
