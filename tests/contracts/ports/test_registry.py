"""ModelRegistry in memory and on a real MLflow server."""

import copy
import json
import math
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import uuid4

import pytest

from auto_retrain.adapters.http import Answer
from auto_retrain.adapters.memory.outside import MemoryRegistry
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import AutoRetrainError, RegistryRefused, RegistryUnavailable, SettingInvalid
from auto_retrain.domain.files import FileDigest
from auto_retrain.ports import ModelRegistry
from local.mlflow_server import MlflowServer
from tests.contracts.ports.odd_server import OddServer
from tests.contracts.ports.registries import Register, call, post


def test_an_unknown_model_has_no_champion_and_no_versions(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, _ = registry_and_register
    assert registry.champion(model) is None
    assert registry.version_tags(model, "1") is None


def test_a_model_without_the_alias_has_no_champion(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    assert registry.champion(model) is None
    assert registry.version_tags(model, "1") == {"job_id": "job-1"}


def test_the_champion_is_the_version_that_was_set(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    register(model, "job-2")
    for version in ("1", "2", "2"):
        registry.set_champion(model, version)
        assert registry.champion(model) == version


def test_the_champions_of_all_models_are_listed_page_by_page(
    registry_and_register: tuple[ModelRegistry, Register], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_retrain.adapters.mlflow.registry.MODELS_PER_PAGE", 2)
    registry, register = registry_and_register
    for place in range(5):
        register(f"{model}-{place}", "job-1")
        register(f"{model}-{place}", "job-2")
    registry.set_champion(f"{model}-0", "2")
    registry.set_champion(f"{model}-3", "1")

    ours = {name: version for name, version in registry.champions().items() if name.startswith(model)}
    assert ours == {f"{model}-0": "2", f"{model}-3": "1"}


def test_an_unknown_version_cannot_become_champion(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    registry.set_champion(model, "1")
    with pytest.raises(RegistryRefused):
        registry.set_champion(model, "7")
    assert registry.champion(model) == "1"


@pytest.fixture(params=["memory", "mlflow"])
def registry_and_log(request: pytest.FixtureRequest) -> tuple[ModelRegistry, Callable[[str, dict[str, bytes]], None]]:
    """A registry, and a function that registers a version with files as a training container would."""
    if request.param == "memory":
        memory = MemoryRegistry()

        def log_in_memory(model: str, files: dict[str, bytes]) -> None:
            memory.register(model, "1")
            memory.delete_files(model, "1")
            for path, content in files.items():
                memory.write_file(model, "1", path, content)

        return memory, log_in_memory
    url = request.getfixturevalue("server").url

    def log(model: str, files: dict[str, bytes]) -> None:
        post(url, "registered-models/create", {"name": model})
        info = post(url, "logged-models", {"experiment_id": "0", "name": "model"})["model"]["info"]
        for path, content in files.items():
            put(url, f"{info['artifact_uri'].removeprefix('mlflow-artifacts:')}/{path}", content)
        source = f"models:/{info['model_id']}"
        assert post(url, "model-versions/create", {"name": model, "source": source, "model_id": info["model_id"]})

    return MlflowRegistry(url), log


def put(url: str, path: str, content: bytes) -> None:
    address = f"{url}/api/2.0/mlflow-artifacts/artifacts{quote(path)}"
    urllib.request.urlopen(urllib.request.Request(address, content, method="PUT"), timeout=30).close()


def test_the_files_of_a_version_are_listed_with_digests_from_all_folders(
    registry_and_log: tuple[ModelRegistry, Callable[[str, dict[str, bytes]], None]], model: str
) -> None:
    registry, log = registry_and_log
    files = {"MLmodel": b"flavors:", "code/a/b.py": b"1", "data/weights ü.bin": bytes(range(256)) * 20_000}
    log(model, files)

    digests = {path: FileDigest(sha256=sha256_of(content), size=len(content)) for path, content in files.items()}
    assert registry.version_files(model, "1") == digests
    assert registry.has_files(model, "1")


def test_a_file_of_a_version_is_read_as_it_is(
    registry_and_log: tuple[ModelRegistry, Callable[[str, dict[str, bytes]], None]], model: str
) -> None:
    registry, log = registry_and_log
    content = bytes(range(256)) * 20_000
    log(model, {"MLmodel": b"flavors:", "data/weights ü.bin": content})

    assert b"".join(registry.read_file(model, "1", "data/weights ü.bin")) == content
    for version, path in (("1", "nothing"), ("9", "MLmodel")):
        with pytest.raises(RegistryRefused):
            b"".join(registry.read_file(model, version, path))


def test_the_release_of_the_server_is_known(registry_and_register: tuple[ModelRegistry, Register]) -> None:
    registry, _ = registry_and_register
    assert registry.server_version().split(".")[0] == "3"


SIGNED = b"""flavors: {}
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}, {"type": "string", "name":
    "plan of the month", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
"""


@pytest.mark.parametrize(
    ("document", "names"),
    [
        pytest.param(SIGNED, ("age", "plan of the month"), id="a signature with names"),
        pytest.param(b"flavors: {}", (), id="no signature"),
        pytest.param(b"signature: {inputs: null, outputs: null}", (), id="a signature without inputs"),
        pytest.param(b'signature: {inputs: \'[{"type": "tensor"}]\'}', (), id="inputs without names"),
    ],
)
def test_the_inputs_of_a_version_are_those_of_its_signature(
    registry_and_log: tuple[ModelRegistry, Callable[[str, dict[str, bytes]], None]],
    model: str,
    document: bytes,
    names: tuple[str, ...],
) -> None:
    registry, log = registry_and_log
    log(model, {"MLmodel": document})
    assert registry.inputs(model, "1") == names
    with pytest.raises(RegistryRefused):
        registry.inputs(model, "9")


@pytest.mark.parametrize("document", [b"signature: {inputs: '[}'}", b"[1]", b"\xff", b"signature: 7"], ids=repr)
def test_a_file_that_is_no_mlmodel_is_refused(
    registry_and_log: tuple[ModelRegistry, Callable[[str, dict[str, bytes]], None]], model: str, document: bytes
) -> None:
    registry, log = registry_and_log
    log(model, {"MLmodel": document})
    with pytest.raises(RegistryRefused, match="the MLmodel file cannot be read"):
        registry.inputs(model, "1")


def test_lost_files_of_a_version_are_back_after_what_the_docs_tell_a_person_to_do(
    server: MlflowServer, model: str, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    post(server.url, "registered-models/create", {"name": model})
    info = post(server.url, "logged-models", {"experiment_id": "0", "name": "model"})["model"]["info"]
    source = f"models:/{info['model_id']}"
    post(server.url, "model-versions/create", {"name": model, "source": source, "model_id": info["model_id"]})
    registry, files = MlflowRegistry(server.url), {"MLmodel": b"flavors:", "code/a.py": b"1"}
    assert registry.version_files(model, "1") == {}
    assert not registry.has_files(model, "1")
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    client = MlflowClient(server.url)
    logged = client.get_model_version(model, "1").source.removeprefix("models:/")
    client.log_model_artifacts(logged, str(tmp_path))

    digests = {path: FileDigest(sha256=sha256_of(content), size=len(content)) for path, content in files.items()}
    assert registry.version_files(model, "1") == digests


def test_the_files_of_an_unknown_version_are_refused(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, _ = registry_and_register
    for look in (registry.version_files, registry.has_files):
        with pytest.raises(RegistryRefused, match="has no version 9"):
            look(model, "9")


def test_a_version_whose_files_mlflow_does_not_store_is_refused(server: MlflowServer, model: str) -> None:
    post(server.url, "registered-models/create", {"name": model})
    post(server.url, "model-versions/create", {"name": model, "source": "s3://elsewhere/model"})
    with pytest.raises(RegistryRefused, match=f"version 1 of '{model}' is not a logged model of this MLflow"):
        MlflowRegistry(server.url).version_files(model, "1")


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    registry = MlflowRegistry("http://127.0.0.1:9")
    with pytest.raises(RegistryUnavailable, match="did not answer"):
        registry.champion("churn")


def test_a_server_that_refuses_our_host_name_is_reported_with_the_option_to_check(server: MlflowServer) -> None:
    registry = MlflowRegistry(server.url)
    registry._server._session.headers["Host"] = "mlflow.example.com"
    with pytest.raises(RegistryRefused, match="allowed-hosts"):
        registry.champion("churn")


def test_a_name_that_mlflow_refuses_is_not_taken_for_an_absent_model(server: MlflowServer) -> None:
    registry = MlflowRegistry(server.url)
    with pytest.raises(RegistryRefused, match="Invalid model name 'a/b'"):
        registry.champion("a/b")
    with pytest.raises(RegistryRefused, match="must be an integer"):
        registry.version_tags("churn", "latest")


class SomeServer(BaseHTTPRequestHandler):
    """A server that gives one answer to everything."""

    status: ClassVar[int] = 200
    content: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/login")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def some_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), SomeServer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "content"), [(302, b""), (200, b"<html>Welcome</html>"), (200, b"[]"), (200, b'{"status": "ok"}')]
)
def test_an_address_without_an_mlflow_server_is_unavailable_and_named(
    some_server: str, monkeypatch: pytest.MonkeyPatch, status: int, content: bytes
) -> None:
    monkeypatch.setattr(SomeServer, "status", status)
    monkeypatch.setattr(SomeServer, "content", content)
    registry = MlflowRegistry(some_server)
    for read in (lambda: registry.champion("churn"), lambda: registry.version_tags("churn", "1")):
        with pytest.raises(RegistryUnavailable, match=f"not an MLflow server at {some_server}"):
            read()


@pytest.mark.parametrize(("status", "content"), [(302, b""), (200, b"<html>Welcome</html>")])
def test_setting_a_champion_without_an_mlflow_server_is_an_error(
    some_server: str, monkeypatch: pytest.MonkeyPatch, status: int, content: bytes
) -> None:
    monkeypatch.setattr(SomeServer, "status", status)
    monkeypatch.setattr(SomeServer, "content", content)
    with pytest.raises(RegistryUnavailable, match="not an MLflow server"):
        MlflowRegistry(some_server).set_champion("churn", "1")


@pytest.mark.parametrize("code", ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"])
def test_an_error_that_only_resembles_an_absent_alias_is_refused(
    some_server: str, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(SomeServer, "status", 400)
    monkeypatch.setattr(SomeServer, "content", json.dumps({"error_code": code, "message": "no"}).encode())
    with pytest.raises(RegistryRefused, match=code):
        MlflowRegistry(some_server).champion("churn")


@pytest.fixture(params=["memory", "mlflow"])
def registry_and_run(request: pytest.FixtureRequest) -> tuple[ModelRegistry, str, Callable[[str], bytes]]:
    """A registry with a run, and a function that reads the run's artifacts."""
    if request.param == "memory":
        memory = MemoryRegistry()
        memory.start_run("run-1")
        return memory, "run-1", lambda name: memory.documents["run-1"][name]
    url = request.getfixturevalue("server").url
    run = post(url, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]

    def read(name: str) -> bytes:
        with urllib.request.urlopen(f"{url}/get-artifact?run_id={run}&path={quote(name)}", timeout=30) as response:
            content: bytes = response.read()
        return content

    return MlflowRegistry(url), run, read


def test_a_document_is_stored_with_a_run_and_the_newest_counts(
    registry_and_run: tuple[ModelRegistry, str, Callable[[str], bytes]],
) -> None:
    registry, run, read = registry_and_run
    for content in (b"<p>old</p>", b"<p>new</p>"):
        registry.keep_document(run, "report.html", content)
    assert read("report.html") == b"<p>new</p>"


def test_a_document_for_an_unknown_run_is_refused(
    registry_and_run: tuple[ModelRegistry, str, Callable[[str], bytes]],
) -> None:
    with pytest.raises(RegistryRefused):
        registry_and_run[0].keep_document("0" * 32, "report.html", b"")


def test_the_run_of_a_version_is_the_one_that_it_was_registered_with(server: MlflowServer, model: str) -> None:
    memory = MemoryRegistry()
    run: str = post(server.url, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
    post(server.url, "registered-models/create", {"name": model})
    source = {"name": model, "source": "s3://tiny/model"}
    assert post(server.url, "model-versions/create", {**source, "run_id": run})
    assert post(server.url, "model-versions/create", source)
    memory.register(model, "1", run_id=run)
    memory.register(model, "2")
    for registry in (memory, MlflowRegistry(server.url)):
        assert [registry.run_of(model, version) for version in ("1", "2", "3")] == [run, None, None]
        assert registry.run_of("unknown", "1") is None


def run_at(url: str, root: str) -> str:
    """A run of an experiment with this artifact root."""
    experiment = post(url, "experiments/create", {"name": f"e-{uuid4().hex}", "artifact_location": root})
    run_id: str = post(url, "runs/create", {"experiment_id": experiment["experiment_id"]})["run"]["info"]["run_id"]
    return run_id


@pytest.mark.parametrize(
    "root",
    [
        "mlflow-artifacts:/some root",
        "mlflow-artifacts:///deep/er",
        "mlflow-artifacts://{host}/with-host",
        "mlflow-artifacts://{host}/",
        "http://{host}/api/2.0/mlflow-artifacts/artifacts/as-address",
    ],
)
def test_a_document_is_where_mlflow_looks_for_it_whatever_form_the_artifact_root_has(
    server: MlflowServer, root: str
) -> None:
    run_id = run_at(server.url, root.format(host=server.url.removeprefix("http://")))
    MlflowRegistry(server.url).keep_document(run_id, "report.html", b"<p>")
    with urllib.request.urlopen(f"{server.url}/get-artifact?run_id={run_id}&path=report.html", timeout=30) as response:
        assert response.read() == b"<p>"


@pytest.mark.parametrize(
    "root",
    [
        "mlflow-artifacts://elsewhere.example.com:5000/a",
        "mlflow-artifacts://someone:secret@{host}/a",
        "http://elsewhere.example.com/api/2.0/mlflow-artifacts/artifacts/a",
        "http://{host}/another/service",
        "mlflow-artifacts:/a?b=c",
        "s3://bucket/key",
        "/var/lib/mlflow",
    ],
)
def test_a_document_is_not_stored_where_the_tracking_server_does_not_serve_it(server: MlflowServer, root: str) -> None:
    run_id = run_at(server.url, root.format(host=server.url.removeprefix("http://")))
    with pytest.raises(RegistryRefused, match=f"does not serve the artifacts of run {run_id}: they are at .*--serve-"):
        MlflowRegistry(server.url).keep_document(run_id, "report.html", b"<p>")


def test_a_document_that_something_else_than_mlflow_accepts_is_not_stored() -> None:
    class Login(MlflowRegistry):
        def _artifacts_of(self, run: Any, run_id: str) -> str:
            return f"{login.url}/artifacts"

    run = json.dumps({"run": {"info": {"artifact_uri": "mlflow-artifacts:/1/a/artifacts"}}}).encode()
    with (
        OddServer(body=lambda: [b"<html>Welcome</html>"]) as login,
        OddServer(body=lambda: [run]) as server,
        pytest.raises(RegistryUnavailable, match="not an MLflow server"),
    ):
        Login(server.url).keep_document("a", "report.html", b"<p>")


def test_a_deleted_run_gets_no_document_and_the_sentence_says_what_to_do(server: MlflowServer) -> None:
    run_id = run_at(server.url, "mlflow-artifacts:/deleted")
    experiment = call(server.url, f"runs/get?run_id={run_id}")["run"]["info"]["experiment_id"]
    assert post(server.url, "experiments/delete", {"experiment_id": experiment}) == {}
    with pytest.raises(RegistryRefused, match=f"run {run_id} was deleted in MLflow, .*; restore it there"):
        MlflowRegistry(server.url).keep_document(run_id, "report.html", b"<p>")


def test_a_copied_version_is_named_as_such(server: MlflowServer, model: str) -> None:
    for name in (model, f"{model}-copy"):
        post(server.url, "registered-models/create", {"name": name})
    info = post(server.url, "logged-models", {"experiment_id": "0", "name": "model"})["model"]["info"]
    logged = {"source": f"models:/{info['model_id']}", "model_id": info["model_id"]}
    assert post(server.url, "model-versions/create", {"name": model, **logged})
    assert post(server.url, "model-versions/create", {"name": f"{model}-copy", "source": f"models:/{model}/1"})
    sentence = f"version 1 of '{model}-copy' is a copy of 'models:/{model}/1' .*; register the model that the training"
    with pytest.raises(RegistryRefused, match=sentence):
        MlflowRegistry(server.url).version_files(f"{model}-copy", "1")


ANSWERS: dict[str, Any] = {
    "registered-models/alias": {"model_version": {"version": "3", "source": "models:/m-1", "tags": [{"key": "a"}]}},
    "model-versions/get": {
        "model_version": {"version": "3", "source": "models:/m-1", "run_id": "r", "tags": [{"key": "a"}]}
    },
    "artifacts/directories": {"files": [{"path": "MLmodel", "is_dir": False, "file_size": "1"}]},
    "runs/get": {"run": {"info": {"artifact_uri": "mlflow-artifacts:/1/a/artifacts", "lifecycle_stage": "active"}}},
}


def places_in(document: Any) -> Iterator[tuple[str | int, ...]]:
    """The paths of all values of a document."""
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in children:
        yield (name,)
        if isinstance(value, dict | list):
            yield from ((name, *deeper) for deeper in places_in(value))


def changed(document: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """The document with another value in a place, or without it."""
    document, (name, *deeper) = copy.copy(document), place
    if deeper:
        document[name] = changed(document[name], tuple(deeper), value)
    elif value is ...:
        del document[name]
    else:
        document[name] = value
    return document


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("value", [..., None, 7, "", "x", [], {}, [None], {"x": 1}], ids=repr)
def test_an_answer_that_lacks_something_or_has_something_else_there_is_an_error_of_ours(
    path: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_: Any, **__: Any) -> Answer:
        return Answer(200, {}, json.dumps(document).encode())

    monkeypatch.setattr("auto_retrain.adapters.mlflow.server.exchange", answer)
    registry = MlflowRegistry("http://mlflow.example.com")
    for place in places_in(ANSWERS[path]):
        document = changed(ANSWERS[path], place, value)
        with suppress(AutoRetrainError):
            assert registry.champion("churn") in ("3", "7")
        with suppress(AutoRetrainError):
            assert set(registry.version_tags("churn", "3") or {}) <= {"a", "x", ""}
        with suppress(AutoRetrainError):
            assert registry.run_of("churn", "3") in ("r", "x", None)
        with suppress(AutoRetrainError):
            registry.keep_document("a", "report.html", b"")
        with suppress(AutoRetrainError):
            registry._paths("m-1", math.inf)


@pytest.mark.parametrize("root", ["mlflow-artifacts:/../../mlflow/x", "mlflow-artifacts:/a/%2e%2E/b"])
def test_an_artifact_root_that_leads_out_of_the_artifacts_is_refused(root: str) -> None:
    run = json.dumps({"run": {"info": {"artifact_uri": root}}}).encode()
    with OddServer(body=lambda: [run]) as server:
        with pytest.raises(RegistryRefused, match="does not serve the artifacts"):
            MlflowRegistry(server.url).keep_document("a", "report.html", b"<p>")
        assert [method for method, _ in server.requests] == ["GET"]


@pytest.mark.parametrize("url", ["mlflow:5000", "ftp://mlflow.example.com", "http://me:SECRET@mlflow.example.com"])
def test_an_address_that_is_none_or_holds_credentials_is_refused_without_showing_them(url: str) -> None:
    with pytest.raises(SettingInvalid, match=r"MLFLOW_TRACKING_URI.* without credentials") as caught:
        MlflowRegistry(url)
    assert "SECRET" not in str(caught.value)
