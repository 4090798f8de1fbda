"""`auto-retrain init`: proposes a policy for a model that somebody trains already."""

from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from ..domain.errors import EventInvalid
from ..domain.explain import shown
from ..domain.policy.traffic import CAPABILITIES
from .arguments import MAX_ACTOR_LENGTH, Model, actor_or_user, number_up_to, ports_of, refuse_both, text_up_to
from .commands import Commands
from .packages import packages_for_data
from .pages import writable
from .printing import print_whole, say

commands = Commands()

# Those that need settings.
ADAPTERS = tuple(adapter for adapter in CAPABILITIES if adapter != "alias")
_MAX_COLUMN_LENGTH, _MAX_PREFIX_LENGTH, _MAX_QUERY_LENGTH = 128, 255, 1024


def _version(text: str) -> str:
    """The champion or a number; raises BadParameter."""
    return text if text == "champion" else str(number_up_to(999_999)(text))


def _adapter(text: str) -> str:
    """What can route requests besides the default; raises BadParameter."""
    if text not in ADAPTERS:
        raise typer.BadParameter(f"{shown(text)} is none of {', '.join(ADAPTERS)}")
    return text


def _text(name: str, metavar: str, help: str, max_length: int) -> Any:
    return typer.Option(name, metavar=metavar, parser=text_up_to(max_length), help=help)


@commands.add("init", "init churn --sample churn.csv --label left")
def init(
    context: typer.Context,
    model: Model,
    sample: Annotated[
        Path | None,
        typer.Option("--sample", metavar="FILE", help="some rows, CSV or Parquet (default: the newest under --prefix)"),
    ] = None,
    prefix: Annotated[
        str | None,
        _text("--prefix", "PREFIX", "folder in the data bucket (default: the model's name)", _MAX_PREFIX_LENGTH),
    ] = None,
    row_id: Annotated[
        str | None,
        _text("--row-id", "COLUMN", "column that identifies each row (default: proposed)", _MAX_COLUMN_LENGTH),
    ] = None,
    label: Annotated[
        str | None, _text("--label", "COLUMN", "column to predict (default: proposed)", _MAX_COLUMN_LENGTH)
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version",
            metavar="VERSION",
            parser=_version,
            help="a version in MLflow, or 'champion': the inputs in its signature are the features",
        ),
    ] = None,
    cloudwatch: Annotated[
        str | None,
        _text("--cloudwatch", "NAMESPACE/NAME", "its metric in production, if CloudWatch has it", _MAX_QUERY_LENGTH),
    ] = None,
    prometheus: Annotated[
        str | None,
        _text("--prometheus", "GAUGE{…}", "its metric in production, if Prometheus has it", _MAX_QUERY_LENGTH),
    ] = None,
    traffic: Annotated[
        str | None,
        typer.Option(
            "--traffic",
            metavar="ADAPTER",
            parser=_adapter,
            help=f"what routes its requests: {', '.join(ADAPTERS)} (default: serving follows the alias in MLflow)",
        ),
    ] = None,
    owner: Annotated[
        str | None, _text("--owner", "WHO", "whom messages name (default: your user name)", MAX_ACTOR_LENGTH)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", callback=writable, help="where to write the policy (default: MODEL.yaml)"
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite an existing file")] = False,
) -> None:
    """Write a policy for a model from a sample of its data. Every proposal has its reason beside it; what could not be
    known is listed at the top, and printed. With a target in the cluster, the rights that it needs there are written as
    well. Nothing is applied."""
    refuse_both(context, "--cloudwatch", "--prometheus")
    target = output or Path(f"{model}.yaml")
    rbac = target.with_name(f"{target.stem}-rbac.yaml")
    for file in (target, rbac) if traffic else (target,):
        if file.exists() and not force:
            raise EventInvalid(f"--output {shown(str(file))}: exists already; name another file, or give --force")
    with packages_for_data("init"), ExitStack() as files:
        from ..usecases.operating.propose_policy import Request, propose_policy

        request = Request(
            model_name=model,
            owner=actor_or_user(owner),
            prefix=prefix,
            sample=(str(sample), files.enter_context(_opened(sample))) if sample else None,
            row_id=row_id,
            label=label,
            version=version,
            cloudwatch=cloudwatch,
            prometheus=prometheus,
            traffic=traffic,
        )
        proposed = propose_policy(request, ports_of(context))
    _write(target, proposed.proposal.text)
    roles = proposed.roles
    say(f"{target}: {len(roles.numeric)} numeric and {len(roles.categorical)} categorical features; please look at:")
    for sentence in proposed.proposal.to_check:
        say(f"- {sentence}")
    if proposed.proposal.rbac:
        _write(rbac, proposed.proposal.rbac)
        say(f"{rbac}: rights of the functions in the cluster; kubectl apply -f {rbac}")
    print_whole(f"Next: auto-retrain models check {target} --data")


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise EventInvalid(f"--sample {shown(str(path))}: cannot be read: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EventInvalid(f"--output {shown(str(path))}: cannot be written: {error.strerror}") from error
