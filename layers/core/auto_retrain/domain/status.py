"""The status of a job, and the allowed transitions."""

from enum import StrEnum


class RetrainingStatus(StrEnum):
    """The status of a job; it is COMPLETED even if its challenger was not deployed or nothing was trained.

    It is ROLLED_BACK if its challenger was taken back, during its rollout or after its promotion. A promotion that is
    taken back is the one thing that changes the status of a job that has ended.
    """

    PENDING = "pending"
    RUNNING = "running"
    VALIDATION = "validation"
    DEPLOYING = "deploying"
    COMPLETED = "completed"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"

    @property
    def is_terminal(self) -> bool:
        return self not in _NEXT

    def may_become(self, status: "RetrainingStatus") -> bool:
        """Whether a job may move to another status; the current one is always allowed, so steps can repeat."""
        return status is self or status in _NEXT.get(self, set())


_S = RetrainingStatus
_NEXT: dict[RetrainingStatus, set[RetrainingStatus]] = {
    _S.PENDING: {_S.RUNNING, _S.COMPLETED, _S.FAILED},
    _S.RUNNING: {_S.VALIDATION, _S.COMPLETED, _S.FAILED},
    _S.VALIDATION: {_S.DEPLOYING, _S.COMPLETED, _S.FAILED},
    _S.DEPLOYING: {_S.COMPLETED, _S.ROLLED_BACK, _S.FAILED},
}
