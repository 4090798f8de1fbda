"""`auto-retrain replay`: judges decisions and verdicts again from the stored evidence."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.errors import ArtifactInvalid
from ..domain.job import RetrainingJob
from ..ports import Ports
from ..usecases.lookup import job_or_newest
from .arguments import Json, id_of, limit_option, model_name, ports_of
from .commands import Commands
from .packages import packages_for_data
from .printing import moment, print_json, print_whole, say

if TYPE_CHECKING:
    from ..usecases.triggering.replay_decision import DecisionReplay
    from ..usecases.validating.proxy_check import ProxyReplay
    from ..usecases.validating.replay import Replay

SAME, DIFFERENT, UNKNOWN = 0, 1, 2

# Of a job that was never validated, with the keys of one that was.
_WITHOUT_VERDICT = {"sealed": None, "replayed": None, "differences": ()}

commands = Commands()


@commands.add("replay", "replay churn-0123456789")
def replay(
    context: typer.Context,
    job: Annotated[
        str | None,
        typer.Argument(metavar="JOB", parser=id_of("job"), help="id of the job, or a model's name for its newest job"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="MODEL", parser=model_name, help="the last decisions about this model instead"),
    ] = None,
    limit: Annotated[int, limit_option()] = 20,
    as_json: Json = False,
) -> int:
    """Judge again, from the stored evidence and with the policy of that time: the decision that opened a job, and the
    verdicts on its proxy and on its challenger. With --model, judge the last decisions about a model again, also those
    against retraining. Exits with 1 and names what differs if the result is not the same, and with 2 if nothing was
    kept of what a decision was judged on. Of a job without a verdict, such as one that broken data ended, the decision
    is judged again."""
    if (job is None) == (model is None):
        raise typer.BadParameter("give a JOB, or --model MODEL", ctx=context)
    with packages_for_data("replay"):
        if model:
            return _replay_decisions(model, limit, as_json, ports_of(context))
        return _replay_job(job or "", as_json, ports_of(context))


def _replay_decisions(model: str, limit: int, as_json: bool, ports: Ports) -> int:
    from ..usecases.triggering.replay_decision import replay_decisions

    replays = replay_decisions(model, limit, ports)
    if as_json:
        print_json(replays)
    for each in [] if as_json else replays:
        _print_decision(f"{moment(each.recorded.event_time)}  {each.recorded.trigger_type.value}", each)
    if any(each.differences for each in replays):
        return DIFFERENT
    return SAME if all(each.is_same for each in replays) else UNKNOWN


def _replay_job(job: str, as_json: bool, ports: Ports) -> int:
    from ..usecases.triggering.replay_decision import replay_opening
    from ..usecases.validating.proxy_check import replay_proxy
    from ..usecases.validating.replay import replay_validation

    record = job_or_newest(job, ports)
    opening, proxy = replay_opening(record.job_id, ports), replay_proxy(record, ports)
    verdict, problem = None, None
    try:
        verdict = replay_validation(record.job_id, ports) if record.validation else None
    except ArtifactInvalid as error:
        problem = error
    if as_json:
        about = verdict.model_dump(mode="json") if verdict else _WITHOUT_VERDICT | {"job_id": record.job_id}
        about |= {"proxy": proxy.model_dump(mode="json") if proxy else None}
        print(json.dumps({**about, "decision": opening.model_dump(mode="json")}, indent=2))
    else:
        _print_decision(record.job_id, opening)
        if proxy:
            _print_proxy(record.job_id, proxy)
        if verdict:
            _print_verdict(verdict)
        elif not record.validation and not proxy:
            say(f"{record.job_id}: {_why_no_verdict(record)}")
    if problem:
        raise problem
    if opening.differences or any(each and not each.is_same for each in (proxy, verdict)):
        return DIFFERENT
    return SAME if opening.is_same else UNKNOWN


def _why_no_verdict(job: RetrainingJob) -> str:
    if job.ending is None:
        return "no verdict yet; it is still open"
    return f"no verdict to judge again: {job.summary()}"


def _print_decision(subject: str, replay: "DecisionReplay") -> None:
    recorded, replayed = replay.recorded, replay.replayed
    outcome = f"{recorded.outcome}{_held(recorded.held_by)}"
    if replay.is_same:
        say(f"{subject}: the same decision, {outcome}, {_how(replay.has_same_words)}")
        print_whole(recorded.decision_hash)
    elif replayed:
        now = f"{replayed.outcome}{_held(replayed.held_by)}"
        say(f"{subject}: NOT the same: {outcome}, replayed {now}")
    else:
        say(f"{subject}: {outcome}, not judged again")
    _print_details(replay.has_other_statistics and not replay.is_same, replay.differences)
    if replay.not_judged:
        say(f"  {replay.not_judged}")


def _print_proxy(job: str, replay: "ProxyReplay") -> None:
    sealed, replayed = (_word_of_proxy(each.refused) for each in (replay.sealed, replay.replayed))
    if replay.is_same:
        say(f"{job}: the same verdict on its proxy, {sealed}, {_how(replay.has_same_words)}")
        print_whole(replay.replayed.check_hash)
        return
    say(f"{job}: NOT the same: its proxy {sealed}, replayed {replayed}")
    _print_details(replay.has_other_statistics, replay.differences)


def _word_of_proxy(refused: str | None) -> str:
    return "refused" if refused else "let through"


def _print_verdict(replay: "Replay") -> None:
    if replay.is_same:
        say(f"{replay.job_id}: the same verdict, {replay.sealed.decision.value}, {_how(replay.has_same_words)}")
        print_whole(replay.replayed.validation_hash)
        return
    say(f"{replay.job_id}: NOT the same: {replay.sealed.decision.value}, replayed {replay.replayed.decision.value}")
    _print_details(replay.has_other_statistics, replay.differences)


def _print_details(has_other_statistics: bool, differences: tuple[str, ...]) -> None:
    if has_other_statistics:
        say("  it was sealed by a release that computed some numbers in another way; see docs/limits.md")
    for difference in differences:
        say(f"  {difference}")


def _how(has_same_words: bool) -> str:
    return "with the same hash" if has_same_words else "in other words than those of the release that sealed it"


def _held(by: str | None) -> str:
    return f" by {by}" if by else ""
