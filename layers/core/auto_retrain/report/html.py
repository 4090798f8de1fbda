"""Pieces of HTML, in which everything that comes from outside is text and never markup."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

from ..domain.numbers import shown_number
from .style import STYLE

NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
NOT_KNOWN = "-"
_MAX_LETTERS = 500


def text(value: object) -> str:
    """A value as text, cut short, and without invisible characters."""
    shown = str(value)
    if not shown.isprintable():
        shown = "".join(letter if letter.isprintable() else " " for letter in shown)
    return escape(shown if len(shown) <= _MAX_LETTERS else shown[:_MAX_LETTERS] + "…")


def number(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{value:,.1f}" if 1e3 <= abs(value) < 1e6 else shown_number(value)


def interval(bounds: tuple[float, float] | None) -> str:
    return NOT_KNOWN if bounds is None else f"{number(bounds[0])} … {number(bounds[1])}"


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    marked: frozenset[int] = frozenset(),
    *,
    stacked: bool = False,
) -> str:
    """A table that scrolls by itself where it is too wide; cells are HTML already, rows are marked by their place.

    On a phone the cells of one that is `stacked` stand below each other, each with its heading.
    """
    head = "".join(f"<th>{text(heading)}</th>" for heading in headings)
    names = headings if stacked else [""] * len(headings)
    body = "".join(
        f"<tr{' class=marked' if place in marked else ''}>{''.join(map(_cell, names, row))}</tr>"
        for place, row in enumerate(rows)
    )
    kind = " class=stacked" if stacked else ""
    return f"<div class=wide><table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(name: str, cell: str) -> str:
    return f"<td data-name='{text(name)}'>{cell}</td>" if name else f"<td>{cell}</td>"


def links(*pairs: tuple[str, str]) -> str:
    """Words and the addresses that they lead to."""
    return " · ".join(f"<a href='{text(address)}'>{text(words)}</a>" for words, address in pairs)


def section(title: str, *parts: str) -> str:
    content = "".join(part for part in parts if part)
    return f"<section><h2>{text(title)}</h2>{content}</section>" if content else ""


def paragraph(content: str) -> str:
    return f"<p>{content}</p>"


def definitions(*pairs: tuple[str, str]) -> str:
    """Names and what they stand for; the latter are HTML already."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>"


def document(title: str, *parts: str, script: str = "") -> str:
    """A whole page, which fetches nothing; the parts are HTML already, and this very script alone may run."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"{NOTHING_FROM_ELSEWHERE}; script-src 'sha256-{digest}'" if script else NOTHING_FROM_ELSEWHERE
    code = f"<script>{script}</script>" if script else ""
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv=Content-Security-Policy content="{policy}">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>{''.join(parts)}{code}</body></html>"
    )
