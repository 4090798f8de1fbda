"""A training that loses its node goes on from what it had stored, or starts anew; it never goes on from half of it."""

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
from train_model.checkpoints import kept_checkpoints
from train_model.data import LabelledRows
from train_model.fitting import fit_model
from train_model.order import Order
from train_model.storage import Storage

NEVER = 3600.0


def uri_of(shelf: Shelf) -> str:
    return f"s3://{shelf.bucket}/jobs/shop-1/train/checkpoint/"


def names(shelf: Shelf) -> set[str]:
    return {key.rpartition("/")[2] for key in shelf.keys("jobs/shop-1/train/checkpoint/")}


def interrupted(shelf: Shelf, files: dict[str, str], seconds: float = NEVER) -> None:
    """A fit that writes files and is then told to go."""
    with suppress(KeyboardInterrupt), kept_checkpoints(uri_of(shelf), Storage(shelf.client), seconds) as directory:
        for name, text in files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
        raise KeyboardInterrupt


def found(shelf: Shelf) -> dict[str, str]:
    """What the next fit starts from; it leaves everything as it was."""
    with suppress(KeyboardInterrupt), kept_checkpoints(uri_of(shelf), Storage(shelf.client), NEVER) as directory:
        files = {
            path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()
        }
        raise KeyboardInterrupt
    return files


def test_what_an_interrupted_fit_wrote_is_there_for_the_next_one(shelf: Shelf) -> None:
    files = {"epoch": "7", "state/weights.bin": "0.1 0.2", "state/optimizer.bin": "0.1 0.2"}

    interrupted(shelf, files)

    assert found(shelf) == files


def test_a_first_fit_finds_an_empty_folder(shelf: Shelf) -> None:
    assert found(shelf) == {}


def test_a_good_end_leaves_nothing_behind(shelf: Shelf) -> None:
    interrupted(shelf, {"epoch": "7"})
    assert names(shelf)

    with kept_checkpoints(uri_of(shelf), Storage(shelf.client), NEVER) as directory:
        (directory / "epoch").write_text("8")

    assert names(shelf) == set()


def test_it_is_stored_while_the_fit_goes_on(shelf: Shelf) -> None:
    stored = threading.Event()

    class Telling(Storage):
        def write(self, uri: str, content: bytes) -> None:
            super().write(uri, content)
            stored.set()

    # Killed without warning: nothing of ours runs any more, so only what was stored before counts.
    with suppress(RuntimeError), kept_checkpoints(uri_of(shelf), Telling(shelf.client), 0.01) as directory:
        (directory / "epoch").write_text("3")
        assert stored.wait(20)
        raise RuntimeError("killed")

    assert found(shelf) == {"epoch": "3"}


def test_files_that_no_checkpoint_names_any_more_are_deleted(shelf: Shelf) -> None:
    interrupted(shelf, {"epoch": "7", "same": "x"})
    before = names(shelf)
    interrupted(shelf, {"epoch": "8", "same": "x"})

    assert len(names(shelf)) == len(before) == 3
    assert found(shelf) == {"epoch": "8", "same": "x"}


@pytest.mark.parametrize("damage", ["other content", "missing", "no index", "outside", "other shape"])
def test_a_broken_checkpoint_costs_time_and_not_the_training(
    shelf: Shelf, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(shelf, {"epoch": "7", "weights": "0.1"})
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

    assert found(shelf) == {}
    assert "cannot be used, training starts anew" in capsys.readouterr().err


def test_a_checkpoint_that_is_too_large_keeps_the_one_before(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(shelf, {"epoch": "7"})
    monkeypatch.setattr(checkpoints, "LARGEST_BYTES", 5)

    interrupted(shelf, {"epoch": "8", "weights": "0.123456"})

    assert found(shelf) == {"epoch": "7"}
    assert "at most 5 are stored; the one before is kept" in capsys.readouterr().err


def test_a_storage_that_is_away_costs_the_checkpoint_and_not_the_training(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    class Away(Storage):
        def upload(self, path: Path, uri: str) -> None:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")

    with suppress(KeyboardInterrupt), kept_checkpoints(uri_of(shelf), Away(shelf.client), NEVER) as directory:
        (directory / "epoch").write_text("7")
        raise KeyboardInterrupt

    assert "cannot be stored, the one before is kept" in capsys.readouterr().err


def test_a_trainer_that_asks_for_a_folder_goes_on_where_it_was(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    begun_at: list[int] = []

    class Constant:
        def predict(self, frame: pd.DataFrame) -> Any:
            return np.ones(len(frame), dtype=int)

    def fit(frame: Any, target: Any, parameters: Any, seed: int, *, checkpoint_dir: Path) -> Constant:
        saved = checkpoint_dir / "epoch"
        begun_at.append(int(saved.read_text()) if saved.exists() else 0)
        for epoch in range(begun_at[-1], 10):
            saved.write_text(str(epoch))
            if epoch == 6 and len(begun_at) == 1:
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

    assert begun_at == [0, 6]
    assert names(shelf) == set()
