"""What a message looks like in Slack: Block Kit, within Slack's limits, and with nothing in it that acts as markup."""

import re
from collections.abc import Iterable
from typing import Any

from ...domain.notification import Notification
from .fitting import listed

# Slack takes 150 characters in a header, 3,000 in a text and 50 blocks.
MAX_HEADER = 140
MAX_TEXT = 2_900
MAX_IN_ALL = 10_000
# What phones and screen readers get.
MAX_FALLBACK = 1_000
_MAX_FOOT = 300
_LOUD = "\N{LARGE RED CIRCLE} "
_UNSAFE = re.compile(r"[\s|<>]")
_BROKEN_ENTITY = re.compile(r"&[a-z]{0,3}$")


def message(notification: Notification, stage: str) -> dict[str, Any]:
    """The blocks of a message, and the text for whoever does not see them; together at most 10,000 characters."""
    mark = _LOUD if notification.severity == "loud" else ""
    header, foot = _escaped(f"{mark}{notification.title}", MAX_HEADER), _escaped(_foot(notification, stage), _MAX_FOOT)
    fallback = _escaped(notification.text, MAX_FALLBACK)
    room = MAX_IN_ALL - len(header) - len(foot) - len(fallback)
    text = _escaped(notification.text, MAX_TEXT if notification.lines else room)
    lines = listed(notification.lines, room - len(text) - 1, _escaped)
    blocks = [
        {"type": "header", "text": _plain(header)},
        *({"type": "section", "text": _plain(part)} for part in _packed([*_divided(text), *lines])),
        {"type": "context", "elements": [_plain(foot), *_link(notification.page)]},
    ]
    return {"text": fallback, "blocks": blocks}


def _foot(notification: Notification, stage: str) -> str:
    parts = [f"{notification.at:%F %H:%M} UTC", f"stage {stage}"]
    return " · ".join([*parts, f"job {notification.job_id}"] if notification.job_id else parts)


def _link(page: str | None) -> list[dict[str, Any]]:
    """The only markup in a message; an address in which anything could end it is left out."""
    return [{"type": "mrkdwn", "text": f"<{_as_entities(page)}|Page>"}] if page and not _UNSAFE.search(page) else []


def _plain(text: str) -> dict[str, Any]:
    """Text without formatting: asterisks, backticks and colons mean nothing in it."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str, limit: int) -> str:
    """Slack turns <...> into links and mentions; names in a text must stay plain text."""
    whole = _as_entities(text)
    if len(whole) <= limit:
        return whole
    return f"{_BROKEN_ENTITY.sub('', whole[: limit - 1])}…"


def _as_entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _divided(escaped: str) -> list[str]:
    """Pieces that fit into a section each."""
    pieces = []
    while len(escaped) > MAX_TEXT:
        pieces.append(_BROKEN_ENTITY.sub("", escaped[:MAX_TEXT]))
        escaped = escaped[len(pieces[-1]) :]
    return [*pieces, escaped]


def _packed(pieces: Iterable[str]) -> list[str]:
    """As few sections as hold all pieces, each on a line of its own."""
    sections: list[str] = []
    for piece in pieces:
        if sections and len(sections[-1]) + 1 + len(piece) <= MAX_TEXT:
            sections[-1] += f"\n{piece}"
        else:
            sections.append(piece)
    return sections
