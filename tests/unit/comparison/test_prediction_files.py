"""Prediction files that nobody vouches for: each is read in little memory, or refused."""

import io
import struct
import time
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.comparison import array_files
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.prediction_files import MAX_CLASSES, parse_predictions
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.errors import ArtifactInvalid
from auto_retrain.domain.results import PredictionFile
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import policy_with

ROWS = 100
CODES = np.arange(ROWS) % 2
GOOD: dict[str, Any] = {
    "row_ids": np.array([f"row-{number}" for number in range(ROWS)]),
    "labels": CODES,
    "predictions": CODES,
    "classes": np.array(["no", "yes"]),
    "scores": np.full((ROWS, 2), 0.5),
}


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **{**GOOD, **arrays})
    return file.getvalue()


def packed(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these entries beside those of a good file."""
    file = io.BytesIO(npz())
    with zipfile.ZipFile(file) as good:
        rest = {name: good.read(name) for name in good.namelist() if name not in entries}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in {**rest, **entries}.items():
            archive.writestr(name, content)
    return packed.getvalue()


def npy(header: str, content: bytes = b"") -> bytes:
    """The content of an .npy file with this header."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header.encode() + b"\n" + content


def header(descr: str, shape: str) -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


def parse(content: bytes, rows: int = ROWS) -> Predictions:
    return parse_predictions(content, PredictionFile(uri="s3://a/p.npz", sha256="", rows=rows), a_policy().data)


def test_a_good_file_is_read() -> None:
    predictions = parse(npz())
    assert predictions.row_ids.tolist() == GOOD["row_ids"].tolist()
    assert predictions.scores is not None
    assert predictions.scores.shape == (ROWS, 2)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(array_files, "MAX_BYTES", 1 << 20)
    bomb = npz(labels=np.zeros(8 << 20, dtype=np.int64))
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(ArtifactInvalid, match=r"it unpacks to 67\d+ bytes; at most 1048576 are allowed"):
        parse(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_arrays_that_nobody_asked_for_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "MAX_BYTES", 1 << 20)
    assert parse(npz(more=np.zeros(8 << 20))).rows == ROWS


LYING = {
    "more rows than bytes": npy(header("'<i8'", "(1000000000000,)"), b"\0" * 800),
    "fewer rows than bytes": npy(header("'<i8'", "(1,)"), b"\0" * 800),
    "negative rows": npy(header("'<i8'", "(-1, -100)"), b"\0" * 800),
    "rows without bytes": npy(header("'<U0'", "(1000000000000,)")),
    "huge texts": npy(header("'<U1000000'", "(1,)"), b"\0" * 4_000_000),
    "pickled objects": npy(header("'|O'", "(100,)"), b"\0" * 800),
    "raw bytes": npy(header("'|V8'", "(100,)"), b"\0" * 800),
    "records": npy(header("[('a', '<i8')]", "(100,)"), b"\0" * 800),
    "no type": npy(header("'nonsense'", "(100,)"), b"\0" * 800),
    "no shape": npy("{'descr': '<i8', 'fortran_order': False}", b"\0" * 800),
    "code": npy("__import__('os').abort()", b""),
    "nested header": npy("(" * 5000, b""),
    "signs without end": npy("-" * 9000 + "1", b""),
    "long header": npy(" " * 60_000 + header("'<i8'", "(100,)"), b"\0" * 800),
    "other version": b"\x93NUMPY\x09\x00" + b"\0" * 900,
    "no array": b"hello",
    "nothing": b"",
}


@pytest.mark.parametrize("content", LYING.values(), ids=LYING)
@pytest.mark.parametrize("name", ["labels.npy", "labels"])
def test_an_array_that_is_not_what_it_says_is_refused(content: bytes, name: str) -> None:
    rest = {"labels.npy": content} if name == "labels.npy" else {"labels.npy": npy("{}"), name: content}
    with pytest.raises(ArtifactInvalid, match="is not a prediction file"):
        parse(packed(rest))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_takes_memory_by_itself_is_refused(compression: int) -> None:
    with pytest.raises(ArtifactInvalid, match="compressed in a way that is not allowed"):
        parse(packed({}, compression))


def test_a_file_of_very_many_arrays_is_refused_before_they_are_listed() -> None:
    many = packed({f"{number}.npy": b"" for number in range(5000)})
    with pytest.raises(ArtifactInvalid, match="a short list of arrays"):
        parse(many)


@pytest.mark.parametrize("name", list(GOOD)[:4])
def test_a_file_without_an_array_that_is_needed_is_refused(name: str) -> None:
    file = io.BytesIO()
    np.savez(file, **{each: array for each, array in GOOD.items() if each != name})
    with pytest.raises(ArtifactInvalid, match="is not a prediction file"):
        parse(file.getvalue())


@pytest.mark.parametrize("more", [b"", b"PK\5\6", b"x" * 100])
def test_what_follows_the_end_of_a_file_makes_it_none(more: bytes) -> None:
    with pytest.raises(ArtifactInvalid, match="is not a prediction file"):
        parse(more if not more else npz() + more)


@given(st.integers(0, len(npz()) - 1), st.integers(1, 255), st.booleans())
def test_a_damaged_file_is_refused_or_still_a_prediction_file(place: int, change: int, cut: bool) -> None:
    content = bytearray(npz())
    content[place] ^= change
    damaged = bytes(content[:place] if cut else content)
    try:
        assert parse(damaged).rows == ROWS
    except ArtifactInvalid as error:
        assert "'s3://a/p.npz'" in str(error)  # noqa: PT017 (either is fine)


@pytest.mark.parametrize("name", ["row_ids", "classes", "entities", "slice:plan"])
@pytest.mark.parametrize("values", [np.arange(ROWS), np.arange(ROWS) / 2])
def test_texts_that_are_numbers_are_refused(name: str, values: np.ndarray) -> None:
    arrays = {"entities": GOOD["row_ids"], "slice:plan": GOOD["row_ids"], name: values}
    data = policy_with(entity="plan", slices=("plan",)).data
    with pytest.raises(ArtifactInvalid, match="that are not text"):
        parse_predictions(npz(**arrays), PredictionFile(uri="s3://a/p.npz", sha256="", rows=ROWS), data)


def test_too_many_classes_are_refused() -> None:
    with pytest.raises(ArtifactInvalid, match=f"at most {MAX_CLASSES} classes"):
        parse(npz(classes=np.arange(MAX_CLASSES + 1).astype(str)))


def test_long_names_of_classes_are_not_repeated_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auto_retrain.comparison.prediction_files.MAX_BYTES", 100_000)
    with pytest.raises(ArtifactInvalid, match="names are too long for so many rows"):
        parse(npz(classes=np.array(["no" * 400, "yes"])))


def test_versions_whose_classes_together_are_too_many_are_not_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auto_retrain.comparison.pair_up.MAX_BYTES", 50 << 20)
    champion = parse(
        npz(
            classes=np.array(["no", "yes", *(f"z{number:03}" for number in range(500))]),
            scores=np.full((ROWS, 502), 1 / 502),
        )
    )
    with pytest.raises(ArtifactInvalid, match=r"know 502 classes together, too many for 100 rows: .* takes 84 MB"):
        pair_up(parse(npz()), champion, a_policy(), seed=1)


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"classes": np.array(["no", "yes", "no"]), "scores": np.full((ROWS, 3), 0.3)}, "not sorted, or given twice"),
        ({"classes": np.array(["yes", "no"])}, "not sorted, or given twice"),
        ({"classes": np.array(["no", "yes\ud800"])}, "classes that are not text"),
        ({"row_ids": np.array([*GOOD["row_ids"][:-1], "row\udfff"])}, "row_ids that are not text"),
        ({"row_metric": np.full(ROWS, 1e308)}, "row_metric that is not a finite number of at most"),
        ({"row_metric": np.full(ROWS, np.inf)}, "row_metric that is not a finite number of at most"),
        ({"labels": CODES[:-1]}, "100 rows"),
        ({"row_ids": np.array(["same"] * ROWS)}, "more than once"),
        *(
            ({"predictions": codes}, "predictions that are not codes of its 2 classes")
            for codes in (CODES + 1, CODES - 1, np.full(ROWS, np.nan))
        ),
    ],
)
def test_what_would_count_or_crash_differently_is_refused(arrays: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArtifactInvalid, match=problem):
        parse(npz(**arrays))


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({}, "labels that are not finite numbers"),
        ({"labels": np.full(ROWS, 1e300)}, "labels that are not finite numbers of at most 1e"),
        ({"labels": CODES / 3, "predictions": np.full(ROWS, np.nan)}, "predictions that are not finite numbers"),
    ],
)
def test_the_answers_of_a_regression_are_finite_numbers(arrays: dict[str, Any], problem: str) -> None:
    data, file = policy_with(task="regression").data, PredictionFile(uri="s3://a/p.npz", sha256="", rows=ROWS)
    with pytest.raises(ArtifactInvalid, match=problem):
        parse_predictions(npz(**arrays), file, data)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64])
def test_narrow_codes_are_widened_so_that_no_sum_of_them_overflows(kind: Any) -> None:
    answers = parse(npz(labels=CODES.astype(kind), predictions=CODES.astype(kind)))
    assert (answers.labels.dtype, answers.predictions.dtype) == (np.int64, np.int64)


@pytest.mark.parametrize("rows", [3_000, 50_000])
def test_more_classes_than_fit_into_the_memory_of_the_function_are_refused(rows: int) -> None:
    def knowing(prefix: str) -> Predictions:
        names = np.array(["a", *(f"{prefix}{number:05}" for number in range(MAX_CLASSES - 1))])
        codes = np.zeros(rows, dtype=np.int64)
        return Predictions(np.arange(rows).astype(str), codes, codes, names)

    assert pair_up(knowing("b"), knowing("b"), a_policy(), seed=1)
    with pytest.raises(ArtifactInvalid, match=r"know 19999 classes together, .* takes 3337 MB, of which 2300 MB"):
        pair_up(knowing("b"), knowing("c"), a_policy(), seed=1)


SIGMOIDS = np.where(np.eye(2)[CODES] == 1, 0.95, 0.4)


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        (SIGMOIDS, r"sum to 1 in 100 of 100 rows, but from 1\.35 to 1\.35"),
        (np.ones((ROWS, 2)), "sum to 1 in 100 of 100 rows, but from 2 to 2"),
        (np.full((ROWS, 2), 0.25), r"sum to 1 in 100 of 100 rows, but from 0\.5 to 0\.5"),
        (np.where(np.arange(ROWS)[:, None] == 7, [0.500002, 0.5], 0.5), "sum to 1 in 1 of 100 rows"),
        (np.where(np.arange(ROWS)[:, None] == 7, [1.0000001, 0], 0.5), "are not between 0 and 1"),
        (np.where(np.arange(ROWS)[:, None] == 7, [np.nan, 0.5], 0.5), "scores that are not finite numbers"),
        (np.full((ROWS, 1), 1.0), r"should hold 2 scores in each of 100 rows, but has the shape \(100, 1\)"),
    ],
)
def test_scores_that_are_no_probabilities_are_refused_by_name(scores: np.ndarray, problem: str) -> None:
    with pytest.raises(ArtifactInvalid, match=f"'s3://a/p.npz' .*{problem}"):
        parse(npz(scores=scores))


def test_probabilities_that_were_rounded_to_single_precision_are_probabilities() -> None:
    scores = np.random.default_rng(1).dirichlet([1, 1], ROWS).astype(np.float32)
    assert parse(npz(scores=scores)).scores is not None


def test_threads_read_headers_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once sometimes fail: "AST constructor recursion depth mismatch"."""
    content, reading, together = npz(), [], []
    original = array_files._header

    def header(file: Any) -> Any:
        reading.append(file)
        time.sleep(0)  # another thread's turn
        together.append(len(reading))
        reading.remove(file)
        return original(file)

    monkeypatch.setattr(array_files, "_header", header)
    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(lambda _: array_files.read_arrays(content, GOOD), range(50)):
            pass
    assert set(together) == {1}
