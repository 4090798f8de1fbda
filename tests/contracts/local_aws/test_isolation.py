"""The emulated account has no contact with anything outside itself."""

import os
from pathlib import Path

import boto3
import pytest

from local.aws.account import LocalAccount


def test_credentials_and_profiles_of_this_machine_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-person")

    with LocalAccount(tmp_path) as account:
        session = boto3.Session()
        assert session.get_credentials().access_key == "local"
        assert session.available_profiles == []
        assert session.client("sts").meta.endpoint_url == account.endpoint
        assert account.endpoint.startswith("http://127.0.0.1:")

    assert os.environ["AWS_PROFILE"] == "production"
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_a_second_account_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with LocalAccount(tmp_path), pytest.raises(RuntimeError, match="one at a time"), LocalAccount(tmp_path):
        pass


def test_nothing_is_left_of_an_account_for_the_next_one(tmp_path: Path) -> None:
    for _ in range(2):
        with LocalAccount(tmp_path) as account:
            account.client("s3").create_bucket(Bucket="same-name-each-time")
            assert len(account.client("s3").list_buckets()["Buckets"]) == 1
