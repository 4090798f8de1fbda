"""Bearer tokens for EKS: a signed request to STS, which the cluster sends to learn our identity."""

import base64
import time
from collections.abc import Callable
from typing import Any

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from ....domain.errors import ClusterRefused, ClusterUnavailable
from ...aws import translated

TOKEN_PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
# How long STS accepts the request. The cluster accepts the token for 15 minutes after it was signed.
EXPIRES_SECONDS = 60
MAX_AGE_SECONDS = 14 * 60


class EksTokens:
    """Tokens signed with the credentials of this process, reused until they are too old."""

    def __init__(
        self,
        find_credentials: Callable[[], Any],
        region: str,
        cluster_name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_credentials = find_credentials
        self._region, self._cluster_name, self._clock = region, cluster_name, clock
        self._token = ""
        self._signed_at = 0.0

    def token(self) -> str:
        if not self._token or self._clock() - self._signed_at >= MAX_AGE_SECONDS:
            self._signed_at = self._clock()
            self._token = self._sign()
        return self._token

    def refresh(self) -> None:
        self._token = ""

    def _sign(self) -> str:
        with translated(ClusterUnavailable):
            credentials = self._find_credentials()
            if credentials is None:
                raise ClusterRefused("there are no AWS credentials to sign a cluster token with")
            frozen = credentials.get_frozen_credentials()
        request = AWSRequest("GET", _sts_url(self._region), headers={CLUSTER_HEADER: self._cluster_name})
        SigV4QueryAuth(frozen, "sts", self._region, expires=EXPIRES_SECONDS).add_auth(request)
        return TOKEN_PREFIX + base64.urlsafe_b64encode(str(request.url).encode()).decode().rstrip("=")


def _sts_url(region: str) -> str:
    # Not the configured endpoint of STS: the cluster accepts only its real addresses.
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    return f"https://sts.{region}.{suffix}/?{query}"
