"""Keeps the stack running and shows how to reach it."""

import threading
from contextlib import suppress

from local.address_file import published
from local.stack import LocalStack

_HELP = """
MLflow      {stack.mlflow_url}
Kubernetes  {stack.cluster_url}
AWS         {stack.aws_endpoint}   (permissions are not enforced)
Logs        {stack.logs}

To use it from another terminal, anywhere below {root}:
  export AUTO_RETRAIN_LOCAL=1
  {python} -m auto_retrain.cli doctor --self
  {python} -m auto_retrain.cli models apply POLICY.yaml
  {python} -m auto_retrain.cli retrain MODEL --reason WHY
  {python} -m auto_retrain.cli follow JOB

From Python: AutoRetrainPipeline.local() finds it.

Put training data into s3://{stack.data_bucket}/, with any AWS tool that is given
  AWS_ENDPOINT_URL={stack.aws_endpoint} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION={region}
The other settings are in .local/stack.json: STATE_MACHINE_ARN={outputs[StateMachineArn]}
Ctrl-C stops everything, and nothing is kept.
"""


def main() -> int:
    with LocalStack(live_schedules=True, usual_ports=True) as stack:
        addresses = {"MLflow": stack.mlflow_url, "Kubernetes": stack.cluster_url, "AWS": stack.aws_endpoint}
        with published(stack.environment, {**addresses, "logs": str(stack.logs)}), suppress(KeyboardInterrupt):
            print(render_help(stack), flush=True)
            threading.Event().wait()
    return 0


def render_help(stack: LocalStack) -> str:
    from local.aws.environment import REGION
    from local.paths import ROOT, env_python

    return _HELP.format(
        stack=stack,
        outputs=stack.outputs,
        region=REGION,
        python=env_python("dev"),
        root=ROOT,
    )
