"""The keyword options of `AutoRetrainPipeline`: where a deployment is, if not where the environment says."""

from collections.abc import Mapping
from difflib import get_close_matches

# What each option is called among the settings; `region` is AWS's own.
_SETTINGS = {
    "artifacts_bucket": "artifacts_bucket",
    "cluster_name": "cluster_name",
    "data_bucket": "data_bucket",
    "mlflow_tracking_uri": "mlflow_tracking_uri",
    "namespace": "job_namespace",
    "prometheus_url": "prometheus_url",
    "stage": "stage",
    "state_machine_arn": "state_machine_arn",
    "table_name": "table_name",
}
OPTIONS = tuple(sorted([*_SETTINGS, "region"]))


def settings_from(options: Mapping[str, object]) -> dict[str, str]:
    """The settings that options stand for; raises TypeError for an option that does not exist, or is no text."""
    for name, value in options.items():
        if name not in OPTIONS:
            close = get_close_matches(name, OPTIONS, n=1, cutoff=0.5)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            raise TypeError(f"AutoRetrainPipeline has no option '{name}'{hint}; there are {', '.join(OPTIONS)}")
        if value is not None and not (isinstance(value, str) and value):
            raise TypeError(f"option {name} = {value!r}: must be a text that is not empty")
    return {_SETTINGS[name]: str(value) for name, value in options.items() if name in _SETTINGS and value is not None}
