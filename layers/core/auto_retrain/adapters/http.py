"""What all our HTTP clients share: whatever a server does, its answer takes a bounded time and has a bounded size."""

import math
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import requests
import urllib3

# To connect, and from one piece of an answer to the next.
TIMEOUT_SECONDS = (3.05, 10.0)
# For a whole answer: a server that sends a byte now and then keeps within the timeout above for ever.
ANSWER_SECONDS = 20.0
MAX_ANSWER_BYTES = 64 << 20
_PIECE_BYTES = 1 << 16


class Session(requests.Session):
    """Follows no redirect: without this it would still read the whole body of one, however long that takes."""

    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        return iter(())


class Answer(NamedTuple):
    """A status code with its headers and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    @property
    def retry_after(self) -> float:
        """Seconds that the server asks to wait, given as such or as a date (RFC 9110, section 10.2.3); 0 if none."""
        value = self.headers.get("Retry-After", "")
        if value.isascii() and value.isdecimal():
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return 0.0


def exchange(
    session: Session,
    method: str,
    url: str,
    *,
    timeout: tuple[float, float] = TIMEOUT_SECONDS,
    seconds: float = ANSWER_SECONDS,
    **request: Any,
) -> Answer:
    """Send a request once and read its answer.

    Raises:
        requests.RequestException: there is no answer, or it takes too long or is too large.
    """
    end = time.monotonic() + seconds
    with session.request(method, url, timeout=timeout, stream=True, **request) as response:
        content = b"".join(pieces(response, end, MAX_ANSWER_BYTES))
        return Answer(response.status_code, response.headers, content)


def pieces(response: requests.Response, end: float, max_bytes: float = math.inf) -> Iterator[bytes]:
    """The body as it arrives, up to a moment of the monotonic clock and a size.

    Raises:
        requests.RequestException: it is interrupted, takes too long or is too large.
    """
    size = 0
    # Unlike `iter_content`, this returns what has arrived, instead of waiting until a piece is full.
    while piece := _next_piece(response):
        size += len(piece)
        if size > max_bytes:
            raise requests.RequestException(f"the answer has more than {max_bytes} bytes")
        yield piece
        if time.monotonic() > end:
            raise requests.Timeout("the answer takes too long")


def _next_piece(response: requests.Response) -> bytes:
    try:
        piece: bytes = response.raw.read1(_PIECE_BYTES, decode_content=True)
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error
    return piece
