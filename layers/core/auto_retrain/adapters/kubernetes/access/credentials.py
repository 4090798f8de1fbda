"""Bearer tokens of a kubeconfig's users: written down, in a file that is rotated, or made by a program."""

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

# How long a program may take, and how long before its end a token is not used any more.
EXEC_SECONDS = 30
EARLY_SECONDS = 60
LONGEST_LINE = 200


class FixedToken:
    """A token that never changes; an empty one is none."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def refresh(self) -> None:
        """There is no other one."""


class FileToken:
    """The token that a file holds now: whoever mounts it, rotates it."""

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
    """Tokens that a program prints, used again until shortly before they end."""

    def __init__(self, plugin: ExecPlugin, beside: Path, clock: Callable[[], float] = time.time) -> None:
        self._plugin, self._clock = plugin, clock
        # As for kubectl: a command with a slash is a path beside the kubeconfig, any other one is looked for.
        self._command = str(beside / plugin.command) if os.sep in plugin.command else plugin.command
        self._token, self._ends_at = "", 0.0

    def token(self) -> str:
        if not self._token or self._clock() >= self._ends_at - EARLY_SECONDS:
            self._token, self._ends_at = self._ask()
        return self._token

    def refresh(self) -> None:
        self._token = ""

    def _ask(self) -> tuple[str, float]:
        try:
            status = json.loads(self._run())["status"]
            token, expires = status.get("token"), status.get("expirationTimestamp")
            ends_at = datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp() if expires else float("inf")
        except (ValueError, KeyError, TypeError, AttributeError):
            token, ends_at = None, 0.0
        if not isinstance(token, str) or not token:
            # What it printed may be a secret in a shape that we do not know.
            raise ClusterRefused(f"the program '{self._plugin.command}' printed no ExecCredential with a token")
        return token, ends_at

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
                f"ended with {done.returncode}: {lines[-1][:LONGEST_LINE] if lines else 'it said nothing'}"
            )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        about: dict[str, Any] = {"apiVersion": self._plugin.api_version, "kind": "ExecCredential"}
        about["spec"] = {"interactive": False}
        given = {variable.name: variable.value for variable in self._plugin.env or ()}
        return {"KUBERNETES_EXEC_INFO": json.dumps(about), **given}

    def _failed(self, how: str) -> ClusterRefused:
        return ClusterRefused(f"the program '{self._plugin.command}', which should give a cluster token, {how}")
