"""Failures that a retry cannot fix; every message is one sentence for people.

PermanentFailure
├── OrderInvalid      the order or its manifest
├── DataInvalid       the labelled data
│   └── NothingLabelled
├── TrainerBroken     the function that fits the model, or what it returned
├── VersionUnusable   a registered version that cannot be found, loaded or used
├── RegistryRefused   MLflow, for good: a deleted experiment, a missing right
├── ReportFailed      data that Evidently cannot compare
└── BackTestRefused   a past that cannot be walked through
"""


class PermanentFailure(Exception):
    """Ends the process with an exit code that tells Kubernetes not to retry."""


class OrderInvalid(PermanentFailure):
    """The order or its manifest does not follow the contract."""


class DataInvalid(PermanentFailure):
    """The labelled data are missing, changed or unusable."""


class NothingLabelled(DataInvalid):
    """None of some rows has a label."""

    def __init__(self, message: str, rows: int) -> None:
        super().__init__(message)
        self.rows = rows


class TrainerBroken(PermanentFailure):
    """The function that fits the model failed, or did not return a model."""


class VersionUnusable(PermanentFailure):
    """A registered version cannot be found, loaded or used."""


class RegistryRefused(PermanentFailure):
    """MLflow refuses a request, and would again."""


class ReportFailed(PermanentFailure):
    """Evidently cannot compare these data."""


class BackTestRefused(PermanentFailure):
    """The past cannot be walked through with a policy."""
