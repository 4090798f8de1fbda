"""A task that times out is caught as on AWS, where `States.ALL` catches all errors but two, neither of them a timeout.

Source: the AWS documentation of error handling in Step Functions.
"""

import json

from .conftest import PATIENCE_SECONDS, App


def test_states_all_alone_catches_a_late_function_a_missing_heartbeat_and_a_missing_answer(app: App) -> None:
    executions = [app.start({"task": task}) for task in ("late", "silent", "unanswered")]
    app.account.activity.wait_until_idle(PATIENCE_SECONDS)

    for execution in map(app.describe, executions):
        assert execution["status"] == "SUCCEEDED"
        assert json.loads(execution["output"])["error"]["Error"] in {"States.Timeout", "States.HeartbeatTimeout"}
