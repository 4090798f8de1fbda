"""Proposes a policy for a model that somebody trains already."""

from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from pydantic import ValidationError

from ...domain.base import StrictRecord
from ...domain.columns import Sample
from ...domain.dated_rows import passed_over
from ...domain.errors import EventInvalid, RegistryRefused, SettingMissing
from ...domain.explain import explain, shown
from ...domain.layouts import Layout
from ...domain.policy.data import Prefix
from ...domain.text import listed
from ...ports import Ports
from ...proposing.metrics import cloudwatch_metric, prometheus_gauge
from ...proposing.policy_text import MORE_ROWS, Proposal, Subject, write_proposal
from ...proposing.roles import Choice, Known, Roles, propose_date_column, propose_roles
from ...proposing.traffic import propose_routing
from .look_at_data import Seen, look_at_data

# Of the columns that a refusal names.
MAX_LISTED = 20


class Request(NamedTuple):
    """What a person says of the model; what they do not say is looked for.

    `version` is a registered version, or `champion`, whose signature names the features. Without a `sample`, which has
    a name and a file, the newest object under the prefix is read, which is the model's name unless one is given.
    `traffic` names an adapter of `deployment.traffic`.
    """

    model_name: str
    owner: str
    prefix: str | None = None
    sample: tuple[str, IO[bytes]] | None = None
    row_id: str | None = None
    label: str | None = None
    version: str | None = None
    cloudwatch: str | None = None
    prometheus: str | None = None
    traffic: str | None = None


class _Place(StrictRecord):
    """A prefix as a policy has it."""

    prefix: Prefix


class Proposed(NamedTuple):
    """A policy as text with the roles in it."""

    proposal: Proposal
    roles: Roles
    sample: Sample


def propose_policy(request: Request, ports: Ports) -> Proposed:
    """Look at a sample and, if a version is named, at its signature; nothing is written.

    Raises:
        EventInvalid: neither a sample nor a data bucket is given, no policy may have the prefix, or a column is not in
            the sample.
        DataInvalid, DataMissing: there is no sample that can be read.
        RegistryRefused: there is no such version.
    """
    if request.prefix:
        request = request._replace(prefix=_prefix(request.prefix))
    seen = _seen(request, ports)
    sample = seen.sample
    known = Known(request.row_id, request.label, _inputs(request, ports))
    _check_columns(known, sample)
    roles = propose_roles(sample, known)
    if not (roles.numeric or roles.categorical):
        raise EventInvalid(f"'{sample.name}': no column can be a feature{_why(sample, roles)}")
    date_column = propose_date_column(sample) if seen.layout is Layout.COLUMN else None
    subject = Subject(
        model_name=request.model_name,
        owner=request.owner,
        prefix=request.prefix or request.model_name,
        metric=_metric(request),
        stage=_stage(ports),
        layout=seen.layout,
        date_column=date_column,
        to_check=(*seen.to_check, *_passed_over(sample, date_column, ports)),
        routing=propose_routing(request.traffic, request.model_name) if request.traffic else None,
    )
    return Proposed(write_proposal(subject, sample, roles), roles, sample)


def _passed_over(sample: Sample, date_column: Choice | None, ports: Ports) -> tuple[str, ...]:
    today = ports.clock.now().date()
    told = [
        passed_over(column.name, column.days, today)
        for column in sample.columns
        if date_column and column.name == date_column.value
    ]
    return tuple(sentence for sentence in told if sentence)


def _prefix(given: str) -> str:
    try:
        return _Place(prefix=given).prefix
    except ValidationError as error:
        raise EventInvalid(f"--{explain(error, _Place)}") from error


def _metric(request: Request) -> Mapping[str, Any] | None:
    if request.cloudwatch:
        return cloudwatch_metric(request.cloudwatch)
    return prometheus_gauge(request.prometheus, request.model_name) if request.prometheus else None


def _stage(ports: Ports) -> str:
    """The stage, or a word to be replaced: a policy can be proposed before anything is deployed."""
    try:
        return ports.stage
    except SettingMissing:
        return "STAGE"


def _why(sample: Sample, roles: Roles) -> str:
    if sample.few:
        return f": {sample.few}; {MORE_ROWS}"
    return "".join(f"; {column.value}: {column.reason}" for column in roles.left_out[:5])


def _seen(request: Request, ports: Ports) -> Seen:
    if request.sample:
        name, file = request.sample
        not_seen = "data.prefix and data.layout: the data bucket was not looked at; the next command does"
        sample = ports.samples.read(name, file)
        return Seen(sample, Layout.DATE, (not_seen, *_as_one_table(sample)))
    try:
        return look_at_data(request.prefix or request.model_name, ports)
    except SettingMissing as error:
        raise EventInvalid(f"--sample: give a file with some rows; the data bucket cannot be read: {error}") from error


def _as_one_table(sample: Sample) -> Iterator[str]:
    """A file with dates may be the whole table, which a policy has to say."""
    dated = next((column.name for column in sample.columns if column.kind == "time"), None)
    if dated:
        yield (
            "data.layout: if all days are in one Parquet table, not in a folder for each day, set layout: column and "
            f"date_column: {shown(dated)}"
        )


def _inputs(request: Request, ports: Ports) -> tuple[str, ...]:
    if request.version is None:
        return ()
    version: str | None = request.version
    if version == "champion":
        version = ports.registry.champion(request.model_name)
    if version is None:
        raise RegistryRefused(f"'{request.model_name}' has no version with the alias 'champion'; give a number")
    return ports.registry.inputs(request.model_name, version)


def _check_columns(known: Known, sample: Sample) -> None:
    names = {column.name for column in sample.columns}
    for option, name in (("--row-id", known.row_id), ("--label", known.label)):
        if name is not None and name not in names:
            raise EventInvalid(f"{option} {shown(name)}: not a column of '{sample.name}'; it has {_listed(names)}")
    if known.row_id is not None and known.row_id == known.label:
        raise EventInvalid(f"--label {shown(known.label)}: is also --row-id; a column can have only one role")
    missing = [name for name in known.inputs if name not in names]
    if missing:
        raise EventInvalid(f"'{sample.name}' lacks inputs of the model: {_listed(missing)}; it has {_listed(names)}")


def _listed(names: set[str] | list[str]) -> str:
    return listed(sorted(names), MAX_LISTED)
