"""Connections from kubeconfig files, to servers that ask who is calling."""

import json
import ssl
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_retrain.adapters.kubernetes import kubernetes_cluster
from auto_retrain.adapters.kubernetes.access.connect import connect
from auto_retrain.adapters.kubernetes.access.kubeconfig_tokens import ExecPlugin, ExecTokens
from auto_retrain.domain.errors import ClusterRefused
from auto_retrain.settings import Settings

from .canned import Canned, CannedServer
from .certificates import Identity, make_identity

NO_JOBS = Canned(200, {"kind": "JobList", "metadata": {}, "items": []})
UNAUTHORIZED = Canned(401, {"kind": "Status", "status": "Failure", "reason": "Unauthorized", "code": 401})
CANARY = "canary-T0K3N"


@contextmanager
def serving(
    tmp_path: Path, server: Identity, *answers: Canned, client: Identity | None = None
) -> Iterator[CannedServer]:
    """A server with a certificate, which may demand one from its client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.write(tmp_path / "server.pem"))
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client.certificate.decode())
    canned = CannedServer(list(answers))
    canned.socket = context.wrap_socket(canned.socket, server_side=True)
    with canned:
        yield canned


def document(url: str, authority: Identity | None = None, user: Any = None, **cluster: Any) -> dict[str, Any]:
    trusted = {"certificate-authority-data": authority.encoded} if authority else {}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "kind", "cluster": {"server": url.replace("http:", "https:"), **trusted, **cluster}}],
        "users": [{"name": "ada", "user": {"token": CANARY} if user is None else user}],
        "contexts": [{"name": "here", "context": {"cluster": "kind", "user": "ada", "namespace": "not-ours"}}],
    }


def settings(*paths: Path, **further: str) -> Settings:
    return Settings(stage="dev", job_namespace="ns", kubeconfig=":".join(map(str, paths)), **further)


def written(tmp_path: Path, content: Any, name: str = "config") -> Path:
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return file


def refusal(*paths: Path, **further: str) -> str:
    with pytest.raises(ClusterRefused) as refused:
        connect(settings(*paths, **further))
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None or CANARY not in str(refused.value.__cause__)
    return str(refused.value)


def test_a_token_and_the_clusters_own_authority_are_enough(tmp_path: Path) -> None:
    identity = make_identity()
    with serving(tmp_path, identity, NO_JOBS) as server:
        file = written(tmp_path, document(server.url, identity))

        assert kubernetes_cluster(settings(file)).list_jobs().jobs == []

    assert server.asked[0].token == CANARY
    assert "/namespaces/ns/jobs" in server.asked[0].path


@pytest.mark.parametrize("as_files", [False, True])
def test_a_client_certificate_is_presented_as_kind_and_minikube_expect_it(tmp_path: Path, as_files: bool) -> None:
    identity, ada = make_identity(), make_identity("ada")
    user = {"client-certificate-data": ada.encoded, "client-key-data": ada.encoded_key}
    if as_files:
        (tmp_path / "ada.crt").write_bytes(ada.certificate)
        (tmp_path / "ada.key").write_bytes(ada.key)
        user = {"client-certificate": "ada.crt", "client-key": "ada.key"}
    with serving(tmp_path, identity, NO_JOBS, client=ada) as server:
        file = written(tmp_path, document(server.url, identity, user))

        assert kubernetes_cluster(settings(file)).list_jobs().jobs == []

    assert server.asked[0].token == ""


def test_files_that_we_write_for_keys_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    ada = make_identity("ada")
    user = {"client-certificate-data": ada.encoded, "client-key-data": ada.encoded_key}

    connection = connect(settings(written(tmp_path, document("https://127.0.0.1:1", user=user))))

    assert connection.client_certificate
    for file in connection.client_certificate:
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600


def test_a_token_file_is_read_again_after_it_was_rotated(tmp_path: Path) -> None:
    identity, token = make_identity(), tmp_path / "token"
    token.write_text("old\n")
    with serving(tmp_path, identity, NO_JOBS, NO_JOBS) as server:
        cluster = kubernetes_cluster(
            settings(written(tmp_path, document(server.url, identity, {"tokenFile": "token"})))
        )
        cluster.list_jobs()
        token.write_text("new\n")
        cluster.list_jobs()

    assert [asked.token for asked in server.asked] == ["old", "new"]


PLUGIN = """
import json, os, pathlib, sys
counter = pathlib.Path(sys.argv[1])
number = len(counter.read_text()) if counter.exists() else 0
counter.write_text("x" * (number + 1))
assert json.loads(os.environ["KUBERNETES_EXEC_INFO"])["kind"] == "ExecCredential"
status = {"token": f"{os.environ['PREFIX']}-{number}", **json.loads(sys.argv[2])}
print(json.dumps({"kind": "ExecCredential", "status": status}))
"""


def plugin(tmp_path: Path, **status: Any) -> dict[str, Any]:
    """A program that prints another token each time."""
    (tmp_path / "plugin.py").write_text(PLUGIN)
    arguments = [str(tmp_path / "plugin.py"), str(tmp_path / "count"), json.dumps(status)]
    environment = [{"name": "PREFIX", "value": "made"}]
    return {"command": sys.executable, "args": arguments, "env": environment}


def test_a_program_supplies_the_token_and_a_new_one_after_a_refusal(tmp_path: Path) -> None:
    identity = make_identity()
    with serving(tmp_path, identity, UNAUTHORIZED, NO_JOBS, NO_JOBS) as server:
        user = {"exec": plugin(tmp_path)}
        cluster = kubernetes_cluster(settings(written(tmp_path, document(server.url, identity, user))))
        cluster.list_jobs()
        cluster.list_jobs()

    tokens = [asked.token for asked in server.asked]
    assert tokens == ["made-0", "made-1", "made-1"]


def test_a_programs_token_is_replaced_before_it_expires(tmp_path: Path) -> None:
    now = [0.0]
    asked = ExecPlugin.model_validate(plugin(tmp_path, expirationTimestamp="1970-01-01T01:00:00Z"))
    tokens = ExecTokens(asked, tmp_path, lambda: now[0])

    first = [tokens.token(), tokens.token()]
    now[0] = 3600 - 59

    assert first == ["made-0", "made-0"]
    assert tokens.token() == "made-1"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ([sys.executable, "-c", f"print('{CANARY}')"], "printed no ExecCredential with a token"),
        ([sys.executable, "-c", "print('{\"status\": {}}')"], "printed no ExecCredential with a token"),
        ([sys.executable, "-c", "import sys; sys.exit('log in first')"], "exited with code 1: log in first"),
        (["no-such-program"], "cannot be started: No such file or directory; brew install it"),
    ],
)
def test_a_program_without_a_token_is_reported_with_what_to_do(tmp_path: Path, command: list[str], told: str) -> None:
    asked = {"command": command[0], "args": command[1:], "installHint": "brew install it"}
    source = connect(settings(written(tmp_path, document("https://127.0.0.1:1", user={"exec": asked})))).tokens

    with pytest.raises(ClusterRefused) as refused:
        source.token()

    assert told in str(refused.value)
    assert CANARY not in str(refused.value)


def test_a_server_may_have_another_name_than_its_address(tmp_path: Path) -> None:
    identity = make_identity(dns_name="cluster.internal")
    with serving(tmp_path, identity, NO_JOBS) as server:
        content = document(server.url, identity, **{"tls-server-name": "cluster.internal"})

        assert kubernetes_cluster(settings(written(tmp_path, content))).list_jobs().jobs == []


def test_of_several_files_the_first_with_an_entry_wins(tmp_path: Path) -> None:
    first = {"users": [{"name": "ada", "user": {"token": "first"}}]}
    second = document("https://second.example")
    third = document("https://third.example") | {"current-context": "elsewhere"}
    paths = [written(tmp_path, content, f"{number}.yaml") for number, content in enumerate([first, second, third])]

    connection = connect(settings(tmp_path / "absent", *paths))

    assert (connection.endpoint, connection.tokens.token()) == ("https://second.example", "first")


def test_a_context_is_chosen_by_name(tmp_path: Path) -> None:
    content = document("https://one.example")
    content["clusters"].append({"name": "other", "cluster": {"server": "https://two.example"}})
    content["contexts"].append({"name": "there", "context": {"cluster": "other", "user": "ada"}})

    assert connect(settings(written(tmp_path, content), kube_context="there")).endpoint == "https://two.example"


def test_a_kubeconfig_replaces_a_named_cluster_only_with_a_context(tmp_path: Path) -> None:
    file = written(tmp_path, document("https://kind.example"))
    eks = {"cluster_name": "prod", "cluster_endpoint": "https://eks.example"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        assert connect(settings(file, **eks)).endpoint == "https://eks.example"
    assert connect(settings(file, kube_context="here", **eks)).endpoint == "https://kind.example"


def change(*path: Any, to: Any = None) -> Callable[[dict[str, Any]], None]:
    """Set one value of a document, or remove it."""

    def apply(content: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            content = content[step]
        if to is None:
            del content[last]
        else:
            content[last] = to

    return apply


CLUSTER, USER = ("clusters", 0, "cluster"), ("users", 0, "user")


@pytest.mark.parametrize(
    ("apply", "told"),
    [
        (change("current-context"), "there is no current-context; name one in KUBE_CONTEXT"),
        (change("current-context", to="nowhere"), "there is no context 'nowhere'; existing: here"),
        (change("contexts", 0, "context", "cluster", to="x"), "there is no cluster 'x'; existing: kind"),
        (change("contexts", 0, "context", "user", to="x"), "there is no user 'x'; existing: ada"),
        (change(*CLUSTER, "insecure-skip-tls-verify", to=True), "'kind': insecure-skip-tls-verify is not supported"),
        (change(*CLUSTER, "proxy-url", to="http://proxy"), "cluster 'kind': proxy-url is not supported"),
        (change(*CLUSTER, "server", to="http://cluster.example"), "server must be an https address"),
        (change(*CLUSTER, "server", to="https://[fd00::1"), "server must be an https address"),
        (change(*CLUSTER, "server", to=f"https://u:{CANARY}@c.example"), "server must be an https address without"),
        (change(*CLUSTER, "server"), "cluster 'kind' is invalid: server"),
        (change(*CLUSTER, "certificate-authority-data", to="%"), "cluster-ca of the cluster connection is not base64"),
        (change(*CLUSTER, "certificate-authority", to="absent.crt"), "cluster-ca of the cluster connection does not"),
        (change(*USER, to={"username": "ada", "password": CANARY}), "user 'ada': username is not supported"),
        (change(*USER, to={"auth-provider": {"name": CANARY}}), "user 'ada': auth-provider is not supported"),
        (change(*USER, to={"token": CANARY, "as": "root"}), "user 'ada': as is not supported"),
        (change(*USER, to={"token": [CANARY]}), "user 'ada' is invalid: token"),
        (change(*USER, to={"client-key-data": "eA=="}), "a client certificate or a client key without the other"),
        (change(*USER, to={"exec": {"args": [CANARY]}}), "user 'ada' is invalid: exec.command"),
        (change(*USER, to={"other": 1}), "user 'ada' has no token, tokenFile, exec or client-certificate"),
    ],
)  # fmt: skip
def test_a_missing_or_unsafe_entry_is_named(tmp_path: Path, apply: Callable[[Any], None], told: str) -> None:
    content = document("https://cluster.example")
    apply(content)

    assert told in refusal(written(tmp_path, content))


@pytest.mark.parametrize("content", [f"[{CANARY}", "- a list", "", f"just {CANARY}"])
def test_a_file_that_is_not_a_kubeconfig_is_named(tmp_path: Path, content: str) -> None:
    assert "is not a YAML mapping" in refusal(written(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert f"there is no file {tmp_path / 'absent'}" in refusal(tmp_path / "absent")


def test_plain_http_is_allowed_to_this_machine_alone(tmp_path: Path) -> None:
    content = document("x")
    content["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:8001"

    assert connect(settings(written(tmp_path, content))).endpoint == "http://127.0.0.1:8001"
