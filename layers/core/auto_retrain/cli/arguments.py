"""Arguments that several commands share; all are checked before any call to the outside."""

import getpass
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, NoReturn, cast

import typer

from ..domain.base import check_calendar
from ..domain.errors import EventInvalid
from ..domain.explain import shown
from ..domain.names import MODEL_NAME_PATTERN
from ..domain.text import check_one_line
from ..ports import Ports

MAX_ACTOR_LENGTH, MAX_REASON_LENGTH = 128, 500


def ports_of(context: typer.Context) -> Ports:
    """The ports that a command works with; the deployment is looked up now, after all arguments were checked."""
    return connection_of(context)()


def connection_of(context: typer.Context) -> Callable[[], Ports]:
    """What looks the deployment up, also in another process."""
    return partial(cast(Callable[[str | None], Ports], context.obj), context.find_root().params.get("endpoint"))


def id_of(what: str) -> Callable[[str], str]:
    """Checks the id of a job, or of what is named like one."""

    def check(text: str) -> str:
        if not re.fullmatch("[a-z0-9-]{1,63}", text):
            raise typer.BadParameter(f"{shown(text)} is not a {what} id, such as churn-0123456789")
        return text

    return check


def actor_or_user(actor: str | None) -> str:
    """Who acts: as given, or else the name of the user."""
    if actor:
        return actor
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise EventInvalid("--actor: required but not given; this user has no name") from error


def refuse_both(context: typer.Context, one: str, other: str) -> None:
    """Refuse two options that exclude each other; they are given by their names, such as --grid."""
    given = [name for name in (one, other) if context.params[name.strip("-").replace("-", "_")]]
    if len(given) == 2:
        raise typer.BadParameter(f"{one} and {other} cannot be given together", ctx=context)


def values_by_key(option: str, pairs: Sequence[str]) -> dict[str, Any]:
    """`key=json` pairs as a dictionary; each key may be given once."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        if not key or not text:
            raise typer.BadParameter(f"{option} {shown(pair)}: give a name and a JSON value, such as max_iter=300")
        if key in values:
            raise typer.BadParameter(f"{option} {key}: given more than once")
        try:
            values[key] = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            problem = f"{option} {key} = {shown(text)}: must be JSON; quote a text: {key}='\"text\"'"
            raise typer.BadParameter(problem) from error
    return values


def object_of(text: str) -> dict[str, Any]:
    """A JSON object; raises BadParameter for anything else."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise typer.BadParameter(f'{shown(text)} is not a JSON object, such as {{"max_iter": 300}}')
    return value


def time_of(text: str) -> datetime:
    """A time with a time zone; raises BadParameter for anything ambiguous."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{shown(text)} is not a time; give one such as 2026-03-01T12:00:00Z") from error
    if time.tzinfo is None:
        raise typer.BadParameter(f"{shown(text)} has no time zone; give one such as 2026-03-01T12:00:00Z")
    try:
        return check_calendar(time).astimezone(UTC)
    except ValueError as error:
        raise typer.BadParameter(f"{shown(text)} is outside the calendar: {error}") from error


def date_of(text: str) -> date:
    """A day; raises BadParameter for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{shown(text)} is not a date; give one such as 2026-03-01") from error


def model_name(text: str) -> str:
    if not re.fullmatch(MODEL_NAME_PATTERN, text):
        raise typer.BadParameter(f"{shown(text)} is not a model name: a-z, 0-9 and inner - are allowed, at most 40")
    return text


def text_up_to(max_length: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not 0 < len(text.strip()) <= len(text) <= max_length:
            raise typer.BadParameter(f"{shown(text)} must have 1 to {max_length} characters")
        try:
            return check_one_line(text)
        except ValueError as error:
            raise typer.BadParameter(f"{shown(text)} {error}") from error

    return check


def number_up_to(maximum: int) -> Callable[[str | int], int]:
    def check(given: str | int) -> int:
        text = str(given)
        if not re.fullmatch("[0-9]{1,6}", text, re.ASCII) or not 1 <= int(text) <= maximum:
            raise typer.BadParameter(f"{shown(text)} must be a whole number from 1 to {maximum}")
        return int(text)

    return check


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in choices:
            raise typer.BadParameter(f"{shown(text)} must be one of: {', '.join(choices)}")
        return text

    return check


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def reason_option(help: str) -> Any:
    return typer.Option("--reason", metavar="TEXT", parser=text_up_to(MAX_REASON_LENGTH), help=help)


def limit_option() -> Any:
    return typer.Option("--limit", metavar="N", parser=number_up_to(1000), help="how many to show")


def version_option(help: str, metavar: str = "VERSION", name: str = "--version") -> Any:
    return typer.Option(name, metavar=metavar, parser=number_up_to(999_999), help=help)


Model = Annotated[str, typer.Argument(metavar="MODEL", parser=model_name, help="name of the model")]
ModelOrAll = Annotated[
    str | None, typer.Argument(metavar="MODEL", parser=model_name, help="only this model", show_default=False)
]
Job = Annotated[str, typer.Argument(metavar="JOB", parser=id_of("job"), help="id of the job, such as churn-0123456789")]
Name = Annotated[
    str,
    typer.Argument(
        metavar="JOB|DECISION",
        parser=id_of("job or decision"),
        help="id of a job, or of a decision that opened none, or a model's name for its newest job",
    ),
]
JobOrModel = Annotated[
    str, typer.Argument(metavar="JOB", parser=id_of("job"), help="id of the job, or a model's name for its newest job")
]
Actor = Annotated[
    str | None,
    typer.Option(
        "--actor",
        metavar="WHO",
        parser=text_up_to(MAX_ACTOR_LENGTH),
        help="who is recorded as the actor (default: your user name)",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON with all details")]
