"""`auto-retrain completion SHELL`, and the answers to a shell that asks how a word may go on."""

from typing import Annotated

import typer
from typer.completion import completion_init, get_completion_script  # type: ignore[attr-defined]
from typer.core import TyperGroup

from .arguments import one_of
from .commands import COMPLETION, Commands

SHELLS = ("bash", "zsh", "fish")
# Unless somebody asks for it, zsh has no commands for completion.
_ZSH_COMPLETES = "whence compdef > /dev/null || { autoload -Uz compinit && compinit }"

commands = Commands()


@commands.add("completion", "completion bash")
def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", parser=one_of(SHELLS), help=f"one of: {', '.join(SHELLS)}")],
) -> None:
    """Print what a shell has to read so that it completes commands and options: for bash append it to ~/.bashrc, for
    zsh to ~/.zshrc, for fish write it to ~/.config/fish/completions/auto-retrain.fish."""
    script = get_completion_script(prog_name="auto-retrain", complete_var=COMPLETION, shell=shell)
    print(f"{_ZSH_COMPLETES}\n{script}" if shell == "zsh" else script)


def complete(program: TyperGroup) -> int:
    """Answer the shell that asks in the environment."""
    completion_init()
    try:
        program.main([], "auto-retrain", COMPLETION)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
