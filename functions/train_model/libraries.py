"""The libraries that every order needs, and what they read while they are imported."""

import gc
import logging
import os

# Otherwise MLflow and Evidently would send telemetry, MLflow would print progress bars and addresses and sleep for as
# long as a server asks, be it an hour, and threads of the tree builder would spin while they wait for each other, which
# is much slower on shared processors.
LIBRARY_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "DO_NOT_TRACK": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}


def load_libraries() -> None:
    """Import them, which takes seconds."""
    for name, value in LIBRARY_SETTINGS.items():
        os.environ.setdefault(name, value)
    _tell_of_retries()
    # The imports create half a million permanent objects; searching them for garbage again and again is a waste.
    gc.set_threshold(100_000)
    from . import carry_out  # noqa: F401


def _tell_of_retries() -> None:
    """Print each request that is tried again: MLflow's wait for minutes, and people read the log meanwhile."""
    log, stderr = logging.getLogger("urllib3.connectionpool"), logging.lastResort
    if stderr and stderr not in log.handlers:
        log.addHandler(stderr)
