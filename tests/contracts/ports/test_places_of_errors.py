"""An error of S3 names the bucket, and the key where there is one: AWS names neither."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from auto_retrain.adapters.anchors import S3AnchorStore
from auto_retrain.adapters.data.kept_files import PART_BYTES
from auto_retrain.adapters.data.prediction_files import S3PredictionFiles
from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.domain.anchors import Anchor
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import AwsRefused, DataUnavailable
from auto_retrain.domain.files import FileDigest
from auto_retrain.domain.layouts import Layout
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.windows import Window
from tests.unit.builders import NOON

DAY = NOON.date()
WINDOW = Window(start=DAY, end=DAY + timedelta(days=1))
LARGE = b"x" * (PART_BYTES + 1)
ABSENT = ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")


class Refusing:
    """A client of S3 that answers these operations, and refuses all others in words that name no place."""

    def __init__(self, error: Exception, **answers: Any) -> None:
        self._error, self._answers = error, answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def called(**_: Any) -> Any:
            answer = self._answers.get(operation, self._error)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return called

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        raise self._error
        yield


def denied(code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "SomeOperation")


def store(**answers: Any) -> S3DataStore:
    return S3DataStore(Refusing(denied(), **answers), "rows", "artifacts")


def keep(content: bytes, **answers: Any) -> Any:
    file = FileDigest(size=len(content), sha256=sha256_of(content))
    return store(**{"head_object": ABSENT, **answers}).keep("versions/model.bin", file, [content])


BEGUN = {"create_multipart_upload": {"UploadId": "u"}, "abort_multipart_upload": {}}
PART = {"upload_part": {"ETag": "e"}}
OBJECT = DataObject(uri="s3://rows/churn/date=2026-03-01/part-0", etag="e", size=9, date=DAY)
ANCHOR = Anchor(sequence=7, at=NOON, count=0, root="", heads=())
CALLS: dict[str, tuple[str, Callable[[], object]]] = {
    "list": ("bucket 'rows'", lambda: store().list_partitions("churn", WINDOW)),
    "list one table": ("bucket 'rows'", lambda: store().list_partitions("churn", WINDOW, Layout.COLUMN, "day")),
    "look below": ("'s3://rows/churn/'", lambda: store().look_below("churn")),
    "read": ("'s3://artifacts/jobs/a.json'", lambda: store().read("s3://artifacts/jobs/a.json")),
    "open": (f"'{OBJECT.uri}'", lambda: store().open(OBJECT)),
    "write": ("'s3://artifacts/jobs/a.json'", lambda: store().write("jobs/a.json", b"x")),
    "see whether it is kept": ("'s3://artifacts/versions/model.bin'", lambda: keep(b"x", head_object=denied())),
    "keep": ("'s3://artifacts/versions/model.bin'", lambda: keep(b"x")),
    "begin parts": ("'s3://artifacts/versions/model.bin'", lambda: keep(LARGE)),
    "upload a part": ("'s3://artifacts/versions/model.bin'", lambda: keep(LARGE, **BEGUN)),
    "complete": ("'s3://artifacts/versions/model.bin'", lambda: keep(LARGE, **BEGUN, **PART)),
    "prune, list": ("bucket 'artifacts'", lambda: store().prune("versions/", [])),
    "prune": (
        "bucket 'artifacts'",
        lambda: store(list_objects_v2={"Contents": [{"Key": "versions/1/a"}]}).prune("versions/", []),
    ),
    "write a log": ("'s3://rows/log/a'", lambda: S3PredictionFiles(Refusing(denied()), "rows").put("log/a", b"x", {})),
    "add an anchor": ("'s3://anchors/audit/anchors/", lambda: S3AnchorStore(Refusing(denied()), "anchors").add(ANCHOR)),
    "newest anchor": ("bucket 'anchors'", lambda: S3AnchorStore(Refusing(denied()), "anchors").newest()),
    "anchors": ("bucket 'anchors'", lambda: list(S3AnchorStore(Refusing(denied()), "anchors").history())),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_names_the_place(call: str) -> None:
    place, refused = CALLS[call]
    with pytest.raises(AwsRefused) as caught:
        refused()
    assert str(caught.value).startswith(f"{place}"), str(caught.value)


def test_a_conditional_write_that_nobody_answers_names_the_place() -> None:
    silent = Refusing(ConnectTimeoutError(endpoint_url="https://s3.invalid"))
    with pytest.raises(DataUnavailable, match=r"^'s3://anchors/audit/anchors/"):
        S3AnchorStore(silent, "anchors").add(ANCHOR)


def test_an_upload_that_cannot_even_be_given_up_says_what_went_wrong_first() -> None:
    with pytest.raises(AwsRefused, match=r"^'s3://artifacts/versions/model\.bin': .*EntityTooLarge"):
        keep(LARGE, **{**BEGUN, "abort_multipart_upload": denied()}, upload_part=denied("EntityTooLarge"))
