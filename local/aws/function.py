"""A deployed function, and the environment of its processes."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from local.aws.environment import aws_settings
from local.paths import env_python

# What runs a handler, which is named by the only argument.
ENTRYPOINT = [str(env_python("runtime")), "-m", "awslambdaric"]


@dataclass(frozen=True)
class Function:
    """A deployed function: where its files are and what CloudFormation resolved for it."""

    name: str
    arn: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    variables: dict[str, str]
    timeout_seconds: float
    memory_mb: int
    log: Path


def environment_of(function: Function, endpoint: str, runtime_api: str) -> dict[str, str]:
    """Nothing is inherited: a variable that the template does not set is missing here as it is in the cloud."""
    python_path = [str(function.code), *search_path(function.layers)]
    return (
        aws_settings(endpoint)
        | function.variables
        | {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_XRAY_SDK_ENABLED": "false",
            "LAMBDA_TASK_ROOT": str(function.code),
            "LANG": "en_US.UTF-8",
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1",  # in the cloud the code is read-only
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": os.pathsep.join(python_path),
            "TZ": ":UTC",
            "_HANDLER": function.handler,
        }
    )


def search_path(layers: tuple[Path, ...]) -> list[str]:
    """Where the modules of layers are."""
    return [str(layer / "python") for layer in layers]
