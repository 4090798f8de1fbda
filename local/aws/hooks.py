"""All that we change in moto, which is pinned for this reason; each hook has a contract test that fails without it."""

import copy
import threading
import time
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.cloudwatch.models import CloudWatchBackend, Dimension
from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.events.models import Rule
from moto.stepfunctions import models as step_functions
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from local.aws import events
from local.aws.activity import Activity
from local.aws.alarms import Alarms
from local.aws.clients import Clients
from local.aws.dispatcher import Dispatcher
from local.aws.functions import Functions
from local.aws.invoker import Invoker
from local.aws.metrics import data_of

Hook = AbstractContextManager[Any]


def install(
    clients: Clients,
    functions: Functions,
    invoker: Invoker,
    dispatcher: Dispatcher,
    activity: Activity,
    alarms: Alarms,
    time_scale: float,
) -> ExitStack:
    """Put every hook in place until the returned stack is closed."""
    hooks = ExitStack()
    for hook in (
        interpret_state_machines(),
        create_executable_state_machines(),
        parse_each_definition_once(),
        share_clients_between_tasks(clients),
        start_executions_one_at_a_time(),
        announce_started_executions(dispatcher, activity),
        announce_ended_executions(dispatcher, activity),
        stop_executions_at_once(dispatcher, activity),
        keep_the_cause_of_task_failures(),
        accept_early_callbacks(),
        invoke_functions(functions, invoker),
        deliver_events(dispatcher),
        evaluate_alarms(alarms),
        read_exactly_one_metric(),
        serve_dynamodb_requests_one_at_a_time(),
        roll_back_only_the_transaction(),
    ):
        hooks.enter_context(hook)
    if time_scale != 1:
        hooks.enter_context(scale_time(time_scale))
    return hooks


def interpret_state_machines() -> Hook:
    """AWS runs what a definition says.

    moto only records executions, and starts Docker for functions, unless it is told otherwise.
    """
    wanted = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    return patch.dict(default_user_config, wanted)


def create_executable_state_machines() -> Hook:
    """AWS has one kind of state machine.

    moto's CloudFormation creates them where nothing interprets them.
    """
    return patch.object(step_functions, "stepfunctions_backends", stepfunctions_parser_backends)


def parse_each_definition_once() -> Hook:
    """AWS starts an execution within milliseconds.

    moto parses the definition each time, for ten milliseconds per kilobyte.
    """
    parse = cache(AmazonStateLanguageParser.parse)

    def program(self: ExecutionWorker) -> Any:
        return copy.deepcopy(parse(self._evaluation_details.state_machine_details.definition)[0])

    return patch.object(ExecutionWorker, "_get_evaluation_entrypoint", program)


def share_clients_between_tasks(clients: Clients) -> Hook:
    """AWS needs no connection of ours to run a task.

    moto makes a client for each, which takes longer than most tasks, and never closes it.
    """
    return patch.object(lambda_eval_utils, "boto_client_for", lambda service, **_: clients.get(service))


def start_executions_one_at_a_time() -> Hook:
    """AWS names nameless executions, and of two with one name and input starts one.

    moto names them all 'None', and looks for a name before it takes it, without holding others back.
    """
    original, lock = StepFunctionsParserBackend.start_execution, threading.Lock()

    def start(self: Any, state_machine_arn: str, name: str | None = None, *arguments: Any, **options: Any) -> Execution:
        with lock:
            return original(self, state_machine_arn, name or str(uuid4()), *arguments, **options)

    return patch.object(StepFunctionsParserBackend, "start_execution", start)


def announce_started_executions(dispatcher: Dispatcher, activity: Activity) -> Hook:
    """AWS sends an event when an execution starts.

    moto does not.
    """
    original = Execution.start

    def start(self: Execution) -> None:
        activity.begin(self.exec_arn)
        dispatcher.publish(events.execution_status_change(self, "RUNNING"))
        original(self)

    return patch.object(Execution, "start", start)


def announce_ended_executions(dispatcher: Dispatcher, activity: Activity) -> Hook:
    """AWS sends an event when an execution ends.

    moto does not.
    """
    original = BaseExecutionWorkerCommunication.terminated

    def terminated(self: BaseExecutionWorkerCommunication) -> None:
        with _ENDING:
            if self.execution.exec_status is not ExecutionStatus.RUNNING:
                return  # it was stopped, and said so
            original(self)
        _announce_end(self.execution, dispatcher, activity)

    return patch.object(BaseExecutionWorkerCommunication, "terminated", terminated)


def stop_executions_at_once(dispatcher: Dispatcher, activity: Activity) -> Hook:
    """AWS aborts an execution where it stands, and keeps error and cause.

    moto waits for the end of its task, also of one that waits for a token, and drops both.
    """

    def stop(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        error, cause = self._get_param("error"), self._get_param("cause")
        _wait_until_interpreted(execution)
        with _ENDING:
            running = execution.exec_status is ExecutionStatus.RUNNING
            if running:
                execution.exec_status = ExecutionStatus.ABORTED
                execution.stop_date, execution.error, execution.cause = datetime.now(UTC), error, cause
        if running:
            execution.stop(execution.stop_date, error, cause)
            _announce_end(execution, dispatcher, activity)
        return ActionResult({"stopDate": execution.stop_date})

    return patch.object(StepFunctionResponse, "stop_execution", stop)


_ENDING = threading.Lock()


def _wait_until_interpreted(execution: Execution) -> None:
    """The interpreter takes a moment to start, and ignores being stopped until then."""
    while execution.exec_status is ExecutionStatus.RUNNING:
        environment = execution.exec_worker.env
        if environment is not None and environment.program_state() is not None:
            return
        time.sleep(0.001)


def _announce_end(execution: Execution, dispatcher: Dispatcher, activity: Activity) -> None:
    dispatcher.publish(events.execution_status_change(execution, execution.status))
    activity.end(execution.exec_arn)


def keep_the_cause_of_task_failures() -> Hook:
    """AWS hands on the cause that SendTaskFailure gives.

    moto drops it.
    """

    def send_task_failure(self: StepFunctionResponse) -> EmptyResult:
        token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
        self.stepfunction_backend.send_task_failure(token, error=error, cause=cause)
        return EmptyResult()

    return patch.object(StepFunctionResponse, "send_task_failure", send_task_failure)


def accept_early_callbacks() -> Hook:
    """AWS takes a token from the moment the function has it.

    moto forgets a success, and refuses a heartbeat, that comes before the function has returned.
    """
    set_up = CallbackEndpoint.setup_heartbeat_endpoint
    notify = CallbackEndpoint.notify_heartbeat

    def set_up_and_remember(self: CallbackEndpoint, heartbeat_seconds: int) -> Any:
        endpoint = set_up(self, heartbeat_seconds)
        if self.get_outcome() is not None:
            endpoint.notify()
        return endpoint

    def always_notify(self: CallbackEndpoint) -> bool:
        notify(self)
        return True

    return patch.multiple(
        CallbackEndpoint, setup_heartbeat_endpoint=set_up_and_remember, notify_heartbeat=always_notify
    )


def invoke_functions(functions: Functions, invoker: Invoker) -> Hook:
    """AWS runs the code, and only queues an `Event` invocation.

    moto without Docker echoes the event, both times.
    """

    def invoke(
        self: LambdaSimpleBackend,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        name = self.get_function(function_name, qualifier).function_name
        event = (body or "{}").encode() if isinstance(body or "", str) else body
        if headers.get("X-Amz-Invocation-Type") == "Event":
            invoker.submit(name, event)
            return b""
        answer = functions.invoke(name, event)
        if answer.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        return answer.payload

    return patch.object(LambdaSimpleBackend, "invoke", invoke)


def deliver_events(dispatcher: Dispatcher) -> Hook:
    """AWS delivers to functions and state machines, later.

    moto answers PutEvents with HTTP 500 if a rule has such a target.
    """

    def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        dispatcher.offer(self, events.put_event(original_event))

    return patch.object(Rule, "send_to_targets", send_to_targets)


def evaluate_alarms(alarms: Alarms) -> Hook:
    """AWS evaluates alarms when time passes.

    moto never does; here they are evaluated when data arrive.
    """
    original = CloudWatchBackend.put_metric_data

    def put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        original(self, namespace, metric_data)
        alarms.data_arrived(self, namespace, {datum["MetricName"] for datum in metric_data})

    return patch.object(CloudWatchBackend, "put_metric_data", put_metric_data)


def read_exactly_one_metric() -> Hook:
    """AWS: a metric is a namespace, a name and exactly these dimensions.

    moto mixes namespaces if dimensions are given, and all dimensions if none are.
    """
    original = CloudWatchBackend.get_metric_data

    def get_metric_data(
        self: CloudWatchBackend, queries: list[dict[str, Any]], *arguments: Any, **options: Any
    ) -> list[Any]:
        if not all("MetricStat" in query for query in queries):
            return list(original(self, queries, *arguments, **options))
        # Each query sees a backend that has nothing but its metric.
        views = [(_only(self, query["MetricStat"]["Metric"]), query) for query in queries]
        return [found for view, query in views for found in original(view, [query], *arguments, **options)]

    return patch.object(CloudWatchBackend, "get_metric_data", get_metric_data)


def _only(backend: CloudWatchBackend, metric: dict[str, Any]) -> CloudWatchBackend:
    dimensions = [Dimension(dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", [])]
    data = data_of(backend, metric["Namespace"], metric["MetricName"], dimensions)
    view = copy.copy(backend)
    view.get_all_metrics = lambda: data
    return view


def serve_dynamodb_requests_one_at_a_time() -> Hook:
    """AWS: a conditional write or a transaction is one step for everybody else.

    moto's threads see, and overwrite, each other's half-done ones.
    """
    original, lock = DynamoHandler.call_action, threading.Lock()

    def call_action(self: DynamoHandler) -> Any:
        with lock:
            return original(self)

    return patch.object(DynamoHandler, "call_action", call_action)


def roll_back_only_the_transaction() -> Hook:
    """AWS: a transaction costs what it touches.

    moto copies the whole table for each, which takes seconds once a fleet is in it.
    """
    original = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = [_current_item(self, *operation) for item in transact_items for operation in item.items()]
        try:
            with patch.object(Table, "__deepcopy__", lambda table, memo: table, create=True):
                original(self, transact_items)
        except Exception:
            for table, keys, item in before:
                _restore_item(table, keys, item)
            raise

    return patch.object(DynamoDBBackend, "transact_write_items", transact_write_items)


def _current_item(backend: DynamoDBBackend, kind: str, operation: dict[str, Any]) -> tuple[Table, Any, Any]:
    table = backend.get_table(operation["TableName"])
    keys = backend.get_keys_value(table, operation["Item" if kind == "Put" else "Key"])
    return table, keys, copy.deepcopy(table.get_item(*keys))


def _restore_item(table: Table, keys: Any, item: Any) -> None:
    hash_key, range_key = keys
    if item is None:
        table.delete_item(hash_key, range_key)
    elif range_key is None:
        table.items[hash_key] = item
    else:
        table.items[hash_key][range_key] = item


def scale_time(factor: float) -> Hook:
    """An option, not a correction: states that wait, and retries, take this part of their time."""
    wait = WaitFunction._wait_interval

    def wait_less(self: WaitFunction, env: Any, wait_seconds: float) -> None:
        wait(self, env, wait_seconds * factor)

    hooks = ExitStack()
    hooks.enter_context(patch.object(WaitFunction, "_wait_interval", wait_less))
    hooks.enter_context(
        patch.object(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * factor)))
    )
    return hooks
