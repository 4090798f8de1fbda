"""What the default trainer takes, which a policy without an image and a trainer of its own uses."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ..explain import shown
from ..metric_kinds import Task
from .policy import Policy

# The trainer itself sets random_state and categorical_features.
_BOTH = (
    "loss",
    "learning_rate",
    "max_iter",
    "max_leaf_nodes",
    "max_depth",
    "min_samples_leaf",
    "l2_regularization",
    "max_features",
    "max_bins",
    "monotonic_cst",
    "interaction_cst",
    "warm_start",
    "early_stopping",
    "scoring",
    "validation_fraction",
    "n_iter_no_change",
    "tol",
    "verbose",
)
PARAMETERS = {Task.CLASSIFICATION: (*_BOTH, "class_weight"), Task.REGRESSION: (*_BOTH, "quantile")}


def unknown_parameters(policy: Policy, names: Iterable[str], where: str) -> Iterator[str]:
    """A warning about each parameter that the default trainer would fail on; `where` they are given."""
    if policy.training.trainer or policy.training.image:
        return
    known = PARAMETERS[policy.data.task]
    for name in dict.fromkeys(names):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"it takes {', '.join(known)}"
            yield f"{where}: the default trainer takes no {shown(name)}; {hint}"
