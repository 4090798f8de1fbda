"""What MLflow answers: the parts that we need, and what its errors mean."""

import re

from pydantic import ConfigDict, Field, ValidationError

from ...domain.base import Record
from ..http import Answer

MAX_MESSAGE_LENGTH = 500
_HINTS = {
    401: "; are the credentials in MLFLOW_SECRET_ARN right?",
    403: "; is this host in its --allowed-hosts, and may our user do this?",
}
_ALIAS_NOT_SET = re.compile(r"registered model alias .* not found", re.IGNORECASE)


class Document(Record):
    """An object of which we need only some fields."""

    model_config = ConfigDict(extra="ignore")


class Tag(Document):
    key: str
    value: str = ""


class Version(Document):
    version: str = Field(pattern="^[0-9]{1,18}$")
    source: str = ""
    run_id: str | None = None
    tags: tuple[Tag, ...] = ()


class VersionAnswer(Document):
    model_version: Version


class Alias(Document):
    alias: str
    version: str = Field(pattern="^[0-9]{1,18}$")


class RegisteredModel(Document):
    name: str
    aliases: tuple[Alias, ...] = ()


class ModelPage(Document):
    registered_models: tuple[RegisteredModel, ...] = ()
    next_page_token: str = ""


class DownloadUri(Document):
    artifact_uri: str = Field(min_length=1)


class RunInfo(Document):
    artifact_uri: str
    lifecycle_stage: str = "active"


class Run(Document):
    info: RunInfo


class RunAnswer(Document):
    run: Run


class File(Document):
    path: str
    is_dir: bool = False


class Folder(Document):
    files: tuple[File, ...] = ()


class _Error(Document):
    error_code: str = ""
    message: str = ""


def says_absent(answer: Answer) -> bool:
    """MLflow answers 404 for a model or version that does not exist, and 400 for an alias that is not set."""
    error = _error_in(answer)
    if answer.status == 404:
        return error.error_code == "RESOURCE_DOES_NOT_EXIST"
    alias_not_set = error.error_code == "INVALID_PARAMETER_VALUE" and _ALIAS_NOT_SET.match(error.message) is not None
    return answer.status == 400 and alias_not_set


def message_of(answer: Answer) -> str:
    """An error as a sentence, with what to look at."""
    error = _error_in(answer)
    words = " ".join(filter(None, (error.error_code, error.message))) or "without saying why"
    return f"MLflow answered {answer.status} {words[:MAX_MESSAGE_LENGTH]}{_HINTS.get(answer.status, '')}"


def _error_in(answer: Answer) -> _Error:
    try:
        return _Error.model_validate_json(answer.content)
    except ValidationError:
        return _Error()
