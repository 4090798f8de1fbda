"""A training that loses its node resumes from a complete checkpoint, or starts over."""

import json
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from botocore.exceptions import ClientError

from tests.unit.train_model.shelf import Shelf, some_rows
from train_model import checkpoints
from train_model.checkpoints import checkpoint_folder
from train_model.data import LabelledRows
from train_model.fitting import fit_model
from train_model.order import Order
from train_model.storage import Storage

NEVER = 3600.0


def uri_of(shelf: Shelf) -> str:
    return f"s3://{shelf.bucket}/jobs/shop-1/train/checkpoint/"


def names(shelf: Shelf) -> set[str]:
    return {key.rpartition("/")[2] for key in shelf.keys("jobs/shop-1/train/checkpoint/")}


def interrupt_fit(shelf: Shelf, files: dict[str, str], seconds: float = NEVER) -> None:
    """Run a fit that writes files and is then interrupted."""
    with suppress(KeyboardInterrupt), checkpoint_folder(uri_of(shelf), Storage(shelf.client), seconds) as directory:
        for name, text in files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
        raise KeyboardInterrupt


def checkpoint(shelf: Shelf) -> dict[str, str]:
    """The files from which the next fit would resume; changes nothing."""
    with suppress(KeyboardInterrupt), checkpoint_folder(uri_of(shelf), Storage(shelf.client), NEVER) as directory:
        files = {
            path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()
        }
        raise KeyboardInterrupt
    return files


def test_the_next_fit_gets_the_files_of_an_interrupted_one(shelf: Shelf) -> None:
    files = {"epoch": "7", "state/weights.bin": "0.1 0.2", "state/optimizer.bin": "0.1 0.2"}

    interrupt_fit(shelf, files)

    assert checkpoint(shelf) == files


def test_the_first_fit_gets_an_empty_folder(shelf: Shelf) -> None:
    assert checkpoint(shelf) == {}


def test_a_successful_fit_deletes_its_checkpoint(shelf: Shelf) -> None:
    interrupt_fit(shelf, {"epoch": "7"})
    assert names(shelf)

    with checkpoint_folder(uri_of(shelf), Storage(shelf.client), NEVER) as directory:
        (directory / "epoch").write_text("8")

    assert names(shelf) == set()


def test_a_checkpoint_is_stored_during_the_fit(shelf: Shelf) -> None:
    stored = threading.Event()

    class Signalling(Storage):
        def write(self, uri: str, content: bytes) -> None:
            super().write(uri, content)
            stored.set()

    # Killed without warning: none of our code runs any more, so only what was stored before counts.
    with suppress(RuntimeError), checkpoint_folder(uri_of(shelf), Signalling(shelf.client), 0.01) as directory:
        (directory / "epoch").write_text("3")
        assert stored.wait(20)
        raise RuntimeError("killed")

    assert checkpoint(shelf) == {"epoch": "3"}


def test_files_that_no_checkpoint_contains_any_more_are_deleted(shelf: Shelf) -> None:
    interrupt_fit(shelf, {"epoch": "7", "same": "x"})
    before = names(shelf)
    interrupt_fit(shelf, {"epoch": "8", "same": "x"})

    assert len(names(shelf)) == len(before) == 3
    assert checkpoint(shelf) == {"epoch": "8", "same": "x"}


@pytest.mark.parametrize("damage", ["other content", "missing", "no index", "outside", "other shape"])
def test_a_broken_checkpoint_costs_time_but_does_not_fail_the_training(
    shelf: Shelf, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_fit(shelf, {"epoch": "7", "weights": "0.1"})
    index = "jobs/shop-1/train/checkpoint/checkpoint.json"
    files = json.loads(shelf.get(f"s3://{shelf.bucket}/{index}"))
    first = f"jobs/shop-1/train/checkpoint/{files['weights']['sha256']}"
    match damage:
        case "other content":
            shelf.put(first, b"0.9")
        case "missing":
            shelf.client.delete_object(Bucket=shelf.bucket, Key=first)
        case "no index":
            shelf.put(index, b"{")
        case "outside":
            shelf.put(index, json.dumps({"../../escaped": files["weights"]}).encode())
        case "other shape":
            shelf.put(index, b"[1, 2]")

    assert checkpoint(shelf) == {}
    assert "cannot be used, training starts over" in capsys.readouterr().err


def test_if_a_checkpoint_is_too_large_the_previous_one_is_kept(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_fit(shelf, {"epoch": "7"})
    monkeypatch.setattr(checkpoints, "MAX_BYTES", 5)

    interrupt_fit(shelf, {"epoch": "8", "weights": "0.123456"})

    assert checkpoint(shelf) == {"epoch": "7"}
    assert "at most 5 are stored; the previous one is kept" in capsys.readouterr().err


def test_an_unavailable_storage_costs_the_checkpoint_but_does_not_fail_the_training(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    class Unavailable(Storage):
        def upload(self, path: Path, uri: str) -> None:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")

    with suppress(KeyboardInterrupt), checkpoint_folder(uri_of(shelf), Unavailable(shelf.client), NEVER) as directory:
        (directory / "epoch").write_text("7")
        raise KeyboardInterrupt

    assert "cannot be stored, the previous one is kept" in capsys.readouterr().err


def test_a_trainer_with_a_checkpoint_folder_resumes_where_it_was(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    started_at: list[int] = []

    class Constant:
        def predict(self, frame: pd.DataFrame) -> Any:
            return np.ones(len(frame), dtype=int)

    def fit(frame: Any, target: Any, parameters: Any, seed: int, *, checkpoint_dir: Path) -> Constant:
        saved = checkpoint_dir / "epoch"
        started_at.append(int(saved.read_text()) if saved.exists() else 0)
        for epoch in range(started_at[-1], 10):
            saved.write_text(str(epoch))
            if epoch == 6 and len(started_at) == 1:
                raise KeyboardInterrupt
        return Constant()

    module = ModuleType("lasting_trainer")
    module.fit = fit  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lasting_trainer", module)
    order = Order.model_validate(shelf.order("train", shelf.manifest(), trainer="lasting_trainer:fit"))
    frame = some_rows()
    labels = frame["bought"].astype(str).to_numpy(dtype=np.str_)
    rows = LabelledRows(frame["id"].to_numpy(dtype=np.str_), frame[["age", "plan"]], labels, unlabelled=0)

    with pytest.raises(KeyboardInterrupt):
        fit_model(order, rows, Storage(shelf.client))
    fit_model(order, rows, Storage(shelf.client))

    assert started_at == [0, 6]
    assert names(shelf) == set()
