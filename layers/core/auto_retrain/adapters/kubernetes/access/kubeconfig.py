"""Connections from kubeconfig files: their clusters, users and contexts, as in kubectl.

For kind, minikube and other clusters outside EKS, and for people on their own machines; a deployed function signs its
own tokens. Options that weaken the connection are refused, and no error quotes a credential.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, ValidationError

from ....domain.errors import ClusterRefused
from ...addresses import KEEPS_SECRETS, keeps_secrets
from .certificate_files import pem_file
from .connection import Connection, TokenSource
from .kubeconfig_tokens import ExecPlugin, ExecTokens, FileToken, FixedToken

DEFAULT_PATH = "~/.kube/config"


class _Part(BaseModel):
    """A part of a kubeconfig; fields that we do not use are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=AliasGenerator(lambda name: name.replace("_", "-"))
    )


class _Cluster(_Part):
    server: str
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool = False
    proxy_url: str | None = None


class _User(_Part):
    token: str | None = Field(default=None, repr=False)
    token_file: str | None = Field(default=None, alias="tokenFile")
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = Field(default=None, repr=False)
    exec: ExecPlugin | None = None
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    auth_provider: dict[str, Any] | None = Field(default=None, repr=False)
    act_as: str | None = Field(default=None, alias="as")


class _Context(_Part):
    cluster: str
    user: str


_REFUSED_OF_CLUSTER = ("insecure_skip_tls_verify", "proxy_url")
_REFUSED_OF_USER = ("username", "password", "auth_provider", "act_as")

_AnyPart = TypeVar("_AnyPart", bound=_Part)


class Kubeconfig:
    """Several files merged into one: of several entries of one name the first counts, as in kubectl."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._named: dict[str, dict[str, tuple[Any, Path]]] = {"clusters": {}, "users": {}, "contexts": {}}
        self._current = ""
        self._where = ", ".join(map(str, paths))
        existing = [path for path in paths if path.exists()]
        if not existing:
            raise ClusterRefused(f"kubeconfig: there is no file {self._where}")
        for path in existing:
            self._add(path, _load(path))

    def connect(self, context_name: str | None) -> Connection:
        """The connection of a context, by default the current one; its namespace is ignored, as ours is a setting.

        Raises ClusterRefused naming the entry that is missing, invalid or unsafe.
        """
        name = context_name or self._current
        if not name:
            raise self._refused("there is no current-context; name one in KUBE_CONTEXT")
        context, _ = self._find("contexts", "context", name, _Context)
        cluster, folder = self._find("clusters", "cluster", context.cluster, _Cluster)
        self._refuse_fields(f"cluster '{context.cluster}'", cluster, _REFUSED_OF_CLUSTER)
        authority = pem_file("cluster-ca", cluster.certificate_authority_data, cluster.certificate_authority, folder)
        tokens, certificate = self._credentials(context.user)
        return Connection(
            self._endpoint(context.cluster, cluster.server), authority, tokens, certificate, cluster.tls_server_name
        )

    def _credentials(self, name: str) -> tuple[TokenSource, tuple[str, str] | None]:
        user, folder = self._find("users", "user", name, _User)
        self._refuse_fields(f"user '{name}'", user, _REFUSED_OF_USER)
        certificate = pem_file("client", user.client_certificate_data, user.client_certificate, folder)
        key = pem_file("client-key", user.client_key_data, user.client_key, folder)
        if (certificate is None) != (key is None):
            raise self._refused(f"user '{name}' has a client certificate or a client key without the other")
        tokens = _tokens(user, folder)
        if tokens is None and certificate is None:
            raise self._refused(f"user '{name}' has no token, tokenFile, exec or client-certificate")
        return tokens or FixedToken(""), (certificate, key) if certificate and key else None

    def _endpoint(self, name: str, server: str) -> str:
        if not keeps_secrets(server):
            raise self._refused(f"cluster '{name}': server must be {KEEPS_SECRETS}")
        return server.rstrip("/")

    def _add(self, path: Path, document: dict[str, Any]) -> None:
        self._current = self._current or str(document.get("current-context") or "")
        for kind, entries in self._named.items():
            for entry in document.get(kind) or []:
                if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                    entries.setdefault(entry["name"], (entry, path.parent))

    def _find(self, kind: str, key: str, name: str, part: type[_AnyPart]) -> tuple[_AnyPart, Path]:
        """A part by its name, and the folder that its paths are relative to."""
        if name not in self._named[kind]:
            existing = ", ".join(sorted(self._named[kind])) or "none"
            raise self._refused(f"there is no {key} '{name}'; existing: {existing}")
        entry, folder = self._named[kind][name]
        try:
            return part.model_validate(entry.get(key) or {}), folder
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
        # Outside the handler, so that pydantic's error is not chained: it may quote a secret.
        raise self._refused(f"{key} '{name}' is invalid: {fields}")

    def _refuse_fields(self, label: str, part: _Part, fields: Sequence[str]) -> None:
        for field in fields:
            if getattr(part, field):
                name = type(part).model_fields[field].alias or field.replace("_", "-")
                raise self._refused(f"{label}: {name} is not supported")

    def _refused(self, problem: str) -> ClusterRefused:
        return ClusterRefused(f"kubeconfig {self._where}: {problem}")


def connect_by_kubeconfig(paths: str | None, context: str | None) -> Connection:
    """The connection that kubectl would use with this KUBECONFIG and this context."""
    given = [Path(path) for path in (paths or "").split(os.pathsep) if path]
    return Kubeconfig(given or [Path(DEFAULT_PATH).expanduser()]).connect(context)


def _tokens(user: _User, folder: Path) -> TokenSource | None:
    sources: list[tuple[Any, Callable[[], TokenSource]]] = [
        (user.token_file, lambda: FileToken(folder / (user.token_file or ""))),
        (user.token, lambda: FixedToken(user.token or "")),
        (user.exec, lambda: ExecTokens(user.exec or ExecPlugin(command=""), folder)),
    ]
    return next((make() for value, make in sources if value), None)


def _load(path: Path) -> dict[str, Any]:
    # Not in the layers of deployed functions, which have no kubeconfig.
    import yaml

    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterRefused(f"kubeconfig {path} cannot be read: {type(error).__name__}") from error
    except yaml.YAMLError:
        document = None  # its message would quote the file
    if not isinstance(document, dict):
        raise ClusterRefused(f"kubeconfig {path} is not a YAML mapping")
    return document
