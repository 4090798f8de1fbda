"""The one error tree; every class name may appear as an error name in an execution's history.

AutoRetrainError
├── TransientError           may pass: the state machine retries it
│   ├── ClusterUnavailable · RegistryUnavailable · StoreUnavailable
│   ├── MetricsUnavailable · DataUnavailable · ExecutionsUnavailable
│   ├── EventsUnavailable · NotificationFailed
│   └── JobConflict           every step is safe to run again on the newer record
└── PermanentError           will not pass: the job is closed as failed
    ├── EventInvalid · PolicyInvalid · PolicyConflict · ModelUnknown
    ├── SettingMissing · SettingInvalid
    ├── JobUnknown · LeaseHeld · IllegalTransition · RecordInvalid
    ├── DataMissing · DataInvalid (DataChanged) · ArtifactInvalid (ArtifactMissing)
    ├── AwsRefused · ClusterRefused · ClusterConflict · RegistryRefused
    └── TrainingFailed · ChampionConflict · PromotionRefused · ReviewRefused

"Not due" and "rejected" are results, not errors.
"""


class AutoRetrainError(Exception):
    """Base of everything this package raises on purpose."""


class TransientError(AutoRetrainError):
    """The same call may succeed later."""


class PermanentError(AutoRetrainError):
    """The same call will fail again."""


class ClusterUnavailable(TransientError):
    """The Kubernetes API did not answer, or answered that it cannot now."""


class RegistryUnavailable(TransientError):
    """MLflow did not answer, or answered with a server error."""


class StoreUnavailable(TransientError):
    """DynamoDB throttled or failed after its own retries."""


class MetricsUnavailable(TransientError):
    """The metric source could not be asked."""


class DataUnavailable(TransientError):
    """S3 could not be read or written now."""


class ExecutionsUnavailable(TransientError):
    """Step Functions could not be asked."""


class EventsUnavailable(TransientError):
    """An event could not be published."""


class NotificationFailed(TransientError):
    """People could not be told; outcomes do not depend on it."""


class EventInvalid(PermanentError):
    """The event that should start or close a retraining is not one we know."""


class PolicyInvalid(PermanentError):
    """A policy breaks a rule; the message names the field, the value and what is allowed."""


class PolicyConflict(PermanentError):
    """The policy was changed by someone else since it was read; read it again and decide anew."""


class ModelUnknown(PermanentError):
    """No policy was applied for this model."""


class SettingMissing(PermanentError):
    """The deployment lacks an environment variable that this function needs."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"environment variable {variable} is not set")


class SettingInvalid(PermanentError):
    """The deployment has an environment variable that makes no sense."""

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        super().__init__(f"environment variable {variable} = {value!r}: must be {allowed}")


class JobUnknown(PermanentError):
    """There is no job record with this id."""


class JobConflict(TransientError):
    """The job record was changed by someone else since it was read."""


class LeaseHeld(PermanentError):
    """Another execution owns this model now."""

    def __init__(self, model_name: str, active_job: str) -> None:
        super().__init__(f"model '{model_name}' is already being retrained by job '{active_job}'")
        self.active_job = active_job


class IllegalTransition(PermanentError):
    """A job cannot go from its present status to the asked one."""


class RecordInvalid(PermanentError):
    """A stored record cannot be read; the message says where it breaks, never what it holds."""


class DataMissing(PermanentError):
    """A data window holds no objects."""


class DataInvalid(PermanentError):
    """Data lack a column or cannot be parsed."""


class DataChanged(DataInvalid):
    """An object is not there any more, or not the one that was listed."""


class ArtifactInvalid(PermanentError):
    """A document or prediction file of a job is absent, incomplete or not what its digest says."""


class ArtifactMissing(ArtifactInvalid):
    """A document of a job is not there."""


class AwsRefused(PermanentError):
    """An AWS service refuses the request for good, such as for a missing permission."""


class ClusterRefused(PermanentError):
    """The Kubernetes API refuses the request for good."""


class ClusterConflict(PermanentError):
    """A Kubernetes Job of that name exists and belongs to something else."""


class RegistryRefused(PermanentError):
    """MLflow refuses the request for good."""


class TrainingFailed(PermanentError):
    """A Kubernetes Job of ours ended without a usable result."""


class ChampionConflict(PermanentError):
    """Someone else moved the champion alias meanwhile; their choice stays."""


class PromotionRefused(PermanentError):
    """The stored validation does not allow this version into production."""


class ReviewRefused(PermanentError):
    """The job does not wait for a person's word, or somebody else has given another one."""
