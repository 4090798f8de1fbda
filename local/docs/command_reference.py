"""Every command with its arguments and options, from the command line that reads them."""

from collections.abc import Iterator
from typing import Any

from auto_retrain.cli.commands import COMMANDS, arguments_of, load, meaning_of, name_of, usage_of
from local.docs.markdown import code, paragraph, table


def render() -> str:
    """A section for each command."""
    return "\n\n".join(_section(name, command) for name, command in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """The commands that can be given, in the order of the help, each with all words of its name."""
    for name in COMMANDS:
        command: Any = load(name)
        verbs = getattr(command, "commands", None)
        if verbs:
            yield from ((f"auto-retrain {name} {verb}", each) for verb, each in verbs.items())
        else:
            yield f"auto-retrain {name}", command


def _section(name: str, command: Any) -> str:
    rows = [(code(name_of(each)), meaning_of(each)) for each in arguments_of(command)]
    usage = paragraph(" ".join([name, *map(usage_of, arguments_of(command))]))
    parts = [f"## {name}", paragraph(command.help), f"```text\n{usage}\n```", paragraph(_example(command))]
    return "\n\n".join([*parts, *([table(("argument", "meaning"), rows)] if rows else [])])


def _example(command: Any) -> str:
    title, _, line = command.epilog.partition(": ")
    return f"{title}: {code(line)}"
