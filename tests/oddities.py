"""Objects in which something is missing, null or of another kind than it should be."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from rfc8785 import CanonicalizationError, dumps

Path = tuple[str | int, ...]

_DROPPED = object()
_ODD: list[Any] = [_DROPPED, None, "", "odd", -1, 10**30, True, [], [None], {}, {"odd": None}]


def paths(body: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of everything in a JSON value."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in items:
        yield (*path, name)
        yield from paths(value, (*path, name))


@st.composite
def odd(draw: st.DrawFn, body: Any, most: int = 3) -> Any:
    """A copy of a JSON value with a few oddities."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, most))):
        places = list(paths(body))
        if places:
            *parents, name = draw(st.sampled_from(places))
            _put(_at(body, parents), name, draw(st.sampled_from(_ODD)))
    return body


def has_canonical_text(body: Any) -> bool:
    """Whether canonical JSON can hold the value: a number beyond 2 ** 53 is none that it knows."""
    try:
        dumps(body)
    except CanonicalizationError:
        return False
    return True


def _at(body: Any, path: list[str | int]) -> Any:
    for name in path:
        body = body[name]
    return body


def _put(parent: Any, name: str | int, value: Any) -> None:
    if value is _DROPPED:
        del parent[name]
    else:
        parent[name] = copy.deepcopy(value)
