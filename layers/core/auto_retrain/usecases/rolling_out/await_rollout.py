"""Lets an execution wait for its rollout."""

from functools import partial

from ...domain.messages.rolling_out import RolloutAwaited, RolloutOrder
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..lookup import job_of
from .newest_record import on_newest


def await_rollout(order: RolloutOrder, ports: Ports) -> RolloutAwaited:
    """Save the task token in the serving record; repeating it only renews the token.

    If the rollout has ended in the meantime, the execution is resumed at once: nobody else would.

    Raises:
        JobUnknown: there is no such job.
    """
    job = job_of(order.job_id, ports)
    waits = on_newest(job.model_name, partial(_register, order, ports), ports)
    if not waits:
        ports.executions.succeed(order.task_token, {})
    return RolloutAwaited(job_id=job.job_id, waits=waits)


def _register(order: RolloutOrder, ports: Ports, record: ServingRecord) -> bool:
    rollout = record.rollout_of_job(order.job_id)
    if rollout is None:
        return False
    if rollout.task_token != order.task_token:
        ports.ledger.note(record.awaited_by(order.task_token))
    return True
