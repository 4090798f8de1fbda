"""Credentials for MLflow, which are in Secrets Manager and nowhere else."""

from base64 import b64encode
from typing import Any

import requests
from pydantic import ValidationError

from ...domain.base import StrictRecord
from ...domain.errors import RegistryRefused, RegistryUnavailable
from ..aws import translated

EXPECTED = 'must hold {"username": "...", "password": "..."} or {"token": "..."}'


class _Secret(StrictRecord):
    username: str = ""
    password: str = ""
    token: str = ""


class SecretCredentials(requests.auth.AuthBase):
    """Signs requests with a user name and password or with a token, read when first needed and then kept."""

    def __init__(self, secrets_client: Any, secret_arn: str) -> None:
        self._secrets = secrets_client
        self._secret_arn = secret_arn
        self._header: str | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._header is None:
            self.renew()
        request.headers["Authorization"] = self._header or ""
        return request

    def renew(self) -> bool:
        """Read the secret again, because it may have been rotated; returns whether it has changed."""
        before, self._header = self._header, self._read()
        return self._header != before

    def _read(self) -> str:
        with translated(RegistryUnavailable):
            answer = self._secrets.get_secret_value(SecretId=self._secret_arn)
        header = _header_of(answer.get("SecretString", ""))
        if header is None:
            raise RegistryRefused(f"the secret in MLFLOW_SECRET_ARN {EXPECTED}")
        return header


def _header_of(text: str) -> str | None:
    """The value of the header Authorization; no error shows what the secret holds."""
    try:
        secret = _Secret.model_validate_json(text)
    except ValidationError:
        return None
    if secret.token and not (secret.username or secret.password):
        is_safe = secret.token.isascii() and secret.token.isprintable() and " " not in secret.token
        return f"Bearer {secret.token}" if is_safe else None
    if secret.token or not secret.password or not secret.username or ":" in secret.username:
        return None
    return f"Basic {b64encode(f'{secret.username}:{secret.password}'.encode()).decode()}"
