"""What an order leaves behind, even if several processes carry it out."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest

from tests.unit.train_model.shelf import Shelf
from train_model.order import Order
from train_model.outputs import Outputs
from train_model.storage import Storage


@pytest.fixture
def outputs(shelf: Shelf) -> Outputs:
    order = Order.model_validate(shelf.order("train", shelf.manifest()))
    return Outputs(order, Storage(shelf.client))


def test_the_result_document_completes_an_order(outputs: Outputs, shelf: Shelf) -> None:
    assert not outputs.are_complete()
    assert outputs.publish({"model_version": "4"})
    assert outputs.are_complete()
    document = json.loads(shelf.get(f"s3://{shelf.bucket}/jobs/shop-1/train/result.json"))
    assert len(document.pop("manifest_sha256")) == 64
    assert document.pop("use").keys() == {"seconds", "stored_bytes"}
    assert document == {"schema_version": 1, "kind": "train", "job_id": "shop-1", "model_version": "4", "spans": []}


def test_of_many_results_exactly_one_counts(outputs: Outputs) -> None:
    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(outputs.publish, [{"model_version": str(number)} for number in range(16)]))
    assert sum(written) == 1


def test_a_result_with_a_number_that_is_not_finite_is_never_written(outputs: Outputs) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        outputs.publish({"metrics": {"training_accuracy": float("nan")}})
    assert not outputs.are_complete()


def test_two_processes_never_write_the_same_prediction_file(outputs: Outputs) -> None:
    arrays = {"row_ids": np.array(["a"])}
    assert outputs.write_predictions("3", arrays)["uri"] != outputs.write_predictions("3", arrays)["uri"]


def test_what_hardly_shrinks_is_not_compressed(outputs: Outputs, shelf: Shelf) -> None:
    sure = np.random.default_rng(1).random((30_000, 3))
    arrays = {"row_ids": np.arange(30_000).astype(str), "scores": sure, "row_metric": sure[:, 0].astype(np.float32) > 0}
    file = io.BytesIO(shelf.get(outputs.write_predictions("3", arrays)["uri"]))
    stored = {entry.filename for entry in ZipFile(file).infolist() if entry.compress_type == ZIP_STORED}
    assert stored == {"scores.npy"}
    with np.load(file) as read:
        assert all(np.array_equal(read[name], array) for name, array in arrays.items())


def test_a_result_says_how_long_its_container_ran_and_what_it_left(outputs: Outputs, shelf: Shelf) -> None:
    outputs.write_document("artifacts.json", b"12345")
    outputs.use.stored(100)
    outputs.publish({})
    use = json.loads(shelf.get(f"s3://{shelf.bucket}/jobs/shop-1/train/result.json"))["use"]
    assert use["stored_bytes"] == 105
    assert use["seconds"] > 0
