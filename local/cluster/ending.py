"""How Jobs end: by success, by failure, by deletion; always in two steps, because pods take a while to end."""

from functools import partial

from .agenda import Agenda
from .job_status import enter_counts, write_status
from .kubelet import Kubelet
from .objects import JOBS, Json, condition, has_condition, timestamp
from .store import Job, Store

_FINAL = {"SuccessCriteriaMet": "Complete", "FailureTarget": "Failed"}


class Ending:
    """Writes the target condition of a Job first, the final one when no pod is left running."""

    def __init__(self, store: Store, agenda: Agenda, kubelet: Kubelet) -> None:
        self._store, self._agenda, self._kubelet = store, agenda, kubelet

    def succeed(self, job: Job) -> None:
        message = "Reached expected number of succeeded pods"
        self._aim(job, condition("SuccessCriteriaMet", "True", "CompletionsReached", message))

    def fail(self, job: Job, reason: str, message: str) -> None:
        if has_condition(job.body, *_FINAL):
            return
        self._delete_pods(job, only_live=True)
        self._aim(job, condition("FailureTarget", "True", reason, message))

    def _aim(self, job: Job, target: Json) -> None:
        job.conditions.append(target)
        write_status(job, self._store)
        self._agenda.soon(partial(self.settle, job))

    def settle(self, job: Job) -> None:
        """Take the second step, if there is one to take and no pod is left running."""
        if not self._store.holds(job) or any(not pod.counted for pod in job.pods):
            return
        if job.deleting:
            self._remove_unless_held(job)
        elif not has_condition(job.body, "Complete", "Failed"):
            self._finish(job)

    def _finish(self, job: Job) -> None:
        target = job.conditions[-1]
        final = _FINAL[target["type"]]
        if final == "Complete":
            job.times["completionTime"] = timestamp()
        job.conditions.append(condition(final, "True", target["reason"], target["message"]))
        enter_counts(job)
        write_status(job, self._store)
        kind, reason = ("Normal", "Completed") if final == "Complete" else ("Warning", target["reason"])
        self._store.record_event(JOBS, job.body, kind, reason, target["message"])
        self._expire_later(job)
        self._store.wake_watcher()

    def _expire_later(self, job: Job) -> None:
        for appointment in job.appointments:
            appointment.cancel()
        seconds = job.body["spec"].get("ttlSecondsAfterFinished")
        if seconds is not None:
            job.appointments.append(self._agenda.later(seconds, partial(self.delete, job, "Background")))

    def delete(self, job: Job, propagation: str) -> None:
        """Delete a Job; Background takes its pods with it, Foreground waits for them, Orphan leaves them alone."""
        metadata = job.body["metadata"]
        metadata |= {"deletionTimestamp": timestamp(), "deletionGracePeriodSeconds": 0}
        held = bool(metadata.get("finalizers"))
        if propagation == "Orphan":
            metadata["finalizers"] = [*metadata.get("finalizers", []), "orphan"]
        if propagation == "Foreground":
            metadata["finalizers"] = [*metadata.get("finalizers", []), "foregroundDeletion"]
            self._store.save_job(job)
            self._delete_pods(job)
            self._agenda.soon(partial(self.settle, job))
        elif held:
            self._store.save_job(job)
        else:
            self._store.remove_job(job)
            if propagation == "Background":
                self._delete_pods(job)

    def _delete_pods(self, job: Job, only_live: bool = False) -> None:
        for pod in list(job.pods):
            if not (only_live and pod.counted):
                self._kubelet.delete(pod)

    def _remove_unless_held(self, job: Job) -> None:
        if job.body["metadata"].get("finalizers", []) == ["foregroundDeletion"]:
            self._store.remove_job(job)
