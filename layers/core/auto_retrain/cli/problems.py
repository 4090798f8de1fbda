"""Says on stderr what went wrong, and what to try next; never with a traceback, unless somebody asks for it."""

import os
import sys
import traceback

import typer

from ..domain.errors import AutoRetrainError, SettingInvalid, SettingMissing, TransientError
from .printing import remark

# Set it to see where an unexpected error comes from.
TRACEBACK = "AUTO_RETRAIN_TRACEBACK"
_THIS_MACHINE = "http://127.0.0.1:"


def print_malformed(error: typer.TyperException) -> None:
    """What is wrong with the words of a command: how it is used, the argument, its value, and what is allowed."""
    context: typer.Context | None = getattr(error, "ctx", None)
    parameter = getattr(error, "param", None)
    problem = (error.message or error.format_message()).removeprefix("Value error, ")
    if parameter and error.message:
        hint = parameter.get_error_hint().strip("'")
        problem = f"{hint}: {problem}"
    name = context.command_path if context else "auto-retrain"
    if context:
        print(context.get_usage(), file=sys.stderr)
    remark(f"{name}: {problem}")
    remark(f"See '{name} --help'")


def print_refusal(error: AutoRetrainError) -> None:
    """Why a command was not carried out, and where to look if the message itself does not say so."""
    for line in str(error).splitlines():
        remark(f"auto-retrain: {line}")
    hint = _hint(error)
    if hint and "'auto-retrain " not in str(error):
        remark(f"auto-retrain: {hint}")


def _hint(error: AutoRetrainError) -> str | None:
    if isinstance(error, SettingMissing | SettingInvalid):
        return "docs/commands.md says which variables a command needs; --endpoint local finds the stack of 'make local'"
    if isinstance(error, TransientError) and os.environ.get("AWS_ENDPOINT_URL", "").startswith(_THIS_MACHINE):
        return "try again; AWS_ENDPOINT_URL is a local stack, and 'auto-retrain local status' shows whether one runs"
    if isinstance(error, TransientError):
        return "try again; 'auto-retrain doctor' shows what can be reached"
    return None


def print_unexpected(error: Exception) -> None:
    """An error that nobody foresaw: a defect of this program, or of what it runs on."""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error, file=sys.stderr)
    remark(f"auto-retrain: unexpected {type(error).__name__}: {error!s}")
    remark(f"auto-retrain: {TRACEBACK}=1 shows where it comes from; please report it with that")
