"""Parses the command line, calls a use case and prints the result."""

import os
import sys
from typing import TYPE_CHECKING

import typer

from ..domain.errors import AutoRetrainError
from .commands import command_line

if TYPE_CHECKING:
    # Takes half a second, which is too long for a page of help.
    from ..ports import Ports

REFUSED, MALFORMED = 1, 2


def main(arguments: list[str] | None = None, ports: "Ports | None" = None) -> int:
    """Run one command; returns 0 for success, 1 for a refusal, 2 for a malformed command; errors go to stderr."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    program = command_line()
    try:
        with program.make_context("auto-retrain", words, obj=lambda: ports or _ports_of_the_deployment()) as context:
            code = program.invoke(context)
        sys.stdout.flush()
    except typer.Exit as ended:  # after a page of help
        return ended.exit_code
    except typer.TyperException as error:
        _explain(error)
        return MALFORMED
    except AutoRetrainError as error:
        for line in str(error).splitlines():
            print(f"auto-retrain: {line}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        # The reader, such as `head`, has read enough; without this, flushing the rest would raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return int(code or 0)


def _ports_of_the_deployment() -> "Ports":
    # Imported when it is needed: help and malformed commands need no deployment.
    from ..bootstrap import deployed_ports

    return deployed_ports()


def _explain(error: typer.TyperException) -> None:
    context: typer.Context | None = getattr(error, "ctx", None)
    parameter = getattr(error, "param", None)
    hint = parameter.get_error_hint().strip("'") if parameter else ""
    is_value = isinstance(error, typer.BadParameter) and error.message
    problem = f"{hint}: {error.message}" if hint and is_value else error.message if is_value else error.format_message()
    name = context.command_path if context else "auto-retrain"
    if context:
        print(context.get_usage(), file=sys.stderr)
    print(f"{name}: {problem}", file=sys.stderr)
    print(f"See '{name} --help'", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
