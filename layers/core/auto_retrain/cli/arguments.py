"""Arguments that several commands share; all are checked before any call to the outside."""

import getpass
import json
import re
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

from ..domain.base import check_calendar
from ..domain.errors import EventInvalid
from ..domain.explain import shown
from ..domain.names import MODEL_NAME_PATTERN
from ..domain.text import check_one_line

MAX_ACTOR_LENGTH, MAX_REASON_LENGTH = 128, 500


def id_of(what: str) -> Callable[[str], str]:
    """Checks the id of a job, or of what is named like one."""

    def check(text: str) -> str:
        if not re.fullmatch("[a-z0-9-]{1,63}", text):
            raise ArgumentTypeError(f"{shown(text)} is not a {what} id, such as churn-0123456789")
        return text

    return check


def add_model(parser: ArgumentParser, help: str = "name of the model", **options: Any) -> None:
    parser.add_argument("model", metavar="MODEL", type=_model_name, help=help, **options)


def add_actor(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--actor",
        metavar="WHO",
        type=_text_up_to(MAX_ACTOR_LENGTH),
        help="who is recorded as the actor (default: your user name)",
    )


def add_job(parser: ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", type=id_of("job"), help="id of the job, such as churn-0123456789")


def add_reason(parser: ArgumentParser, help: str, required: bool = True) -> None:
    parser.add_argument("--reason", metavar="TEXT", type=_text_up_to(MAX_REASON_LENGTH), required=required, help=help)


def add_limit(parser: ArgumentParser, default: int) -> None:
    parser.add_argument(
        "--limit",
        metavar="N",
        type=number_up_to(1000),
        default=default,
        help="how many to show (default: %(default)s)",
    )


def actor_in(options: Namespace) -> str:
    """Who acts: as given, or else the name of the user."""
    if options.actor:
        return str(options.actor)
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise EventInvalid("--actor: required but not given; this user has no name") from error


class AddParameter(Action):
    """Collects `key=json` pairs into a dictionary; each key may be given once."""

    def __call__(self, parser: ArgumentParser, namespace: Namespace, value: Any, option: str | None = None) -> None:
        key, _, text = str(value).partition("=")
        given = getattr(namespace, self.dest) or {}
        if not key or not text:
            parser.error(f"{option} {shown(value)}: give a name and a JSON value, such as max_iter=300")
        if key in given:
            parser.error(f"{option} {key}: given more than once")
        try:
            given[key] = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            parser.error(f"{option} {key} = {shown(text)}: must be JSON; quote a text: {key}='\"text\"'")
        setattr(namespace, self.dest, given)


def object_of(text: str) -> dict[str, Any]:
    """A JSON object; raises ArgumentTypeError for anything else."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ArgumentTypeError(f'{shown(text)} is not a JSON object, such as {{"max_iter": 300}}')
    return value


def time_of(text: str) -> datetime:
    """A time with a time zone; raises ArgumentTypeError for anything ambiguous."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{shown(text)} is not a time; give one such as 2026-03-01T12:00:00Z") from error
    if time.tzinfo is None:
        raise ArgumentTypeError(f"{shown(text)} has no time zone; give one such as 2026-03-01T12:00:00Z")
    try:
        return check_calendar(time).astimezone(UTC)
    except ValueError as error:
        raise ArgumentTypeError(f"{shown(text)} is outside the calendar: {error}") from error


def _model_name(text: str) -> str:
    if not re.fullmatch(MODEL_NAME_PATTERN, text):
        raise ArgumentTypeError(f"{shown(text)} is not a model name: a-z, 0-9 and inner - are allowed, at most 40")
    return text


def _text_up_to(max_length: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not 0 < len(text.strip()) <= len(text) <= max_length:
            raise ArgumentTypeError(f"{shown(text)} must have 1 to {max_length} characters")
        try:
            return check_one_line(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{shown(text)} {error}") from error

    return check


def version_number(text: str) -> int:
    return number_up_to(999_999)(text)


def number_up_to(maximum: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not re.fullmatch("[0-9]{1,6}", text, re.ASCII) or not 1 <= int(text) <= maximum:
            raise ArgumentTypeError(f"{shown(text)} must be a whole number from 1 to {maximum}")
        return int(text)

    return check


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
