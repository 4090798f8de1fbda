"""Where people find the local servers, unless somebody else is there."""

import socket

USUAL_PORTS = {"mlflow": 5055, "aws": 4566, "cluster": 6550}


def free_or_any(port: int) -> int:
    """The port itself if nothing listens on it, or else 0, which is any port that is free."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return port
    except OSError:
        return 0
