"""Looks up the deployment that commands work with; apart from the program, which other processes cannot import."""

import os
from typing import TYPE_CHECKING

from .commands import LOCAL

if TYPE_CHECKING:
    # Takes half a second, which is too long for a page of help.
    from ..ports import Ports


def connect(given: "Ports | None", endpoint: str | None) -> "Ports":
    """The given ports or, without any, those of the deployment that the endpoint or the environment names."""
    if given is not None:
        return given
    # Imported when it is needed: help and malformed commands need no deployment.
    from ..bootstrap import deployed_ports

    if endpoint == "local" or os.environ.get(LOCAL) == "1":
        from .local_stack import use_local_stack

        use_local_stack()
    return deployed_ports()
