"""Hooks of Step Functions: how definitions are created and interpreted."""

import copy
from functools import cache
from typing import Any
from unittest.mock import patch

from moto.core.config import default_user_config
from moto.stepfunctions import models as step_functions
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.aws.clients import Clients
from local.aws.hooks.hook import Hook


def interpret_state_machines() -> Hook:
    """AWS runs what a definition says.

    moto only records executions, and starts Docker for functions, unless it is configured otherwise.
    """
    configuration = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    return patch.dict(default_user_config, configuration)


def create_executable_state_machines() -> Hook:
    """AWS has one kind of state machine.

    moto's CloudFormation creates them in a backend that does not interpret them.
    """
    return patch.object(step_functions, "stepfunctions_backends", stepfunctions_parser_backends)


def parse_each_definition_once() -> Hook:
    """AWS starts an execution within milliseconds.

    moto parses the definition for each execution, which takes ten milliseconds per kilobyte.
    """
    parse = cache(AmazonStateLanguageParser.parse)

    def program(self: ExecutionWorker) -> Any:
        return copy.deepcopy(parse(self._evaluation_details.state_machine_details.definition)[0])

    return patch.object(ExecutionWorker, "_get_evaluation_entrypoint", program)


def share_clients_between_tasks(clients: Clients) -> Hook:
    """AWS needs no connection of ours to run a task.

    moto makes a client for each task, which takes longer than most tasks, and never closes it.
    """
    return patch.object(lambda_eval_utils, "boto_client_for", lambda service, **_: clients.get(service))
