"""Deploys a built SAM template into the emulated account: same template, same parameters as in the cloud."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from moto.awslambda.utils import get_backend
from moto.cloudformation.models import Stack, cloudformation_backends

from local.aws.cloudformation import creatable
from local.aws.environment import ACCOUNT, REGION
from local.aws.function import Function
from local.aws.sam_build import Build


@dataclass(frozen=True)
class DeployedStack:
    """The outputs of a stack, and its functions."""

    outputs: dict[str, str]
    functions: list[Function]


def deploy(template_path: Path, stack_name: str, parameters: dict[str, str], logs: Path) -> DeployedStack:
    build = Build(template_path)
    template = build.transform(parameters)
    resources = template["Resources"] = creatable(template["Resources"])
    numbers = count(1)
    with (
        # With its random names every start would give the table and the buckets other ones.
        patch("moto.cloudformation.parsing.random_suffix", lambda: f"{next(numbers):04}"),
        # It would read JSON as the YAML that it is as well, which takes a hundred times as long.
        patch("moto.cloudformation.models.yaml.load", lambda text, **_: json.loads(text)),
    ):
        stack = cloudformation_backends[ACCOUNT][REGION].create_stack(stack_name, json.dumps(template), parameters)
    outputs = {output.key: output.value for output in stack.output_map.values()}
    return DeployedStack(outputs, list(_functions(stack, resources, build.directories, logs)))


def _functions(stack: Stack, resources: dict[str, Any], directories: dict[str, Path], logs: Path) -> Iterator[Function]:
    """Each function as moto created it, with the directories that hold its code and its layers."""
    for logical_id, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Function":
            deployed = get_backend(ACCOUNT, REGION).get_function(stack.resource_map[logical_id].physical_resource_id)
            layers = [resources[layer["Ref"]] for layer in resource["Properties"].get("Layers", [])]
            yield Function(
                name=deployed.function_name,
                arn=deployed.function_arn,
                handler=str(deployed.handler),
                code=directories[resource["Properties"]["Code"]["S3Key"]],
                layers=tuple(directories[layer["Properties"]["Content"]["S3Key"]] for layer in layers),
                variables={name: str(value) for name, value in deployed.environment_vars.items()},
                timeout_seconds=float(deployed.timeout),
                memory_mb=int(deployed.memory_size),
                log=logs / f"{logical_id}.log",
            )
