"""The serving record of a model: the truth about what serves; aliases and traffic follow it.

It changes only by the named steps below. Each gives the next record and the ledger line about the change, which are
written together, so there is never one without the other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from .analysis import RolloutEvidence
from .base import Record, UtcTime
from .deployment_ledger import Change, LedgerLine
from .errors import ServingConflict
from .job import RetrainingJob
from .model_version import ModelVersion
from .people import SYSTEM_ACTOR
from .rollout import Applied, Intervention, LiveDrill, Outcome, RolledBack, Rollout, RolloutEnding
from .traffic import DesiredRoute
from .watch import TIME_FOR_A_LEVEL, Alert, Final, Level, Watch

MAX_ROLLED_BACK = 50
NOT_READ_BACK = "not read back yet"
# Who moves an alias gives no name.
SOMEBODY_ELSE = "somebody else"
_UNWATCHED: dict[str, Any] = {"watch": None, "final": None}


class ServingRecord(Record):
    """What serves a model. `sequence` numbers the newest ledger line; `revision` counts every write.

    `champion` and `previous` are the lines that put these versions there. A `conflict` says, in words for people, how
    alias or traffic differ from this record although we did not move them; what somebody else did stays. `told_at` is
    when people were last told that alias or traffic do not follow, until they have been told that they do. While there
    is a `watch`, the promotion is provisional; `final` says how it became final. `alert` is about the champion that
    failed last, and `failures` counts those in a row that failed after their promotion. `known_level` is that of a
    champion that was put back. While it `overrules`, a person's command is newer than whatever alias and traffic are:
    it replaces that, until it has been read back. During a `drill` the champion stays what it is, although it answers
    no request; any other change ends the drill. `drilled_at` is when a drill last began or ended.
    """

    model_name: str
    revision: int = 0
    sequence: int = 0
    champion: LedgerLine | None = None
    previous: LedgerLine | None = None
    rollout: Rollout | None = None
    ended: RolloutEnding | None = None
    rolled_back: tuple[RolledBack, ...] = ()
    applied: Applied | None = None
    conflict: str | None = None
    told_at: UtcTime | None = None
    watch: Watch | None = None
    final: Final | None = None
    alert: Alert | None = None
    failures: int = 0
    known_level: Level | None = None
    overrules: bool = False
    drill: LiveDrill | None = None
    drilled_at: UtcTime | None = None

    @property
    def champion_number(self) -> str | None:
        """The version that serves; None for a model without a champion."""
        return self.champion.version.number if self.champion else None

    @property
    def desired(self) -> DesiredRoute | None:
        """What traffic should be; None for a model without a champion."""
        if self.champion is None:
            return None
        rollout = self.rollout
        return DesiredRoute(
            champion=self.drill.target if self.drill else self.champion.version,
            challenger=rollout.challenger if rollout else None,
            weight=rollout.weight if rollout else 0,
            mirror_share=rollout.mirror_share if rollout else 0,
        )

    @property
    def is_open(self) -> bool:
        """Whether somebody must look at it again: it rolls out, is drilled, or alias or traffic do not follow it."""
        is_passing = self.rollout is not None or self.drill is not None
        return is_passing or self.conflict is not None or not self.is_applied

    @property
    def is_watched(self) -> bool:
        """Whether its champion is judged, or people do not know yet about the last one that failed."""
        return self.watch is not None or (self.alert is not None and not self.alert.is_over)

    def watches(self, version: str) -> bool:
        """Whether this version is the champion, and judged."""
        return self.watch is not None and self.champion_number == version

    @property
    def is_applied(self) -> bool:
        """Whether alias and traffic were last read back as this record wants them."""
        if self.desired is None:
            return True
        applied = self.applied
        if applied is None or applied.pending or applied.alias != self.desired.champion.number:
            return False
        return applied.route is None or applied.route.follows(self.desired)

    @property
    def is_settled(self) -> bool:
        """Whether alias and traffic are as this record wants them, and nobody else moved them."""
        return self.is_applied and self.conflict is None

    @property
    def difference(self) -> str | None:
        """Why alias and traffic are not as this record wants them, in words for people."""
        if self.is_applied:
            return self.conflict
        pending = self.applied.pending if self.applied else None
        known = pending if pending != NOT_READ_BACK else None
        return self.conflict or known or "alias or traffic do not follow the record yet"

    @property
    def trained_champion(self) -> LedgerLine | None:
        """The line that put the champion there, if one of our jobs trained it."""
        return self.champion if self.champion and self.champion.windows else None

    def rollout_of_job(self, job_id: str) -> Rollout | None:
        """The rollout under way, if it is that of this job."""
        return self.rollout if self.rollout and self.rollout.job_id == job_id else None

    def ending_of_job(self, job_id: str) -> RolloutEnding | None:
        """How the last rollout ended, if it was that of this job."""
        return self.ended if self.ended and self.ended.job_id == job_id else None

    def evidence_among(self, by_model: Mapping[str, RolloutEvidence]) -> RolloutEvidence | None:
        """That of this very rollout; what an earlier one has shown says nothing about it."""
        evidence = by_model.get(self.model_name)
        is_own = evidence and self.rollout and evidence.rollout_id == self.rollout.job_id
        return evidence if is_own else None

    def is_rolled_back(self, version: str) -> bool:
        """Whether a version was taken back and is not offered again."""
        return any(each.version == version for each in self.rolled_back)

    @property
    def taken_back_at(self) -> datetime | None:
        """When something was last taken back, if nothing else has been put there since."""
        if self.champion is None:
            return None
        since, ended = self.champion.deployed_at, self.ended
        if ended and ended.outcome == "rolled_back" and ended.at >= since:
            return ended.at
        return since if self.champion.change == "rolled_back" else None

    @property
    def changed_at(self) -> datetime | None:
        """When what should serve was last changed, apart from weights within a step."""
        times = [self.champion.deployed_at] if self.champion else []
        times += [self.rollout.since] if self.rollout else []
        times += [self.ended.at] if self.ended else []
        times += [self.drilled_at] if self.drilled_at else []
        return max(times, default=None)

    def next_revision(self) -> Self:
        """The revision to be saved next."""
        return self.changed(revision=self.revision + 1)

    def adopted(self, version: ModelVersion, reason: str, at: datetime) -> "ServingChange":
        """Somebody else let this version serve, before we knew the model or meanwhile; a rollout ends where it is."""
        ended = self._ended("conflict", reason, at) if self.rollout else self.ended
        kept = tuple(each for each in self.rolled_back if each.version != version.number)
        line = self._line("adopted", version, reason, at)
        known = self.changed(rolled_back=kept, conflict=None)
        changes = {**_UNWATCHED, "known_level": None, "alert": self._superseded(version, at), "previous": self.champion}
        changes |= {"failures": max(0, self.failures - 1)} if self._replaced(version.number) else {}
        changes |= known._taken_back_by_hand(version, reason, at)
        return known._change(line, champion=line, rollout=None, ended=ended, **changes)

    def _taken_back_by_hand(self, version: ModelVersion, reason: str, at: datetime) -> dict[str, Any]:
        """Whoever lets the version before serve again while the champion is watched has found it bad, and knows."""
        if self.watch is None or self.champion is None or self.watch.predecessor != version.number:
            return {}
        taken_back = RolledBack(version=self.champion.version.number, reason=reason, at=at)
        return {
            "previous": None,
            "rolled_back": (*self.rolled_back, taken_back)[-MAX_ROLLED_BACK:],
            "alert": self._alert(SOMEBODY_ELSE, reason, at),
            "failures": self.failures + 1,
            "known_level": self.watch.level,
        }

    def rolling_out(self, rollout: Rollout, actor: str, reason: str, at: datetime) -> "ServingChange":
        """A rollout begins."""
        change: Change = "mirror" if rollout.mirror_share else "weight"
        return self._with_rollout(rollout, change, actor, reason, at)

    def weighted(self, weight: int, step: int, actor: str, reason: str, at: datetime) -> "ServingChange":
        """The challenger answers another share of the requests; the step may stay the same."""
        rollout = self._rolling()
        since = rollout.since if step == rollout.step else at
        moved = rollout.changed(weight=weight, step=step, since=since, weighted_at=at)
        return self._with_rollout(moved, "weight", actor, reason, at)

    def promoted(
        self,
        version: ModelVersion,
        job: RetrainingJob,
        actor: str,
        reason: str,
        at: datetime,
        watched_for: timedelta = timedelta(),
    ) -> "ServingChange":
        """A job's challenger is the champion from now on; provisionally, while it is watched.

        A job took as long in the time of its event as by the clock: a year that is replayed today stays in that year.
        """
        since = job.event_time + (at - job.created_at)
        watch = self._watch(since, watched_for)
        line = self._line(
            "promoted",
            version,
            reason,
            at,
            actor=actor,
            job_id=job.job_id,
            windows=job.windows,
            serves_since=since,
            watched_until=watch.until if watch else None,
        )
        ended = RolloutEnding(job_id=job.job_id, outcome="promoted", reason=reason, at=at)
        return self._change(
            line,
            champion=line,
            previous=self.champion,
            rollout=None,
            ended=ended,
            watch=watch,
            final=None if watch else Final(reason="it is not watched", at=since),
            failures=self.failures if watch else 0,
            known_level=None,
            alert=self._superseded(version, at),
        )

    def _watch(self, since: datetime, watched_for: timedelta) -> Watch | None:
        """A first champion is not watched: it has no predecessor to be compared with, or to go back to."""
        if self.champion is None or not watched_for:
            return None
        return Watch(
            predecessor=self.champion.version.number,
            predecessor_since=self.champion.since,
            level=self.known_level if since - self.champion.since < TIME_FOR_A_LEVEL else None,
            since=since,
            until=since + watched_for,
        )

    def _superseded(self, version: ModelVersion, at: datetime) -> Alert | None:
        """Nobody needs reminders any more of a champion that failed, once another one was promoted."""
        reason = f"version {version.number} was put into production"
        return self.alert and self.alert.acknowledged_by(SYSTEM_ACTOR, reason, at)

    def aborted(self, actor: str, reason: str, at: datetime) -> "ServingChange":
        """The challenger is taken back before it became the champion; it is not offered again."""
        rollout = self._rolling()
        line = self._same_champion("ended", actor, reason, at)
        taken_back = RolledBack(version=rollout.challenger.number, reason=reason, at=at)
        return self._change(
            line,
            rollout=None,
            ended=self._ended("rolled_back", reason, at),
            rolled_back=(*self.rolled_back, taken_back)[-MAX_ROLLED_BACK:],
            watch=self._watch_after(rollout, at),
        )

    def _watch_after(self, rollout: Rollout, at: datetime) -> Watch | None:
        """The watch goes on after a rollout that ended without a new champion."""
        return self._watch_mixed(rollout.started_at, at) if rollout.has_answered else self.watch

    def _watch_mixed(self, since: datetime, until: datetime) -> Watch | None:
        """The watch after a time, by the clock, in which others may have answered beside the champion."""
        if self.watch is None or self.champion is None:
            return self.watch
        to_events = self.champion.since - self.champion.deployed_at
        return self.watch.mixed_during(since + to_events, until + to_events)

    def rolled_back_to(
        self, target: LedgerLine, actor: str, reason: str, at: datetime, event_time: datetime | None = None
    ) -> "ServingChange":
        """An earlier champion serves again; the present one, and a challenger beside it, are not offered again.

        A person may name a version that was taken back itself: then it is offered again, and if the present champion
        replaced it in that rollback, it is not blamed. `event_time` is when it failed in the time of events, if that is
        another one.
        """
        is_undone = self._replaced(target.version.number)
        bad = [line.version.number for line in (self.champion,) if line and not is_undone]
        bad += [self.rollout.challenger.number] if self.rollout else []
        taken_back = tuple(RolledBack(version=version, reason=reason, at=at) for version in bad)
        kept = tuple(each for each in self.rolled_back if each.version != target.version.number)
        line = self._line(
            "rolled_back",
            target.version,
            reason,
            at,
            actor=actor,
            job_id=target.job_id,
            windows=target.windows,
            serves_since=event_time,
        )
        return self._change(
            line,
            champion=line,
            previous=self.champion if is_undone else None,
            rollout=None,
            ended=self._ended("rolled_back", reason, at) if self.rollout else self.ended,
            rolled_back=(*kept, *taken_back)[-MAX_ROLLED_BACK:],
            **_UNWATCHED,
            alert=self._superseded(target.version, at) if is_undone else self._alert(actor, reason, event_time or at),
            failures=max(0, self.failures - 1) if is_undone else self.failures + 1,
            known_level=self.watch.level if self.watch and self.watch.predecessor == target.version.number else None,
        )

    def _replaced(self, number: str) -> bool:
        """Whether the present champion serves only because this version was taken back, be it by hand."""
        line = self.champion
        if line is None or line.change not in ("rolled_back", "adopted"):
            return False
        return line.previous_version == number and self.is_rolled_back(number)

    def drilled(self, target: ModelVersion, actor: str, at: datetime, until: datetime) -> "ServingChange":
        """An earlier champion stands in for the present one, to rehearse a rollback."""
        line = self._line("drill", target, "a drill: the rollback is rehearsed", at, actor=actor)
        drill = LiveDrill(target=target, actor=actor, since=at, until=until)
        return self._change(line, drill=drill, drilled_at=at)

    def drill_ended(self, actor: str, reason: str, at: datetime) -> "ServingChange":
        """The champion answers the requests again."""
        return self._change(self._same_champion("drill_ended", actor, reason, at), drilled_at=at)

    def _alert(self, actor: str, reason: str, at: datetime, taken_back: bool = True) -> Alert | None:
        """About the present champion, which has failed; a person who has taken it back knows."""
        if self.champion is None:
            return None
        number, job_id = self.champion.version.number, self.champion.job_id
        alert = Alert(version=number, job_id=job_id, reason=reason, at=at, taken_back=taken_back)
        return alert if actor == SYSTEM_ACTOR else alert.acknowledged_by(actor, reason, at)

    def watched_against(self, level: Level | None = None, labelled_level: Level | None = None) -> Self:
        """A level of the predecessor is known; one that is not given stays what it was."""
        given = {"level": level, "labelled_level": labelled_level}
        return self.changed(watch=self._watched().changed(**{name: each for name, each in given.items() if each}))

    def finalised(self, reason: str, at: datetime) -> Self:
        """The watch is over, and the promotion final."""
        self._watched()
        return self.changed(watch=None, final=Final(reason=reason, at=at), failures=0)

    def failed(self, reason: str, at: datetime) -> Self:
        """The champion has failed and there is nothing to go back to; people have to decide."""
        return self.warned(reason, at).changed(watch=None, final=Final(reason=reason, at=at))

    def warned(self, reason: str, at: datetime) -> Self:
        """The champion has failed, but is not taken back for now; it is still watched."""
        self._watched()
        return self.changed(alert=self._alert(SYSTEM_ACTOR, reason, at, taken_back=False))

    def alerted(self, alert: Alert) -> Self:
        """What was done about the champion that failed."""
        return self.changed(alert=alert)

    def _watched(self) -> Watch:
        if self.watch is None:
            raise ServingConflict(f"the champion of '{self.model_name}' is not watched")
        return self.watch

    def intervened(self, intervention: Intervention) -> Self:
        """What a person asked for. Nothing that serves changes, so there is no ledger line."""
        return self.changed(rollout=self._rolling().changed(intervention=intervention))

    def resumed(self, pause: Intervention, at: datetime) -> Self:
        """A pause is over; its time does not count, neither for the plan nor as a wait for data."""
        rollout = self._rolling()
        paused = rollout.paused + (at - pause.at)
        return self.changed(rollout=rollout.changed(intervention=None, paused=paused, resumed_at=at))

    def awaited_by(self, task_token: str | None) -> Self:
        """An execution waits for the rollout, or no longer."""
        return self.changed(rollout=self._rolling().changed(task_token=task_token))

    def read_back(self, applied: Applied, conflict: str | None = None) -> Self:
        """Alias and traffic as they are, and how they differ although we did not move them."""
        is_done = conflict is None and applied.pending is None
        is_moved = self.applied if self.conflict else None
        watch = self._watch_mixed(is_moved.at, applied.at) if is_moved else self.watch
        overrules = self.overrules and not is_done
        return self.changed(applied=applied, conflict=conflict, overrules=overrules, watch=watch)

    def told(self, at: datetime) -> Self:
        """People were told that alias or traffic do not follow."""
        return self.changed(told_at=at)

    def _rolling(self) -> Rollout:
        if self.rollout is None:
            raise ServingConflict(f"'{self.model_name}' has no rollout")
        return self.rollout

    def _ended(self, outcome: Outcome, reason: str, at: datetime) -> RolloutEnding:
        return RolloutEnding(job_id=self._rolling().job_id, outcome=outcome, reason=reason, at=at)

    def _with_rollout(self, rollout: Rollout, change: Change, actor: str, reason: str, at: datetime) -> "ServingChange":
        line = self._same_champion(change, actor, reason, at).changed(
            challenger=rollout.challenger.number, weight=rollout.weight, mirror_share=rollout.mirror_share
        )
        return self._change(line, rollout=rollout)

    def _same_champion(self, change: Change, actor: str, reason: str, at: datetime) -> LedgerLine:
        if self.champion is None:
            raise ServingConflict(f"'{self.model_name}' has no champion, so its challenger has nothing to be beside")
        line, job_id = self.champion, self.champion.job_id
        return self._line(change, line.version, reason, at, actor=actor, job_id=job_id, windows=line.windows)

    def _line(self, change: Change, version: ModelVersion, reason: str, at: datetime, **more: Any) -> LedgerLine:
        fields: dict[str, Any] = {"job_id": None, "windows": None, **more}
        return LedgerLine(
            model_name=self.model_name,
            sequence=self.sequence + 1,
            change=change,
            version=version,
            previous_version=self.champion_number,
            reason=reason,
            deployed_at=at,
            **fields,
        )

    def _change(self, line: LedgerLine, **changes: Any) -> "ServingChange":
        """What a person decides comes after whatever somebody else moved before; a drill decides nothing."""
        applied = self.applied.changed(pending=NOT_READ_BACK) if self.applied else None
        overrules = line.actor not in (None, SYSTEM_ACTOR) and line.change not in ("drill", "drill_ended")
        conflict = None if overrules else self.conflict
        known = self.changed(applied=applied, conflict=conflict, overrules=overrules)
        return ServingChange(known.changed(**{"sequence": line.sequence, "drill": None, **changes}), line)


class ServingChange(NamedTuple):
    """The next record, and the ledger line about the change."""

    record: ServingRecord
    line: LedgerLine


def record_from(model_name: str, lines: Sequence[LedgerLine]) -> ServingRecord:
    """The record of a model that has none yet: an earlier release wrote only the ledger, here newest first."""
    if not lines:
        return ServingRecord(model_name=model_name)
    champion, previous = lines[0], lines[1] if len(lines) > 1 else None
    return ServingRecord(model_name=model_name, sequence=champion.sequence, champion=champion, previous=previous)


def changed_meanwhile(record: ServingRecord) -> ServingConflict:
    """Somebody else wrote a record first."""
    return ServingConflict(
        f"the serving record of '{record.model_name}' has changed since revision {record.revision} was read"
    )
