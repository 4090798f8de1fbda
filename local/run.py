"""Keeps the stack running and tells people how to reach it."""

import json
import threading
from contextlib import suppress

from local.stack import LocalStack

_MANUAL_START = {"model_name": "MODEL", "trigger_type": "manual", "actor": "YOU", "reason": "WHY"}
_HELP = """
MLflow      {stack.mlflow_url}
Kubernetes  {stack.cluster_url}
AWS         {stack.aws_endpoint}   (no permissions are enforced here)
Logs        {stack.logs}

To use it from another terminal:
  export AWS_ENDPOINT_URL={stack.aws_endpoint} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  export AWS_DEFAULT_REGION={region} TABLE_NAME={outputs[TableName]}
  {python} -m auto_retrain.cli apply POLICY.yaml
  aws stepfunctions start-execution --state-machine-arn {outputs[StateMachineArn]} \\
    --input '{manual_start}'

Training data go to s3://{stack.data_bucket}/. Ctrl-C stops everything; nothing is kept.
"""


def main() -> int:
    with LocalStack(live_schedules=True) as stack:
        print(render_help(stack), flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


def render_help(stack: LocalStack) -> str:
    from local.aws.environment import REGION
    from local.paths import env_python

    return _HELP.format(
        stack=stack,
        outputs=stack.outputs,
        region=REGION,
        python=env_python("dev"),
        manual_start=json.dumps(_MANUAL_START),
    )
