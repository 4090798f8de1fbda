"""Shows on a terminal that a command is at work which takes a while."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_work(what: str) -> Iterator[None]:
    """Until this ends, one moving line on standard error says what is done; nothing in a pipe or a file."""
    if not sys.stderr.isatty():
        yield
        return
    # Imported when there is a terminal: scripts need not wait for it.
    from rich.console import Console
    from rich.text import Text

    # Always as Text, never as a string, so that no name is read as markup.
    with Console(stderr=True).status(Text(what)):
        yield
