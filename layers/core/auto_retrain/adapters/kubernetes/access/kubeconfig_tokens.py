"""Bearer tokens of a kubeconfig's users: fixed, in a file that is rotated, or printed by a program."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ....domain.errors import ClusterRefused

# How long a program may take, and how long before it expires a token is replaced.
EXEC_SECONDS = 30
EARLY_SECONDS = 60
MAX_LINE_LENGTH = 200


class FixedToken:
    """A token that never changes; empty means that there is none."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def refresh(self) -> None:
        """There is no other token."""


class FileToken:
    """The current token in a file that is rotated from outside."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def token(self) -> str:
        try:
            return self._path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ClusterRefused(f"the token file {self._path} cannot be read: {type(error).__name__}") from error

    def refresh(self) -> None:
        """The file is read each time."""


class _Variable(BaseModel):
    name: str
    value: str = Field(repr=False)


class ExecPlugin(BaseModel):
    """A program that prints an ExecCredential, such as `aws eks get-token`."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    command: str
    args: tuple[str, ...] | None = None
    env: tuple[_Variable, ...] | None = None
    api_version: str = Field(default="client.authentication.k8s.io/v1", alias="apiVersion")
    install_hint: str = Field(default="", alias="installHint")


class ExecTokens:
    """Tokens that a program prints, reused until shortly before they expire."""

    def __init__(self, plugin: ExecPlugin, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._plugin, self._clock = plugin, clock
        # As in kubectl: a command with a slash is relative to the kubeconfig, any other is searched for in PATH.
        self._command = str(folder / plugin.command) if os.sep in plugin.command else plugin.command
        self._token, self._expires_at = "", 0.0

    def token(self) -> str:
        if not self._token or self._clock() >= self._expires_at - EARLY_SECONDS:
            self._token, self._expires_at = self._new_token()
        return self._token

    def refresh(self) -> None:
        self._token = ""

    def _new_token(self) -> tuple[str, float]:
        try:
            status = json.loads(self._run())["status"]
            token, expires = status.get("token"), status.get("expirationTimestamp")
            expires_at = datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp() if expires else float("inf")
        except (ValueError, KeyError, TypeError, AttributeError):
            token, expires_at = None, 0.0
        if not isinstance(token, str) or not token:
            # Its output is not quoted, because it may be a secret in an unknown format.
            raise ClusterRefused(f"the program '{self._plugin.command}' printed no ExecCredential with a token")
        return token, expires_at

    def _run(self) -> str:
        try:
            done = subprocess.run(
                [self._command, *(self._plugin.args or ())],
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=EXEC_SECONDS,
                check=False,
                text=True,
            )
        except OSError as error:
            raise self._failed(
                f"cannot be started: {error.strerror}; {self._plugin.install_hint}".rstrip("; ")
            ) from error
        except subprocess.TimeoutExpired as error:
            raise self._failed(f"did not end within {EXEC_SECONDS} seconds") from error
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise self._failed(
                f"exited with code {done.returncode}: {lines[-1][:MAX_LINE_LENGTH] if lines else 'no error message'}"
            )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        credential: dict[str, Any] = {"apiVersion": self._plugin.api_version, "kind": "ExecCredential"}
        credential["spec"] = {"interactive": False}
        configured = {variable.name: variable.value for variable in self._plugin.env or ()}
        return {"KUBERNETES_EXEC_INFO": json.dumps(credential), **configured}

    def _failed(self, problem: str) -> ClusterRefused:
        return ClusterRefused(f"the program '{self._plugin.command}', which should print a cluster token, {problem}")
