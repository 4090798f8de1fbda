"""Several pods that train one model together: each fits with the others, and only the first one leaves a version."""

import os

FIRST = "0"


def is_helper() -> bool:
    """Whether this pod only helps the first one; a pod without a rank is alone."""
    return _rank() != FIRST


def suffix() -> str:
    """What tells the files of helpers from those of the first pod."""
    return f"-{_rank()}" if is_helper() else ""


def _rank() -> str:
    return os.environ.get("RANK", FIRST)
