"""Records as small tables for notebooks: everything in them is text, and the colours are the notebook's own."""

from collections.abc import Iterable

_MAX_LETTERS = 300


def as_table(title: str, rows: Iterable[tuple[object, ...]]) -> str:
    """A title, and rows whose first cell says what is in the others; None is shown as a dash."""
    body = "".join(
        f"<tr>{''.join(f'<td style=text-align:left>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><caption style=text-align:left>{_text(title)}</caption><tbody>{body}</tbody></table>"


def _text(value: object) -> str:
    # Imported here: functions load this file with their records, and none of them shows a table.
    from html import escape

    shown = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    line = "".join(letter if letter.isprintable() else " " for letter in shown)
    return escape(line if len(line) <= _MAX_LETTERS else f"{line[:_MAX_LETTERS]}…")
