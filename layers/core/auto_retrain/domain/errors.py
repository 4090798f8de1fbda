"""The one error tree; class names appear as error names in the history of executions.

AutoRetrainError
├── TransientError           may pass; the state machine retries it
│   ├── ClusterUnavailable · RegistryUnavailable · StoreUnavailable
│   ├── MetricsUnavailable · DataUnavailable · ExecutionsUnavailable
│   ├── EventsUnavailable · NotificationFailed (NotificationRefused)
│   ├── TrafficUnavailable · TrafficNotReady
│   ├── JobConflict · ServingConflict    every step can safely run again on the newer record
│   └── AnchorConflict
└── PermanentError           will not pass; the job is closed as failed
    ├── EventInvalid · PolicyInvalid · PolicyConflict · ChangeRefused · ModelUnknown
    ├── SettingMissing · SettingInvalid · LocalStackMissing
    ├── JobUnknown · LeaseHeld · RequestRefused · RetrainingHeld · IllegalTransition
    ├── RecordInvalid · RecordTooLarge
    ├── DataMissing · DataInvalid (DataChanged) · ArtifactInvalid (ArtifactMissing)
    ├── AwsRefused · ClusterRefused · ClusterConflict · RegistryRefused · OrdersTooLarge
    ├── TrainingFailed · ChampionConflict · PromotionRefused · ReviewRefused
    ├── TrafficRefused · TrafficConflict · RolloutRefused · RollbackRefused · DrillRefused
    └── AcknowledgementRefused

"Not due" and "rejected" are results, not errors.
"""

import re


class AutoRetrainError(Exception):
    """Base class of all errors that this package raises on purpose."""


class TransientError(AutoRetrainError):
    """The same call may succeed later."""


class PermanentError(AutoRetrainError):
    """The same call will fail again."""


class ClusterUnavailable(TransientError):
    """The Kubernetes API did not answer, or is temporarily unable to."""


class RegistryUnavailable(TransientError):
    """MLflow did not answer, or answered with a server error."""


class StoreUnavailable(TransientError):
    """DynamoDB throttled or failed after its own retries."""


class MetricsUnavailable(TransientError):
    """The metric source could not be queried."""


class DataUnavailable(TransientError):
    """S3 could not be read or written for the moment."""


class ExecutionsUnavailable(TransientError):
    """Step Functions could not be reached."""


class EventsUnavailable(TransientError):
    """An event could not be published."""


class NotificationFailed(TransientError):
    """People could not be notified, and may be in so many seconds; no outcome depends on it."""

    def __init__(self, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class NotificationRefused(NotificationFailed):
    """A channel works, but did not take this one message."""


class EventInvalid(PermanentError):
    """The event that should start or close a retraining is not of a known form."""


class PolicyInvalid(PermanentError):
    """A policy breaks a rule; the message names the field, the value and what is allowed."""


class PolicyConflict(PermanentError):
    """Someone else has changed the policy since it was read; read it again and reconsider."""


class ChangeRefused(PermanentError):
    """A changed policy would have done worse in the past than the one in force, or nobody can tell."""


class ModelUnknown(PermanentError):
    """This model has no policy."""


class SettingMissing(PermanentError):
    """The deployment lacks an environment variable that this function needs."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"environment variable {variable} is not set")


class SettingInvalid(PermanentError):
    """An environment variable of the deployment has an invalid value."""

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        shown = re.sub(r"//[^/]*@", "//***@", value)  # without the credentials of an address
        super().__init__(f"environment variable {variable} = {shown!r}: must be {allowed}")


class LocalStackMissing(PermanentError):
    """No local stack runs on this machine, or it cannot be started."""


class JobUnknown(PermanentError):
    """No job has this id."""


class JobConflict(TransientError):
    """Someone else has changed the job record since it was read."""


class ServingConflict(TransientError):
    """Someone else has changed the serving record since it was read."""


class AuditConflict(TransientError):
    """Someone else has extended the audit chain since it was read."""


class AnchorConflict(TransientError):
    """Someone else has written the next anchor since the newest one was read."""


class TrafficUnavailable(TransientError):
    """Whatever routes the requests could not be reached."""


class TrafficNotReady(TransientError):
    """Whatever routes the requests cannot give a version any yet; nothing was changed."""


class TrafficRefused(PermanentError):
    """Whatever routes the requests refuses the change for good, or cannot do it."""


class TrafficConflict(PermanentError):
    """Someone else has changed the traffic since it was read; their change stays."""


class RolloutRefused(PermanentError):
    """There is no rollout, or it cannot do what was asked for."""


class RollbackRefused(PermanentError):
    """There is no version to go back to, or the one that was named never served."""


class DrillRefused(PermanentError):
    """A live drill cannot begin: what serves is changing, or is not what it should be."""


class AcknowledgementRefused(PermanentError):
    """There is nothing that a person could acknowledge."""


class LeaseHeld(PermanentError):
    """Another execution owns this model now."""

    def __init__(self, model_name: str, active_job: str) -> None:
        super().__init__(f"model '{model_name}' is already being retrained by job '{active_job}'")
        self.active_job = active_job


class RequestRefused(PermanentError):
    """Too many requests wait for this model already."""


class RetrainingHeld(PermanentError):
    """A retraining that was asked for does not start; `held_by` is the kind of what holds it, None if it is not due."""

    def __init__(self, model_name: str, reason: str, way_out: str, held_by: str | None = None) -> None:
        super().__init__(f"'{model_name}' is not retrained: {reason}; {way_out}")
        self.model_name, self.reason, self.way_out, self.held_by = model_name, reason, way_out, held_by


class IllegalTransition(PermanentError):
    """A job cannot change from its current status to the requested one."""


class RecordInvalid(PermanentError):
    """A stored record cannot be read; the message says where, but never quotes its content."""


class RecordTooLarge(PermanentError):
    """A record has more bytes than the store takes; the message names it and its largest field."""


class DataMissing(PermanentError):
    """A data window contains no objects."""


class DataInvalid(PermanentError):
    """Data lack a column or cannot be parsed; `missing` and `not_numeric` are the columns that are the problem."""

    def __init__(self, text: str, missing: tuple[str, ...] = (), not_numeric: str | None = None) -> None:
        super().__init__(text)
        self.missing, self.not_numeric = missing, not_numeric


class DataChanged(DataInvalid):
    """An object has disappeared or changed since it was listed."""


class ArtifactInvalid(PermanentError):
    """A document or prediction file of a job is missing, incomplete, or does not match its digest."""


class ArtifactMissing(ArtifactInvalid):
    """A document of a job is missing."""


class AwsRefused(PermanentError):
    """An AWS service refuses the request for good, for example for lack of a permission."""


class ClusterRefused(PermanentError):
    """The Kubernetes API refuses the request for good."""


class ClusterConflict(PermanentError):
    """A Kubernetes Job with this name belongs to something else."""


class OrdersTooLarge(PermanentError):
    """The orders of a step do not fit into the environment of a container."""


class RegistryRefused(PermanentError):
    """MLflow refuses the request for good."""


class TrainingFailed(PermanentError):
    """One of our Kubernetes Jobs ended without a usable result."""


class ChampionConflict(PermanentError):
    """Someone else has moved the champion alias in the meantime; their choice stays."""


class PromotionRefused(PermanentError):
    """The stored validation does not allow promoting this version."""


class ReviewRefused(PermanentError):
    """The job is not waiting for a review, or someone else has already decided otherwise."""
