"""How the training container uses a real MLflow server."""

import hashlib
import json
from itertools import count
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import pytest
import requests
import xgboost
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ErrorCode
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline

from tests.unit.train_model.shelf import COLUMNS, Shelf, some_rows
from train_model.data import LabelledRows
from train_model.default_trainer import fit
from train_model.errors import OrderInvalid, RegistryRefused, TrainerBroken, VersionUnusable
from train_model.order import Columns, Order
from train_model.registry import MlflowVersions, final_refusals

pytestmark = [
    # MLflow warns about its own type hints when it loads some of its modules.
    pytest.mark.filterwarnings("ignore:.*inferred as AnyType:UserWarning"),
]

FRAME = some_rows(80)
ROWS = LabelledRows(FRAME["id"].to_numpy(np.str_), FRAME[["age", "plan"]], FRAME["bought"].to_numpy(np.str_), 0)
NUMBERS = count()
MODEL = fit(ROWS.features, FRAME["bought"].to_numpy(), {"max_iter": 2}, seed=0)


@pytest.fixture
def order(shelf: Shelf, mlflow_url: str) -> Order:
    """An order for a model that no other test uses."""
    manifest = shelf.manifest("job-1", model_name=f"model-{next(NUMBERS)}")
    return Order.model_validate(shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url))


def register(order: Order, model: Any = MODEL) -> MlflowVersions:
    versions = MlflowVersions(order)
    with versions.run():
        versions.register(model, Columns.model_validate(COLUMNS, strict=False), ROWS, {"training_rows": 80.0})
    return versions


def test_a_job_has_no_version_until_it_has_registered_one(order: Order) -> None:
    assert MlflowVersions(order).find() is None


def test_each_variant_of_a_job_has_its_own_version(order: Order) -> None:
    variants = [order.model_copy(update={"variant": number}) for number in range(2)]

    numbers = [version.number for variant in variants if (version := register(variant).find())]

    assert numbers == ["1", "2"]
    assert MlflowVersions(order).find() is None


def test_a_registered_version_is_found_with_its_run_and_metrics(order: Order) -> None:
    trained = register(order).find()
    assert trained is not None
    assert (trained.number, trained.metrics) == ("1", {"training_rows": 80.0})


def test_version_and_run_record_their_origin(order: Order, mlflow_url: str) -> None:
    trained = register(order.model_copy(update={"parameters": {"max_iter": 2, "nested": {"a": [1]}}})).find()
    client = MlflowClient(mlflow_url)
    assert trained is not None

    version, run = client.get_model_version(order.model_name, "1"), client.get_run(trained.run_id)

    assert version.tags == {"job_id": "job-1", "manifest_sha256": order.manifest_sha256}
    assert version.aliases == []
    assert run.info.status == "FINISHED"
    assert run.data.params == {"max_iter": "2", "nested": "{'a': [1]}"}
    assert run.data.tags.items() >= {**version.tags, "seed": "7", "trainer": "default"}.items()
    assert run.data.tags["code_version"].startswith("sha256:")


def test_of_two_versions_of_one_job_the_lower_one_counts(order: Order) -> None:
    register(order)
    trained = register(order).find()
    assert trained is not None
    assert trained.number == "1"


def test_a_version_of_the_job_with_another_manifest_is_refused(order: Order) -> None:
    register(order)
    other = order.model_copy(update={"manifest_sha256": "0" * 64})
    with pytest.raises(OrderInvalid, match="version 1 of job job-1 comes from another manifest"):
        MlflowVersions(other).find()


def test_a_loaded_version_predicts_as_before_and_knows_its_columns(order: Order) -> None:
    loaded = register(order).load("1", None)
    assert (loaded.features, loaded.texts) == (("age", "plan"), {"plan"})
    assert np.array_equal(loaded.model.predict_proba(ROWS.features), MODEL.predict_proba(ROWS.features))


def test_an_xgboost_model_is_stored_in_its_own_flavour_and_keeps_its_probabilities(
    order: Order, mlflow_url: str
) -> None:
    numbers = ROWS.features[["age"]]
    model = xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(numbers, FRAME["bought"].to_numpy())

    versions = register(order, model)
    digest = hashlib.sha256(versions.record_files("1")).hexdigest()
    loaded = versions.load("1", digest).model

    assert np.array_equal(loaded.predict_proba(numbers), model.predict_proba(numbers))
    assert loaded.classes_.tolist() == [0, 1]
    model_id = MlflowClient(mlflow_url).get_model_version(order.model_name, "1").source.removeprefix("models:/")
    names = {file.path for file in MlflowClient(mlflow_url).list_logged_model_artifacts(model_id)}
    assert "model.pkl" not in names


def test_a_pipeline_that_ends_in_an_xgboost_model_is_stored_as_a_whole(order: Order) -> None:
    trees = xgboost.XGBClassifier(n_estimators=3, n_jobs=1)
    numbers = make_column_transformer(("passthrough", ["age"]))
    model = make_pipeline(numbers, trees).fit(ROWS.features, FRAME["bought"].to_numpy())

    loaded = register(order, model).load("1", None).model

    assert np.array_equal(loaded.predict_proba(ROWS.features), model.predict_proba(ROWS.features))


def test_no_row_of_data_gets_into_the_registry(order: Order, mlflow_url: str) -> None:
    register(order)
    client = MlflowClient(mlflow_url)
    model_id = client.get_model_version(order.model_name, "1").source.removeprefix("models:/")
    names = [file.path for file in client.list_logged_model_artifacts(model_id)]
    assert "MLmodel" in names
    assert not [name for name in names if "example" in name]


def test_the_digest_of_a_versions_files_is_recorded_and_checked_when_it_is_loaded(
    order: Order, mlflow_url: str
) -> None:
    versions = register(order)

    files = json.loads(content := versions.record_files("1"))
    digest = hashlib.sha256(content).hexdigest()

    assert {"MLmodel", "model.pkl"} <= files.keys()
    assert "registered_model_meta" not in files
    assert MlflowClient(mlflow_url).get_model_version(order.model_name, "1").tags["artifact_sha256"] == digest
    assert versions.record_files("1") == content
    assert versions.load("1", digest).features == ("age", "plan")


def test_a_trainer_that_records_the_digest_in_the_same_instant_as_its_twin_goes_on(
    order: Order, mlflow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = register(order)
    record = MlflowClient.set_model_version_tag

    def lose_to_the_twin(self: MlflowClient, *tag: str) -> None:
        record(self, *tag)
        raise MlflowException("UNIQUE constraint failed", error_code=ErrorCode.Value("BAD_REQUEST"))

    monkeypatch.setattr(MlflowClient, "set_model_version_tag", lose_to_the_twin)
    content = versions.record_files("1")

    digest = hashlib.sha256(content).hexdigest()
    assert MlflowClient(mlflow_url).get_model_version(order.model_name, "1").tags["artifact_sha256"] == digest


def test_a_digest_that_mlflow_does_not_record_is_an_error(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = register(order)

    def refuse(*_: object) -> None:
        raise MlflowException("busy", error_code=ErrorCode.Value("BAD_REQUEST"))

    monkeypatch.setattr(MlflowClient, "set_model_version_tag", refuse)
    with pytest.raises(MlflowException, match="busy"):
        versions.record_files("1")


def test_a_version_whose_files_were_replaced_is_refused_before_it_is_loaded(order: Order, mlflow_url: str) -> None:
    versions = register(order)
    digest = hashlib.sha256(versions.record_files("1")).hexdigest()
    replace_file(order, mlflow_url, "model.pkl", b"not even a pickle")

    with pytest.raises(VersionUnusable, match=f"version 1 is not what was registered: .*, not {digest}"):
        versions.load("1", digest)
    with pytest.raises(VersionUnusable, match="version 1 is not what was registered"):
        versions.record_files("1")


def replace_file(order: Order, mlflow_url: str, path: str, content: bytes) -> None:
    """Overwrite a file of version 1, as anyone with write access to the registry's storage could."""
    client = MlflowClient(mlflow_url)
    model_id = client.get_model_version(order.model_name, "1").source.removeprefix("models:/")
    root = client.get_logged_model(model_id).artifact_location.removeprefix("mlflow-artifacts:")
    url = f"{mlflow_url}/api/2.0/mlflow-artifacts/artifacts{root}/{path}"
    assert requests.put(url, data=content, timeout=10).ok


def test_a_version_that_does_not_exist_is_named(order: Order) -> None:
    with pytest.raises(VersionUnusable, match="has no version 9"):
        register(order).load("9", None)


class Unloadable:
    """Fails when it is unpickled."""

    def predict(self, frame: pd.DataFrame) -> None: ...

    def __reduce__(self) -> Any:
        return int, ("not a number",)


def test_a_version_that_cannot_be_loaded_is_named(order: Order) -> None:
    with pytest.raises(VersionUnusable, match="version 1 cannot be loaded: ValueError"):
        register(order, Unloadable()).load("1", None)


class Unstorable:
    """Holds an object that cannot be pickled."""

    def __init__(self) -> None:
        self.lock = Lock()

    def predict(self, frame: pd.DataFrame) -> None: ...


def test_a_model_that_cannot_be_stored_is_named_and_its_run_fails(order: Order, mlflow_url: str) -> None:
    with pytest.raises(TrainerBroken, match="fitted Unstorable cannot be pickled"):
        register(order, Unstorable())
    client = MlflowClient(mlflow_url)
    experiment = client.get_experiment_by_name(order.model_name)
    assert experiment is not None
    assert [run.info.status for run in client.search_runs([experiment.experiment_id])] == ["FAILED"]


def test_a_parameter_that_mlflow_cannot_log_is_refused_before_training(order: Order) -> None:
    versions = MlflowVersions(order.model_copy(update={"parameters": {"what?": 1}}))
    with pytest.raises(OrderInvalid, match=r"refuses a training parameter: .*what\?"), versions.run():
        pytest.fail("training began")


def test_a_deleted_experiment_is_named_with_what_to_do(order: Order, mlflow_url: str) -> None:
    register(order)
    client = MlflowClient(mlflow_url)
    experiment = client.get_experiment_by_name(order.model_name)
    assert experiment is not None
    client.delete_experiment(experiment.experiment_id)

    sentence = f"experiment '{order.model_name}' was deleted in MLflow, .*: restore it"
    with pytest.raises(RegistryRefused, match=sentence), MlflowVersions(order).run():
        pytest.fail("training began")
    with pytest.raises(RegistryRefused, match=sentence):
        MlflowVersions(order).keep_report({})


def test_what_mlflow_refuses_for_good_is_permanent(order: Order) -> None:
    with pytest.raises(RegistryRefused, match=r"RESOURCE_DOES_NOT_EXIST.*not found"), final_refusals():
        MlflowVersions(order)._client.get_run("0" * 32)


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "RESOURCE_EXHAUSTED", "BAD_REQUEST"])
def test_what_mlflow_may_accept_later_is_not(code: str) -> None:
    with pytest.raises(MlflowException, match="busy"), final_refusals():
        raise MlflowException("busy", error_code=ErrorCode.Value(code))
