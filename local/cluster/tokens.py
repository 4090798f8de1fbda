"""Who is calling: test tokens, and EKS tokens, which are presigned requests to STS that name the cluster.

An EKS token is `k8s-aws-v1.` and a base64url-encoded URL, without padding. The real server sends the URL to STS with
the header `x-k8s-aws-id` set to its own name; the signature covers it, so a token for another cluster fails.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from .errors import unauthorized
from .sigv4 import presigned_signature

_PREFIX = "k8s-aws-v1."
_MAX_LENGTH = 4 * 1024
_MAX_AGE = timedelta(minutes=15)
_PARAMETERS = {"Action", "Version"} | {
    f"X-Amz-{name}"
    for name in ("Algorithm", "Credential", "Date", "Expires", "Security-Token", "Signature", "SignedHeaders")
}

# What the deployed namespace Role grants.
SUBMITTER = frozenset(
    {"create jobs", "get jobs", "list jobs", "patch jobs", "delete jobs", "list pods", "get pods/log", "list events"}
)
# What the Role for trainings with several workers grants besides.
WORKERS = frozenset({"create services", "get services"})
# What the Role for HTTPRoutes grants.
TRAFFIC = frozenset({"get httproutes", "patch httproutes", "get services", "list endpointslices"})
# What the Role for InferenceServices grants.
KSERVE = frozenset({"get inferenceservices", "patch inferenceservices", "get httproutes"})

EVERYTHING = "*"


@dataclass(frozen=True)
class User:
    """A caller, and what it may do, as `verb resource`; only in the cluster's own namespaces unless `anywhere`."""

    name: str
    rules: frozenset[str] = SUBMITTER
    anywhere: bool = False

    def may(self, action: str, ours: bool) -> bool:
        return (self.anywhere or ours) and bool(self.rules & {action, EVERYTHING})


ANONYMOUS = User("system:anonymous", frozenset())
ADMIN = User("admin", frozenset({EVERYTHING}), anywhere=True)


class TokenReview:
    """Says which user a bearer token stands for.

    Without `aws_keys` (access key to secret) the signature of an EKS token is not verified, everything else is.
    """

    def __init__(self, cluster_name: str, tokens: Mapping[str, User], aws_keys: Mapping[str, str] | None) -> None:
        self._cluster_name, self._tokens, self._aws_keys = cluster_name, tokens, aws_keys

    def authenticate(self, authorization: str | None) -> User:
        if authorization is None:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            raise unauthorized()
        return self._tokens.get(token) or self._eks_user(token)

    def _eks_user(self, token: str) -> User:
        try:
            access_key = self._verify(_decode(token))
        except (ValueError, KeyError) as error:
            raise unauthorized() from error
        return User(access_key, SUBMITTER | WORKERS)

    def _verify(self, url: str) -> str:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, strict_parsing=True))
        _require(parts.scheme == "https" and parts.path in ("", "/"))
        _require(parts.netloc.startswith("sts.") and parts.netloc.endswith((".amazonaws.com", ".amazonaws.com.cn")))
        _require(set(query) <= _PARAMETERS and query["Action"] == "GetCallerIdentity")
        _require("x-k8s-aws-id" in query["X-Amz-SignedHeaders"].split(";"))
        signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        _require(abs(datetime.now(UTC) - signed_at) <= _MAX_AGE)
        access_key = query["X-Amz-Credential"].partition("/")[0]
        if self._aws_keys is not None:
            headers = {"host": parts.netloc, "x-k8s-aws-id": self._cluster_name}
            expected = presigned_signature(query, headers, self._aws_keys[access_key])
            _require(query["X-Amz-Signature"] == expected)
        return access_key


def _decode(token: str) -> str:
    _require(token.startswith(_PREFIX) and "=" not in token and len(token) <= _MAX_LENGTH)
    encoded = token.removeprefix(_PREFIX)
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("not a token that this cluster accepts")
