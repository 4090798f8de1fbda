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
  source {python.parent}/activate
  alias auto-retrain="python -m auto_retrain.cli"
  eval "$(auto-retrain local env)"
  auto-retrain doctor --self
Now all commands, AWS tools and programs that are started there use it; training data go into s3://{stack.data_bucket}/
docs/first-hour.md goes on from here. From Python, AutoRetrainPipeline.local() finds it without any of this.

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
    from local.paths import ROOT, env_python

    return _HELP.format(stack=stack, python=env_python("dev"), root=ROOT)
