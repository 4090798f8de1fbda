"""Keeps the stack running and shows how to reach it."""

import threading
from contextlib import suppress

from local.running import announced
from local.stack import LocalStack

_HELP = """
MLflow      {stack.mlflow_url}
Kubernetes  {stack.cluster_url}
AWS         {stack.aws_endpoint}   (permissions are not enforced)
Logs        {stack.logs}

To use it from another terminal:
  export AWS_ENDPOINT_URL={stack.aws_endpoint} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  export AWS_DEFAULT_REGION={region} TABLE_NAME={outputs[TableName]} STATE_MACHINE_ARN={outputs[StateMachineArn]}
  {python} -m auto_retrain.cli models apply POLICY.yaml
  {python} -m auto_retrain.cli retrain MODEL --reason WHY

From Python: AutoRetrainPipeline.local() finds it.

Put training data into s3://{stack.data_bucket}/. Ctrl-C stops everything, and nothing is kept.
"""


def main() -> int:
    with LocalStack(live_schedules=True) as stack, announced(stack):
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
    )
