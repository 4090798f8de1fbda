"""Everything that we change in moto, which is pinned for this reason.

The docstring of a hook says what AWS does, and what moto does instead. Each has a contract test that fails without it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from local.aws.activity import Activity
from local.aws.clients import Clients
from local.aws.dispatcher import Dispatcher
from local.aws.hooks.answers import know_where_a_member_is
from local.aws.hooks.callbacks import accept_early_callbacks, keep_the_cause_of_task_failures
from local.aws.hooks.dynamodb import (
    query_only_the_items_asked_for,
    roll_back_only_the_transaction,
    serve_dynamodb_requests_one_at_a_time,
)
from local.aws.hooks.events import deliver_events
from local.aws.hooks.executions import (
    announce_ended_executions,
    announce_started_executions,
    record_no_timeout_that_was_not_worked_out,
    start_executions_one_at_a_time,
    stop_executions_at_once,
)
from local.aws.hooks.functions import invoke_functions
from local.aws.hooks.metrics import evaluate_alarms, read_exactly_one_metric
from local.aws.hooks.server import (
    find_each_service_once,
    keep_connections_open,
    list_the_actions_of_a_service_once,
)
from local.aws.hooks.state_machines import (
    create_executable_state_machines,
    interpret_state_machines,
    parse_each_definition_once,
    share_clients_between_tasks,
)
from local.aws.hooks.time import scale_time
from local.aws.invoker import Invoker


@contextmanager
def install(
    clients: Clients, invoker: Invoker, dispatcher: Dispatcher, activity: Activity, time_scale: float
) -> Iterator[None]:
    """Put every hook in place for as long as the block lasts."""
    with ExitStack() as installed:
        for hook in (
            know_where_a_member_is(),
            find_each_service_once(),
            list_the_actions_of_a_service_once(),
            keep_connections_open(),
            interpret_state_machines(),
            create_executable_state_machines(),
            parse_each_definition_once(),
            share_clients_between_tasks(clients),
            start_executions_one_at_a_time(),
            announce_started_executions(dispatcher, activity),
            announce_ended_executions(dispatcher, activity),
            stop_executions_at_once(dispatcher, activity),
            record_no_timeout_that_was_not_worked_out(),
            keep_the_cause_of_task_failures(),
            accept_early_callbacks(),
            invoke_functions(invoker),
            deliver_events(dispatcher),
            evaluate_alarms(dispatcher),
            read_exactly_one_metric(),
            serve_dynamodb_requests_one_at_a_time(),
            roll_back_only_the_transaction(),
            query_only_the_items_asked_for(),
            scale_time(time_scale),
        ):
            installed.enter_context(hook)
        yield
