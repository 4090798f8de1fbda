"""The Job controller: turns what happens to pods into the conditions and counts of their Job.

    pod ends ──> succeeded ──> SuccessCriteriaMet ──> Complete
             └─> failed ── podFailurePolicy ─┬─ Ignore ──────────────> new pod
                                             ├─ Count, within limit ─> new pod
                                             ├─ FailIndex ───────────> the other indexes go on
                                             └─ FailJob, over limit ─> FailureTarget ──> Failed

Every arrow is a write of its own, as in a real cluster.
"""

from functools import partial

from .admission import pod_refusal
from .agenda import Agenda
from .defaults import MAX_INT32
from .ending import Ending
from .failure_policy import decide
from .indexes import give_index, is_indexed, is_over, next_indexes, note_failure, retries_before
from .job_status import enter_counts, write_status
from .kubelet import Kubelet
from .objects import JOBS, condition, has_condition, timestamp
from .pods import new_pod
from .store import Job, Pod, Store

MAX_RETRY_SECONDS = 360.0


class JobController:
    """Runs one pod at a time for each Job, or for each of some indexes, and replaces it when it fails."""

    def __init__(self, store: Store, agenda: Agenda, kubelet: Kubelet, retry_seconds: float, restricted: bool) -> None:
        self._store, self._agenda, self._kubelet = store, agenda, kubelet
        self._retry_seconds, self._restricted = retry_seconds, restricted
        self.ending = Ending(store, agenda, kubelet)
        kubelet.on_change = self._pod_changed

    def job_created(self, job: Job) -> None:
        self._store.save_job(job)
        self._agenda.soon(partial(self._begin, job))

    def _begin(self, job: Job) -> None:
        spec = job.body["spec"]
        if spec["suspend"]:
            job.conditions.append(condition("Suspended", "True", "JobSuspended", "Job suspended"))
            write_status(job, self._store)
            self._store.wake_watcher()
            return
        self._run(job)

    def resume(self, job: Job) -> None:
        """Let a suspended Job run; one that runs goes on."""
        spec = job.body["spec"]
        if not spec["suspend"]:
            return
        spec["suspend"] = False
        job.body["metadata"]["generation"] += 1
        job.conditions[:] = [condition("Suspended", "False", "JobResumed", "Job resumed")]
        self._store.save_job(job)
        self._agenda.soon(partial(self._run, job))

    def _run(self, job: Job) -> None:
        spec = job.body["spec"]
        if "startTime" in job.times:
            return  # it was resumed before the controller had seen it suspended
        job.times["startTime"] = timestamp()
        if "activeDeadlineSeconds" in spec:
            message = "Job was active longer than specified deadline"
            expire = partial(self.ending.fail, job, "DeadlineExceeded", message)
            job.appointments.append(self._agenda.later(spec["activeDeadlineSeconds"], expire))
        self._fill(job)

    def _fill(self, job: Job) -> None:
        """Create the pods that a Job may have now."""
        if not self._store.holds(job) or job.deleting or has_condition(job.body, "FailureTarget"):
            return
        if problem := pod_refusal(job.body, self._restricted):
            self._store.record_event(JOBS, job.body, "Warning", "FailedCreate", f"Error creating: {problem}")
            write_status(job, self._store)
            return
        if not is_indexed(job):
            self._add_pod(job, Pod(new_pod(job.body), job))
            return
        for index in next_indexes(job):
            body = new_pod(job.body, f"{index}-")
            give_index(body, index, job.index_failures.get(index, 0))
            self._add_pod(job, Pod(body, job, index=index))

    def _add_pod(self, job: Job, pod: Pod) -> None:
        job.pods.append(pod)
        self._store.save_pod(pod)
        message = f"Created pod: {pod.body['metadata']['name']}"
        self._store.record_event(JOBS, job.body, "Normal", "SuccessfulCreate", message)
        write_status(job, self._store)
        self._kubelet.scheduler.admit(pod)

    def _pod_changed(self, pod: Pod) -> None:
        if pod.counted:
            self._release(pod)
            return
        if self._store.holds(pod.job):
            write_status(pod.job, self._store)
        never_ran = pod.deleting and pod.process is None
        if never_ran or pod.phase in ("Succeeded", "Failed"):
            self._agenda.soon(partial(self._count, pod))

    def _count(self, pod: Pod) -> None:
        """Enter the end of a pod into its Job, once."""
        if pod.counted:
            return
        pod.counted = True
        self._release(pod)
        job, succeeded = pod.job, pod.phase == "Succeeded"
        if not self._store.holds(job) or has_condition(job.body, "Complete", "Failed"):
            return
        job.uncounted.setdefault("succeeded" if succeeded else "failed", []).append(pod.body["metadata"]["uid"])
        if has_condition(job.body, "FailureTarget") or job.deleting:
            self.ending.settle(job)
        elif succeeded and is_indexed(job):
            job.completed.add(pod.index)
            self._go_on(job)
        elif succeeded:
            self.ending.succeed(job)
        else:
            self._judge_failure(job, pod)

    def _go_on(self, job: Job) -> None:
        """Give the next indexes their pods, or end a Job whose indexes have all ended, or of which too many failed."""
        if len(job.failed_indexes) > job.body["spec"].get("maxFailedIndexes", MAX_INT32):
            message = "Job has exceeded the specified maximal number of failed indexes"
            self.ending.fail(job, "MaxFailedIndexesExceeded", message)
        elif not is_over(job):
            enter_counts(job)
            write_status(job, self._store)
            self._fill(job)
        elif job.failed_indexes:
            self.ending.fail(job, "FailedIndexes", "Job has failed indexes")
        else:
            self.ending.succeed(job)

    def _release(self, pod: Pod) -> None:
        """Let go of a pod that was counted; one that is being deleted then disappears."""
        pod.body["metadata"].pop("finalizers", None)
        if pod.deleting:
            self._store.remove_pod(pod)
        else:
            self._store.save_pod(pod)

    def _judge_failure(self, job: Job, pod: Pod) -> None:
        spec = job.body["spec"]
        decision = decide(spec.get("podFailurePolicy", {}), pod.body)
        if decision.action == "FailJob":
            self.ending.fail(job, "PodFailurePolicy", decision.message)
        elif decision.action == "Ignore":
            job.uncounted = {}
            self._retry(job, self._retry_seconds, pod.index)
        elif is_indexed(job) and note_failure(job, pod.index, final=decision.action == "FailIndex"):
            self._go_on(job)
        elif job.failed >= spec["backoffLimit"]:
            self.ending.fail(job, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        else:
            before = retries_before(job, pod.index)
            delay = min(self._retry_seconds * 2**before, MAX_RETRY_SECONDS)
            enter_counts(job)
            self._retry(job, delay, pod.index)

    def _retry(self, job: Job, seconds: float, index: int) -> None:
        job.backing_off.add(index)
        write_status(job, self._store)
        job.appointments.append(self._agenda.later(seconds, partial(self._try_again, job, index)))

    def _try_again(self, job: Job, index: int) -> None:
        job.backing_off.discard(index)
        self._fill(job)
