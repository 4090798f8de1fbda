"""What orders of a back-test store stays in its world, under the same rules as in S3."""

import json

import pytest

from auto_retrain.adapters.memory.data import MemoryDataStore
from tests.unit.train_model.shelf import Shelf
from train_model.checkpoints import checkpoint_folder
from train_model.errors import DataInvalid
from train_model.object_cache import ObjectCache
from train_model.storage import Storage
from train_model.world_storage import WorldStorage

URI = "s3://artifacts/training/shop-1/x/"


@pytest.fixture(params=["world", "s3"])
def storage(request: pytest.FixtureRequest, shelf: Shelf) -> Storage:
    real = Storage(shelf.client)
    if request.param == "world":
        return WorldStorage(MemoryDataStore(), ObjectCache(real))
    if "artifacts" not in [bucket["Name"] for bucket in shelf.client.list_buckets()["Buckets"]]:
        shelf.client.create_bucket(Bucket="artifacts")
    return real


def test_what_was_deleted_is_gone_and_nothing_else_is(storage: Storage) -> None:
    for name in ("result", "result.json"):
        storage.write(URI + name, b"x")
    storage.delete(f"{URI}result")
    storage.delete(f"{URI}other")
    assert not storage.exists(f"{URI}result")
    assert storage.read(f"{URI}result.json") == b"x"
    with pytest.raises(DataInvalid, match="does not exist"):
        storage.read(f"{URI}result")


def test_a_result_is_written_once(storage: Storage) -> None:
    assert storage.write_once(f"{URI}once.json", b"first")
    assert not storage.write_once(f"{URI}once.json", b"second")
    assert storage.read(f"{URI}once.json") == b"first"


def test_a_checkpoint_is_there_after_an_interruption_and_gone_after_the_fit(storage: Storage) -> None:
    checkpoint = f"{URI}checkpoint/"
    with pytest.raises(KeyboardInterrupt):
        interrupt(checkpoint, storage)
    (stored,) = json.loads(storage.read(f"{checkpoint}checkpoint.json")).values()
    with checkpoint_folder(checkpoint, storage) as folder:
        assert (folder / "weights").read_bytes() == b"half way"
    assert not storage.exists(f"{checkpoint}checkpoint.json")
    assert not storage.exists(checkpoint + stored["sha256"])


def interrupt(checkpoint: str, storage: Storage) -> None:
    """Fit until the pod loses its node."""
    with checkpoint_folder(checkpoint, storage) as folder:
        (folder / "weights").write_bytes(b"half way")
        raise KeyboardInterrupt
