"""The commands that `auto-retrain` offers: each with its file, which is imported only when the command is given."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated, Any, Literal, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

# So far there is one deployment that has a name of its own.
Endpoint = Literal["local"]
# What a shell sets when it asks how a word may go on.
COMPLETION = "_AUTO_RETRAIN_COMPLETE"
# Set to 1, it means the same as --endpoint local with every command.
LOCAL = "AUTO_RETRAIN_LOCAL"


class Entry(NamedTuple):
    """A command, or a group of them: the file that has it, and a line about it."""

    file: str
    summary: str


COMMANDS = {
    "init": Entry("adoption", "propose a policy from a sample of a model's data"),
    "status": Entry("status", "show how the fleet or one model is, and what needs a person"),
    "models": Entry("models", "apply, list, show, pause and remove policies"),
    "why": Entry("why", "show the last decisions about a model, with their evidence"),
    "why-not": Entry("why", "show which triggers would start a retraining now, and what holds them back"),
    "retrain": Entry("retraining", "retrain a model now"),
    "retrained": Entry("retraining", "record that a model was retrained elsewhere"),
    "drift": Entry("drift", "judge drift now, without retraining"),
    "estimate": Entry("estimating", "estimate the champion's metrics before labels arrive"),
    "backtest": Entry("back_testing", "try a policy on the past, without training"),
    "jobs": Entry("jobs", "list the newest jobs"),
    "receipts": Entry("receipts", "show what retrainings cost"),
    "job": Entry("reviews", "show one job"),
    "explain": Entry("explaining", "show in three lines why a challenger was or was not promoted"),
    "follow": Entry("following", "show what a job does until it has ended"),
    "logs": Entry("following", "show the end of the log of a job's pods"),
    "reviews": Entry("status", "list the challengers that wait for a review"),
    "approve": Entry("reviews", "deploy a challenger that waits for a review"),
    "decline": Entry("reviews", "do not deploy a challenger that waits for a review"),
    "rollout": Entry("rollout", "show the rollout of a model, or step in"),
    "rollback": Entry("rollout", "take back what serves a model"),
    "acknowledge": Entry("acknowledge", "end the reminders about a champion that failed"),
    "drill": Entry("drill", "rehearse a rollback, and measure it"),
    "ledger": Entry("ledger", "show what served a model from when to when, and why"),
    "digest": Entry("digest", "show what retraining did lately, and what waits for a person"),
    "audit": Entry("audit", "verify, export or show what was recorded"),
    "replay": Entry("replaying", "compute a job's verdict again from the stored evidence"),
    "report": Entry("reporting", "write a page about a job or the fleet"),
    "local": Entry("local_stack", "start, stop or show the stack that runs on this machine"),
    "completion": Entry("completion", "let a shell complete commands and options"),
    "doctor": Entry("doctor", "check that a deployment has everything it needs, and no rights beyond that"),
}


class Commands(typer.Typer):
    """The commands of one file; with a name they are a group, whose commands are its verbs."""

    def __init__(self, name: str | None = None) -> None:
        # Nothing that people named may be read as markup, so the help is plain text.
        super().__init__(name=name, add_completion=False, rich_markup_mode=None)

    def add(self, name: str, example: str, summary: str | None = None) -> Callable[[Any], Any]:
        """Register a function as a command; its docstring is the help, the example is what follows `auto-retrain`."""
        return self.command(name, cls=Command, short_help=summary, epilog=f"Example: auto-retrain {example}")


class Command(TyperCommand):
    """A command whose usage names everything that it takes, and whose example can be copied."""

    def parse_args(self, context: Any, words: list[str]) -> list[str]:
        try:
            return super().parse_args(context, words)
        except typer.TyperException as error:
            # An option without its value does not say itself which command it belongs to.
            error.ctx = context  # type: ignore[attr-defined]
            raise

    def format_usage(self, context: Any, formatter: Any) -> None:
        words = " ".join(map(usage_of, arguments_of(self)))
        if words:
            formatter.write_usage(context.command_path, words, "Usage: ")
        else:
            # Without words after it, the formatter writes nothing at all.
            formatter.write(f"Usage: {context.command_path}\n")

    def format_options(self, context: Any, formatter: Any) -> None:
        rows = [(name_of(each), meaning_of(each)) for each in arguments_of(self)]
        if rows:
            with formatter.section("Arguments and options"):
                formatter.write_dl(rows)

    def format_epilog(self, context: Any, formatter: Any) -> None:
        formatter.write(f"\n{self.epilog}\n")


def arguments_of(command: Any) -> list[Any]:
    """What a command takes, except for the help: arguments first, then required options, then the rest."""
    return sorted(command.params, key=lambda each: (each.param_type_name == "option", not each.required))


def name_of(argument: Any) -> str:
    """An argument as it is given, such as `MODEL` or `--limit N`."""
    if argument.param_type_name == "argument":
        return str(argument.metavar)
    return argument.opts[0] if argument.is_flag else f"{argument.opts[0]} {argument.metavar}"


def usage_of(argument: Any) -> str:
    text = f"{name_of(argument)}..." if argument.nargs == -1 else name_of(argument)
    return text if argument.required else f"[{text}]"


def meaning_of(argument: Any) -> str:
    has_default = argument.default is not None and argument.default is not False
    return f"{argument.help} (default: {argument.default})" if has_default else str(argument.help)


class CommandLine(TyperGroup):
    """All commands; a file is imported when one of its commands is given, and not for a list of them."""

    def list_commands(self, context: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: Any, name: str) -> Any:
        """A command for lists, which knows only its name and its line."""
        return TyperCommand(name, short_help=COMMANDS[name].summary) if name in COMMANDS else None

    def resolve_command(self, context: Any, words: list[str]) -> Any:
        name, command, rest = super().resolve_command(context, words)
        return name, load(name) if name and command else None, rest

    def format_commands(self, context: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


def command_line() -> CommandLine:
    """The commands as the program reads them."""
    program: Any = get_group(_ROOT)
    # Only for what is suggested instead of a name with a typo.
    program.commands = dict.fromkeys(COMMANDS)
    return program  # type: ignore[no-any-return]


_ROOT = typer.Typer(
    name="auto-retrain",
    cls=CommandLine,
    help="Manage the models of one deployment.",
    epilog="'auto-retrain COMMAND --help' says more, with an example.",
    add_completion=False,
    rich_markup_mode=None,
)


@_ROOT.callback()
def _root(
    endpoint: Annotated[
        Endpoint | None,
        typer.Option(
            "--endpoint",
            metavar="local",
            help="use the stack that runs on this machine, as AUTO_RETRAIN_LOCAL=1 does (default: what the environment "
            "names)",
        ),
    ] = None,
) -> None:
    """The option is read where a command needs the deployment."""


def parse(words: Sequence[str]) -> None:
    """Check words as if they were given after `auto-retrain`, but run nothing; raises TyperException."""
    group: Any = command_line()
    context = group.make_context("auto-retrain", list(words))
    rest = [*context._protected_args, *context.args]
    while hasattr(group, "resolve_command"):
        name, group, rest = group.resolve_command(context, rest or [""])
        context = group.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]


def load(name: str) -> TyperCommand | TyperGroup:
    """A command or a group with all that it takes."""
    group = get_group(import_module(f".{COMMANDS[name].file}", __package__).commands)
    group.short_help = COMMANDS[name].summary
    command: Any = group if group.name == name else group.commands[name]
    command.short_help = COMMANDS[name].summary
    return command  # type: ignore[no-any-return]
