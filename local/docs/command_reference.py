"""Every command with its arguments and options, from the parser that reads them."""

from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator

from auto_retrain.cli.__main__ import command_line
from local.docs.markdown import code, paragraph, table


def render() -> str:
    """A section for each command."""
    return "\n\n".join(_section(parser) for parser in commands(command_line()))


def commands(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """The parsers of the commands that can be given, in the order of the help."""
    below = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
    for action in below:
        for command in action.choices.values():
            yield from commands(command)
    if not below:
        yield parser


def arguments(parser: ArgumentParser) -> list[Action]:
    """What a command takes, except for the help: arguments first, then required options, then the rest."""
    taken = [action for action in parser._actions if action.dest != "help"]
    return sorted(taken, key=lambda action: (bool(action.option_strings), not action.required))


def _section(parser: ArgumentParser) -> str:
    rows = [(code(_name(action)), _help(action)) for action in arguments(parser)]
    parts = [f"## {parser.prog}", paragraph(parser.description or ""), f"```text\n{_usage(parser)}\n```"]
    return "\n\n".join([*parts, *([table(("argument", "meaning"), rows)] if rows else [])])


def _usage(parser: ArgumentParser) -> str:
    exclusive = [group._group_actions for group in parser._mutually_exclusive_groups]
    together = {id(action): actions for actions in exclusive for action in actions}
    words = dict.fromkeys(_alternatives(together.get(id(action), [action])) for action in arguments(parser))
    return paragraph(" ".join([parser.prog, *words]))


def _alternatives(actions: list[Action]) -> str:
    text = " | ".join(f"{_name(action)}..." if action.nargs == "+" else _name(action) for action in actions)
    return text if actions[0].required else f"[{text}]"


def _name(action: Action) -> str:
    return " ".join([*action.option_strings[:1], *([] if action.nargs == 0 else [str(action.metavar)])])


def _help(action: Action) -> str:
    return (action.help or "") % vars(action)
