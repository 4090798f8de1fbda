"""Failures that trying again cannot cure; every message is one sentence for people.

PermanentFailure
├── OrderInvalid      the order or its manifest
├── DataInvalid       the labelled data
├── TrainerBroken     the function that fits the model, or what it returned
├── VersionUnusable   a registered version that cannot be found, loaded or asked
└── ReportFailed      the drift report could not be made of these data
"""


class PermanentFailure(Exception):
    """Ends the process with an exit code that tells Kubernetes not to retry."""


class OrderInvalid(PermanentFailure):
    """The order or its manifest is not what the contract says."""


class DataInvalid(PermanentFailure):
    """The labelled data are absent, changed or unfit."""


class TrainerBroken(PermanentFailure):
    """The function that fits the model failed or returned something else."""


class VersionUnusable(PermanentFailure):
    """A registered version cannot be found, loaded or asked."""


class ReportFailed(PermanentFailure):
    """The drift report cannot be made of these data."""
