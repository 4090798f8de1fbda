"""What DynamoDB would not take together is refused before anything is sent."""

from typing import Any

import pytest

from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.domain.errors import RecordTooLarge


class Client:
    """A client that counts what it is asked to write."""

    def __init__(self) -> None:
        self.writes: list[int] = []

    def transact_write_items(self, TransactItems: list[Any]) -> None:  # noqa: N803 (as the SDK names it)
        self.writes.append(len(TransactItems))


def puts(table: Table, number: int, size: int = 1) -> list[dict[str, Any]]:
    return [{"Put": table.put_action({"pk": {"S": f"{part}"}, "x": {"S": "x" * size}})} for part in range(number)]


@pytest.fixture
def client() -> Client:
    return Client()


def test_a_hundred_parts_are_sent_and_one_more_is_refused(client: Client) -> None:
    table = Table(client, "jobs", False)
    table.transact(*puts(table, 100))
    assert client.writes == [100]
    with pytest.raises(RecordTooLarge, match="101"):
        table.transact(*puts(table, 101))
    assert client.writes == [100]


def test_four_megabytes_are_too_much(client: Client) -> None:
    table = Table(client, "jobs", False)
    table.transact(*puts(table, 10, 300_000))
    with pytest.raises(RecordTooLarge):
        table.transact(*puts(table, 14, 300_000))
    assert client.writes == [10]
