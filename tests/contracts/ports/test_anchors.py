"""AnchorStore: in memory, and in a bucket with Object Lock as the template describes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auto_retrain.adapters.anchors import S3AnchorStore
from auto_retrain.adapters.memory.anchors import MemoryAnchorStore
from auto_retrain.domain.anchors import Anchor, anchor_key, next_anchor
from auto_retrain.domain.audit_chain import ChainHead
from auto_retrain.domain.errors import AnchorConflict, AwsRefused, DataUnavailable
from auto_retrain.ports import AnchorStore
from tests.aws_clients import REGION, aws_client

BUCKET = "anchors"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def s3(aws: None) -> Any:
    client = aws_client("s3", REGION)
    client.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    lock(client, "COMPLIANCE")
    return client


def lock(client: Any, mode: str) -> None:
    rule = {"DefaultRetention": {"Mode": mode, "Days": 30}}
    client.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )


@pytest.fixture(params=["memory", "s3"])
def anchors(request: pytest.FixtureRequest) -> AnchorStore:
    if request.param == "memory":
        return MemoryAnchorStore()
    return S3AnchorStore(request.getfixturevalue("s3"), BUCKET)


def an_anchor(number: int, anchors: AnchorStore) -> Anchor:
    """The next one, with a head that grew."""
    head = ChainHead(model_name="churn", number=number, hash=f"{number:064}")
    anchor = next_anchor([head], NOW + timedelta(hours=number), anchors.newest())
    assert anchor
    return anchor


def test_without_anchors_there_is_no_newest(anchors: AnchorStore) -> None:
    assert anchors.newest() is None
    assert list(anchors.history()) == []


def test_anchors_come_back_as_they_were_stored(anchors: AnchorStore) -> None:
    added = []
    for number in (1, 2, 3):
        added.append(an_anchor(number, anchors))
        anchors.add(added[-1])
    history = list(anchors.history())
    assert [each.document for each in history] == [each.document for each in added]
    assert [each.key for each in history] == [anchor_key(number) for number in (1, 2, 3)]
    assert not any(each.rewritten for each in history)
    assert anchors.newest() == history[-1]


def test_what_is_stored_is_locked_for_the_retention(anchors: AnchorStore) -> None:
    anchors.add(an_anchor(1, anchors))
    newest = anchors.newest()
    assert newest
    assert newest.locked_until
    assert newest.locked_until - NOW > timedelta(days=29)


def test_of_two_that_write_the_same_anchor_one_is_refused(anchors: AnchorStore) -> None:
    first = an_anchor(1, anchors)
    anchors.add(first)
    with pytest.raises(AnchorConflict, match="anchor 1"):
        anchors.add(first.changed(at=NOW))
    newest = anchors.newest()
    assert newest
    assert newest.document == first.document


def test_very_many_anchors_are_read_in_order(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3AnchorStore(s3, BUCKET)
    for number in range(1, 8):
        store.add(an_anchor(number, store))
    in_pages_of(2, s3, monkeypatch)
    monkeypatch.setattr("auto_retrain.adapters.anchors.KEYS_PER_PAGE", 2)
    assert [each.key for each in store.history()] == [anchor_key(number) for number in range(1, 8)]
    newest = store.newest()
    assert newest
    assert newest.key == anchor_key(7)


@pytest.mark.parametrize("first", [1, 41])
def test_the_newest_anchor_is_found_in_few_calls_whatever_is_missing_before_it(
    s3: Any, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr("auto_retrain.adapters.anchors.KEYS_PER_PAGE", 3)
    store, calls = S3AnchorStore(s3, BUCKET), []
    s3.meta.events.register("before-call.s3.ListObjectsV2", lambda **_: calls.append(1))
    s3.put_object(Bucket=BUCKET, Key="audit/anchors/readme.txt", Body=b"no anchor")
    for number in range(first, first + 20):
        s3.put_object(Bucket=BUCKET, Key=anchor_key(number), Body=b"{}")
        calls.clear()
        newest = store.newest()
        assert newest
        assert newest.key == anchor_key(number)
        assert len(calls) <= 8


def in_pages_of(size: int, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    get_paginator: Callable[[str], Any] = client.get_paginator

    def small(operation: str) -> Any:
        paginator = get_paginator(operation)
        paginate = paginator.paginate
        paginator.paginate = lambda **request: paginate(**request, PaginationConfig={"PageSize": size})
        return paginator

    monkeypatch.setattr(client, "get_paginator", small)


@pytest.fixture
def stored(s3: Any) -> tuple[S3AnchorStore, Any]:
    store = S3AnchorStore(s3, BUCKET)
    store.add(an_anchor(1, store))
    return store, s3


def test_a_locked_anchor_cannot_be_deleted(stored: tuple[S3AnchorStore, Any]) -> None:
    _, client = stored
    (version,) = client.list_object_versions(Bucket=BUCKET)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=BUCKET, Key=anchor_key(1), VersionId=version["VersionId"])
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(
            Bucket=BUCKET, Key=anchor_key(1), VersionId=version["VersionId"], BypassGovernanceRetention=True
        )


def test_what_is_put_over_an_anchor_hides_nothing(stored: tuple[S3AnchorStore, Any]) -> None:
    store, client = stored
    (before,) = store.history()
    client.put_object(Bucket=BUCKET, Key=anchor_key(1), Body=b"another history")
    (after,) = store.history()
    assert after.document == before.document
    assert after.rewritten


def test_a_mark_of_deletion_hides_nothing(stored: tuple[S3AnchorStore, Any]) -> None:
    store, client = stored
    (before,) = store.history()
    client.delete_object(Bucket=BUCKET, Key=anchor_key(1))
    (after,) = store.history()
    assert after.document == before.document
    assert after.rewritten


def test_what_anybody_could_unlock_counts_as_not_locked(s3: Any) -> None:
    lock(s3, "GOVERNANCE")
    store = S3AnchorStore(s3, BUCKET)
    store.add(an_anchor(1, store))
    (only,) = store.history()
    assert only.locked_until is None


def test_a_missing_bucket_is_refused(aws: None) -> None:
    store = S3AnchorStore(aws_client("s3", REGION), "nowhere")
    head = ChainHead(model_name="churn")
    anchor = next_anchor([head], NOW, None)
    assert anchor
    for attempt in (store.newest, lambda: list(store.history()), lambda: store.add(anchor)):
        with pytest.raises(AwsRefused, match="NoSuchBucket"):
            attempt()


@pytest.mark.parametrize("operation", ["ListObjectsV2", "ListObjectVersions", "GetObject", "PutObject"])
def test_a_bucket_that_does_not_answer_is_unavailable(
    stored: tuple[S3AnchorStore, Any], operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, client = stored
    anchor = an_anchor(2, store)

    def fail(model: Any, **_: Any) -> None:
        if model.name == operation:
            raise ClientError(
                {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}},  # type: ignore[typeddict-item]
                operation,
            )

    client.meta.events.register("before-call.s3", fail)
    calls = {"ListObjectVersions": lambda: list(store.history()), "PutObject": lambda: store.add(anchor)}
    with pytest.raises(DataUnavailable):
        calls.get(operation, store.newest)()
