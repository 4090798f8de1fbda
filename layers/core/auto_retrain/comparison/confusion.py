"""Which classes each version took for which."""

from ..domain.comparison import Confusion
from .version_metrics import Metrics
from .versions import Versions

# Nobody can read a larger matrix.
MAX_CONFUSED_CLASSES = 20
# Classes and values can be whole sentences; they are in the record of the job, which is limited.
MAX_NAME_LENGTH = 100


def confusion_of(versions: Versions) -> Confusion | None:
    """The confusion matrix of each version; None for numbers and for very many classes."""
    classes = versions.challenger.predictions.classes
    if classes is None or classes.size > MAX_CONFUSED_CLASSES:
        return None
    return Confusion(
        classes=tuple(str(name)[:MAX_NAME_LENGTH] for name in classes),
        challenger=_matrix(versions.challenger),
        champion=None if versions.champion is None else _matrix(versions.champion),
    )


def _matrix(version: Metrics) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, version.confusion().tolist()))
