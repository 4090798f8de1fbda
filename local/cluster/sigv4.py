"""The signature of a presigned GET request, computed apart from botocore so that it can check what botocore made.

Source: the AWS documentation of Signature Version 4, authentication by query parameters.
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote


def presigned_signature(query: Mapping[str, str], headers: Mapping[str, str], secret_key: str) -> str:
    """What `X-Amz-Signature` must be for these query parameters and the signed headers as the server sends them."""
    scope = query["X-Amz-Credential"].split("/")[1:]
    signing_key = f"AWS4{secret_key}".encode()
    for part in scope:
        signing_key = _hmac(signing_key, part)
    canonical = hashlib.sha256(_canonical_request(query, headers).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], "/".join(scope), canonical])
    return _hmac(signing_key, text).hex()


def _canonical_request(query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    pairs = sorted((_encode(key), _encode(value)) for key, value in query.items() if key != "X-Amz-Signature")
    signed = query["X-Amz-SignedHeaders"]
    lines = [f"{name}:{headers[name]}\n" for name in signed.split(";")]
    empty_body = hashlib.sha256(b"").hexdigest()
    return "\n".join(
        ["GET", "/", "&".join(f"{key}={value}" for key, value in pairs), "".join(lines), signed, empty_body]
    )


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
