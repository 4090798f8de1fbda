"""Carries a job through the states of the machine, one after the other, where training takes no time."""

from typing import Any

from ...domain.errors import PermanentError
from ...domain.job import RetrainingJob
from ...domain.messages.ending import ClosingRequest
from ...domain.messages.promoting import ReviewOrder
from ...domain.messages.references import JobReference
from ...domain.messages.training import StepOrder
from ...ports import Ports
from ..data.check_data import check_data
from ..data.profile_data import profile_data
from ..ending.close_job import close_job
from ..promoting.await_review import await_review
from ..promoting.deploy_model import deploy_model
from ..promoting.review import review_challenger
from ..training.start_job import start_job
from ..validating.judge_proxy import judge_proxy
from ..validating.validate_model import validate_model

REVIEWER = "back-test"
_YES = "a back-test approves what passed every gate"


def carry_through(job: RetrainingJob, ports: Ports) -> None:
    """From CheckData to CloseJob, as statemachine/retraining.asl.yaml has them; the job has ended afterwards.

    The cluster carries out a step while it is started. A review counts as approved, as that is what nobody can know.
    Raises TransientError, after which nothing is known of the job; what cannot be retried is how it ends.
    """
    state: dict[str, Any] = {"decision": {"job_id": job.job_id}}
    try:
        _carry(JobReference(job_id=job.job_id), state, ports)
    except PermanentError as error:
        state["error"] = {"Error": type(error).__name__, "Cause": str(error)}
    close_job(ClosingRequest(execution_arn=job.execution_arn, state=state), ports)


def _carry(job: JobReference, state: dict[str, Any], ports: Ports) -> None:
    next_step: str = check_data(job, ports).next
    if next_step == "proxy":
        next_step = _judge_by_proxy(job, state, ports)
    if next_step != "train":
        return
    for kind in ("train", "score"):
        start_job(StepOrder(job_id=job.job_id, kind=kind, task_token=f"{job.job_id}-{kind}"), ports)
    next_step = validate_model(job, ports).next
    if next_step == "review":
        await_review(ReviewOrder(job_id=job.job_id, task_token=f"{job.job_id}-review"), ports)
        review_challenger(job.job_id, True, REVIEWER, _YES, ports)
    if next_step != "close" and deploy_model(job, ports).next == "promoted":
        _profile(job, state, ports)


def _judge_by_proxy(job: JobReference, state: dict[str, Any], ports: Ports) -> str:
    """A guard that fails holds nothing back."""
    try:
        start_job(StepOrder(job_id=job.job_id, kind="proxy", task_token=f"{job.job_id}-proxy"), ports)
    except PermanentError as error:
        state["proxy_error"] = {"Error": type(error).__name__, "Cause": str(error)}
    try:
        return judge_proxy(job, ports).next
    except PermanentError as error:
        state["proxy_error"] = {"Error": type(error).__name__, "Cause": str(error)}
        return "train"


def _profile(job: JobReference, state: dict[str, Any], ports: Ports) -> None:
    """Drift checks make up for a profile that is missing, so it fails nothing."""
    try:
        state["profile"] = profile_data(job, ports).model_dump(mode="json")
    except PermanentError as error:
        state["profile_error"] = {"Error": type(error).__name__, "Cause": str(error)}
