"""Parses the command line, calls a use case and prints the result."""

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import typer

from ..domain.errors import AutoRetrainError
from .commands import COMPLETION, command_line
from .connecting import connect
from .problems import print_malformed, print_refusal, print_unexpected

if TYPE_CHECKING:
    # Takes half a second, which is too long for a page of help.
    from ..ports import Ports

REFUSED, MALFORMED, INTERRUPTED = 1, 2, 130


def main(arguments: list[str] | None = None, ports: "Ports | None" = None) -> int:
    """Run one command; returns 0 for success, 1 for a refusal, 2 for a malformed command; errors go to stderr."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(words, ports)
    except typer.TyperException as error:
        print_malformed(error)
        return MALFORMED
    except AutoRetrainError as error:
        print_refusal(error)
    except BrokenPipeError:
        # The reader, such as `head`, has read enough; without this, flushing the rest would raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        print_unexpected(error)
    return REFUSED


def _run(words: list[str], ports: "Ports | None") -> int:
    program = command_line()
    if COMPLETION in os.environ:
        from .completion import complete

        return complete(program)
    try:
        with program.make_context("auto-retrain", words, obj=partial(connect, ports)) as context:
            code = program.invoke(context)
    except typer.Exit as ended:  # after a page of help
        code = ended.exit_code
    sys.stdout.flush()
    return int(code or 0)


if __name__ == "__main__":
    sys.exit(main())
