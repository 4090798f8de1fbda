"""Entry point: carries out the order in the environment, and exits with a code that says whether to retry."""

import errno
import os
import signal
import sys
import traceback

from . import use  # noqa: F401 (starts the clock)
from .errors import PermanentFailure, TrainerBroken
from .libraries import load_libraries
from .order import parse_order

DONE, MAY_BE_RETRIED, PERMANENT = 0, 1, 65
MAX_REASON_LENGTH = 1000


def main() -> int:
    """Return the exit code; on failure the last line on stderr is the reason."""
    try:
        run_order(os.environ.get("AUTO_RETRAIN_ORDER"), os.environ.get("JOB_COMPLETION_INDEX"))
    except KeyboardInterrupt:
        return _end("stopped by a signal before the order was carried out", MAY_BE_RETRIED)
    except Exception as error:
        _print_trace(error)
        return _end(reason_of(error), PERMANENT if is_permanent(error) else MAY_BE_RETRIED)
    return DONE


def run_order(document: str | None, completion_index: str | None = None) -> None:
    """Refuse an invalid order at once; only then load the libraries, which takes seconds."""
    order = parse_order(document, completion_index)
    load_libraries()
    from .carry_out import carry_out

    carry_out(order)


def is_permanent(error: Exception) -> bool:
    """Whether a retry of the same order would fail again; a full disk stays full."""
    return isinstance(error, PermanentFailure) or (isinstance(error, OSError) and error.errno == errno.ENOSPC)


def reason_of(error: Exception) -> str:
    """One line without control characters, short enough for a termination message."""
    text = str(error) if isinstance(error, PermanentFailure) else f"{type(error).__name__}: {error}"
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_REASON_LENGTH]


def _print_trace(error: Exception) -> None:
    """Show where the user's code or ours failed; invalid data need no traceback, which could quote them."""
    if isinstance(error, TrainerBroken):
        traceback.print_exception(error.__cause__)
    elif not isinstance(error, PermanentFailure):
        traceback.print_exception(error)


def _end(reason: str, code: int) -> int:
    print(reason, file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    # Kubernetes sends SIGTERM. Handled like Ctrl-C, no library mistakes it for an error of its own and retries.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
