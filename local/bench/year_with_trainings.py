"""Walks through days of the demo's year with its trainings, and prints what that took: `FLIGHTS FIRST LAST`.

It runs by its path in the training container's environment, which has not all packages of this repository.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

POLICY = Path(__file__).parent.parent / "demo" / "policy.yaml"


def main(flights: Path, first: date, last: date) -> None:
    """CPU seconds from the start of the process, memory, and how many retrainings there were."""
    from train_model.libraries import load_libraries

    load_libraries()
    from auto_retrain.domain.digest import canonical_json, sha256_of
    from train_model.back_test import back_test
    from train_model.order import Order

    manifest = _manifest(flights, first, last)
    content = canonical_json(manifest)
    about = {"schema_version": 1, "kind": "back_test", "job_id": manifest.job_id, "model_name": manifest.model_name}
    places = {
        "manifest_uri": "s3://a/manifest",
        "output_uri": "s3://a/out/",
        "mlflow_tracking_uri": "http://127.0.0.1:9",
    }
    order = Order.model_validate({**about, **places, "manifest_sha256": sha256_of(content), "seed": 7})
    (test,) = back_test(order, content, _Files(flights))["tests"]  # type: ignore[arg-type]
    lines = Path("/proc/self/status").read_text().splitlines()
    figures = {
        "seconds": time.process_time(),
        "megabytes": next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000,
        "retrainings": len(test["retrainings"]),
        "trained": sum(each["version"] is not None for each in test["retrainings"]),
    }
    print(json.dumps(figures))


class _Files:
    """The flights instead of S3."""

    def __init__(self, flights: Path) -> None:
        self._flights = flights

    def read(self, uri: str, etag: str | None = None) -> bytes:
        return (self._flights / uri.removeprefix("s3://flights/")).read_bytes()


def _manifest(flights: Path, first: date, last: date) -> Any:
    import yaml

    from auto_retrain.domain.asked_retraining import AskedRetraining
    from auto_retrain.domain.policy.policy import Policy
    from auto_retrain.domain.prices import PriceList, list_prices
    from auto_retrain.domain.trained_back_test import BackTestManifest, Listing, NamedPolicy
    from auto_retrain.domain.windows import Window

    policy = Policy.parse(json.dumps(yaml.safe_load(POLICY.read_text())))
    asked = AskedRetraining(at=datetime(2013, 2, 1, tzinfo=UTC), actor="bench", reason="the first model")
    return BackTestManifest(
        job_id=f"{policy.model}-bench",
        model_name=policy.model,
        days=Window(start=first, end=last),
        as_of=datetime(2014, 6, 1, tzinfo=UTC),
        policies=(NamedPolicy(name="demo", policy=policy),),
        listings=(Listing(prefix="flights", objects=tuple(_objects(flights))),),
        asked=(asked,),
        prices=PriceList(prices=list_prices()),
        image="bench",
    )


def _objects(flights: Path) -> Iterator[Any]:
    from auto_retrain.domain.manifest import DataObject

    for file in sorted(flights.glob("*/part-0.parquet")):
        day, uri = file.parent.name, f"s3://flights/{file.parent.name}/{file.name}"
        yield DataObject(
            uri=uri, etag="-", size=file.stat().st_size, date=date.fromisoformat(day.removeprefix("date="))
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3]))
