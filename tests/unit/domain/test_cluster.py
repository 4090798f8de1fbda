"""Which Kubernetes Jobs get a free slot in the cluster."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.cluster import ClusterJob, ClusterJobPhase, next_to_run
from tests.unit.builders import NOON

JOBS = st.lists(
    st.builds(
        ClusterJob,
        name=st.uuids().map(str),
        namespace=st.sampled_from(["a", "b"]),
        job_id=st.just("job"),
        kind=st.just("train"),
        phase=st.sampled_from(ClusterJobPhase),
        created_at=st.integers(0, 5).map(lambda minutes: NOON + timedelta(minutes=minutes)),
        waits_for_us=st.booleans(),
        priority=st.integers(0, 3),
    ),
    max_size=30,
)


def is_waiting(job: ClusterJob) -> bool:
    return job.waits_for_us and job.phase is ClusterJobPhase.SUSPENDED


def is_active(job: ClusterJob) -> bool:
    return job.phase is ClusterJobPhase.ACTIVE


def running(jobs: list[ClusterJob], namespace: str) -> int:
    return sum(job.phase is ClusterJobPhase.ACTIVE and job.namespace == namespace for job in jobs)


@given(JOBS, st.integers(1, 20))
def test_no_namespace_exceeds_its_slots_and_no_slot_stays_free_while_a_job_waits(
    jobs: list[ClusterJob], slots: int
) -> None:
    chosen = next_to_run(jobs, slots)

    assert all(is_waiting(job) for job in chosen)
    for namespace in ("a", "b"):
        ours = [job for job in chosen if job.namespace == namespace]
        waiting = [job for job in jobs if is_waiting(job) and job.namespace == namespace]
        assert len(ours) == min(len(waiting), max(0, slots - running(jobs, namespace)))


@given(JOBS, st.integers(1, 20))
def test_no_job_is_overtaken_by_one_of_lower_priority_or_by_a_newer_one_of_the_same(
    jobs: list[ClusterJob], slots: int
) -> None:
    chosen = next_to_run(jobs, slots)
    names = {job.name for job in chosen}

    for left in (job for job in jobs if is_waiting(job) and job.name not in names):
        for taken in (job for job in chosen if job.namespace == left.namespace):
            assert (-taken.priority, taken.created_at) <= (-left.priority, left.created_at)


WIDE = JOBS.flatmap(
    lambda jobs: st.tuples(*(st.integers(1, 6) for _ in jobs)).map(
        lambda widths: [job.model_copy(update={"pods_at_once": n}) for job, n in zip(jobs, widths, strict=True)]
    )
)


@given(WIDE, st.integers(1, 8))
def test_a_job_takes_one_slot_per_pod_and_a_job_that_is_too_wide_runs_alone(jobs: list[ClusterJob], slots: int) -> None:
    chosen = next_to_run(jobs, slots)

    for namespace in ("a", "b"):
        before = sum(job.pods_at_once for job in jobs if job.namespace == namespace and is_active(job))
        ours = [job for job in chosen if job.namespace == namespace]
        taken = before + sum(job.pods_at_once for job in ours)
        assert taken <= slots or not ours or (not before and len(ours) == 1)


@given(WIDE, st.integers(1, 8))
def test_the_first_in_line_runs_as_soon_as_nothing_else_does(jobs: list[ClusterJob], slots: int) -> None:
    idle = [job for job in jobs if not is_active(job)]

    assert bool(next_to_run(idle, slots)) == any(is_waiting(job) for job in idle)


@given(JOBS)
def test_without_a_limit_no_job_waits_for_us(jobs: list[ClusterJob]) -> None:
    assert {job.name for job in next_to_run(jobs, None)} == {job.name for job in jobs if is_waiting(job)}


def test_one_variant_suffices_for_a_training_but_one_part_for_nothing() -> None:
    half = {"done": (0,), "failed": (1,), "orders": 2, "phase": ClusterJobPhase.FAILED}
    about = {"name": "job", "namespace": "a", "job_id": "job", "created_at": NOON}
    assert ClusterJob(**about, **half, kind="train").phase_of(None) is ClusterJobPhase.COMPLETE
    assert ClusterJob(**about, **half, kind="score").phase_of(None) is ClusterJobPhase.FAILED
