"""How a job gets its one version."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.train_model.shelf import FIRST_DAY, Shelf, some_rows
from train_model.data import LabelledRows
from train_model.errors import DataInvalid, TrainerBroken
from train_model.order import Columns, Manifest, Order
from train_model.outputs import Outputs
from train_model.storage import Storage
from train_model.train import help_training, train
from train_model.versions import TrainedVersion


class Memory:
    """A registry that keeps the registered version, and how runs ended."""

    def __init__(self, existing: TrainedVersion | None = None) -> None:
        self.version = existing
        self.runs: list[str] = []

    def find(self) -> TrainedVersion | None:
        return self.version

    @contextmanager
    def run(self) -> Iterator[None]:
        self.runs.append("failed")
        yield
        self.runs[-1] = "finished"

    def register(self, model: Any, columns: Columns, rows: LabelledRows, metrics: dict[str, float]) -> None:
        self.version = TrainedVersion("1", "run-1", metrics)

    def record_files(self, number: str) -> bytes:
        return b'{"model.pkl":{"sha256":"0","size":1}}'


def train_with(shelf: Shelf, registry: Memory, **changes: Any) -> dict[str, Any]:
    return train_on(shelf, registry, shelf.manifest(), **changes)


def train_on(shelf: Shelf, registry: Memory, manifest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    order = Order.model_validate(shelf.order("train", manifest, **changes), strict=False)
    storage = Storage(shelf.client)
    frozen = Manifest.model_validate(manifest, strict=False)
    return train(order, frozen, storage, registry, Outputs(order, storage))  # type: ignore[arg-type]


def test_the_findings_contain_version_rows_and_metrics(shelf: Shelf) -> None:
    registry = Memory()
    findings = train_with(shelf, registry)
    assert (findings["model_version"], findings["run_id"], findings["rows"]) == ("1", "run-1", 400)
    assert findings["metrics"]["training_accuracy"] > 0.98
    assert registry.runs == ["finished"]


def test_the_findings_contain_the_file_list_of_the_version_and_its_digest(shelf: Shelf) -> None:
    findings = train_with(shelf, Memory(), image="trainer@sha256:1")
    files = shelf.get(findings["artifacts_uri"])
    assert findings["artifacts_uri"].endswith("/jobs/shop-1/train/artifacts.json")
    assert findings["artifact_sha256"] == hashlib.sha256(files).hexdigest()
    assert findings["image"] == "trainer@sha256:1"
    assert findings["reads_parts"] is True


def test_a_job_that_already_has_a_version_is_not_trained_again(shelf: Shelf) -> None:
    registry = Memory(TrainedVersion("4", "run-4", {"training_rows": 12.0}))
    findings = train_with(shelf, registry)
    assert (findings["model_version"], findings["rows"]) == ("4", 12)
    assert registry.runs == []


def test_training_is_refused_until_enough_labels_have_arrived(shelf: Shelf) -> None:
    late = some_rows(100, seed=9).astype({"bought": object})
    late.loc[:59, "bought"] = None
    manifest = shelf.manifest(training=shelf.window(FIRST_DAY - timedelta(30), [late]))
    with pytest.raises(DataInvalid, match=r"only 40\.0% of the 100 rows from .* have a label yet, 90\.0% are needed"):
        train_on(shelf, Memory(), manifest, min_label_share=0.9)
    assert train_on(shelf, Memory(), manifest, min_label_share=0.4)["rows"] == 40


def test_a_run_fails_if_its_trainer_fails(shelf: Shelf) -> None:
    registry = Memory()
    with pytest.raises(TrainerBroken):
        train_with(shelf, registry, trainer="json:loads")
    assert (registry.version, registry.runs) == (None, ["failed"])


FITTED: list[str] = []


def noting(frame: Any, target: Any, parameters: dict[str, Any], seed: int, *, checkpoint_dir: Any) -> Any:
    FITTED.append(checkpoint_dir.name)
    (checkpoint_dir / "state").write_text("half way")
    raise KeyboardInterrupt


def help_with(shelf: Shelf, registry: Memory, **changes: Any) -> None:
    manifest = shelf.manifest()
    order = Order.model_validate(shelf.order("train", manifest, **changes), strict=False)
    frozen = Manifest.model_validate(manifest, strict=False)
    help_training(order, frozen, Storage(shelf.client), registry)  # type: ignore[arg-type]


def test_a_pod_that_helps_another_one_fits_and_registers_nothing(shelf: Shelf) -> None:
    registry = Memory()
    help_with(shelf, registry)
    assert (registry.version, registry.runs) == (None, [])


def test_a_helper_that_comes_back_when_all_is_done_waits_for_nobody(shelf: Shelf) -> None:
    FITTED.clear()
    help_with(shelf, Memory(TrainedVersion("1", "run-1", {})), trainer=f"{__name__}:noting")
    assert FITTED == []


@pytest.mark.parametrize(("rank", "folder"), [("0", "checkpoint"), ("2", "checkpoint-2")])
def test_each_of_several_pods_has_a_checkpoint_of_its_own(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, rank: str, folder: str
) -> None:
    monkeypatch.setenv("RANK", rank)
    with pytest.raises(KeyboardInterrupt):
        help_with(shelf, Memory(), trainer=f"{__name__}:noting")
    assert any(f"/{folder}/checkpoint.json" in key for key in shelf.keys(""))
