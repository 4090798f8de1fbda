"""Small models share a Kubernetes Job only with those of the same needs, and not too many of them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.batch import LARGEST_BATCH, LARGEST_ORDERS, ParkedOrder, batches
from auto_retrain.domain.policy.training import TrainingPolicy
from tests.contracts.cluster.orders import make_order


def parked(number: int, image: str | None = None, size: int = 0, kind: str = "train", **training: Any) -> ParkedOrder:
    order = make_order(f"job-{number}", image=image, kind=kind, parameters={"text": "x" * size})
    return ParkedOrder(order=order, training=TrainingPolicy(batched=True, **training))


PARKED = st.lists(
    st.builds(
        parked,
        st.integers(0, 10_000),
        image=st.sampled_from([None, "image:1"]),
        size=st.integers(0, 16_000),
        kind=st.sampled_from(["train", "score"]),
        cpu=st.sampled_from(["1", "2"]),
        seed=st.integers(0, 5),
    ),
    unique_by=lambda found: found.order.job_id,
    max_size=120,
)


@given(PARKED)
def test_every_order_is_in_one_batch_with_others_of_its_needs_and_no_batch_is_too_large(
    orders: list[ParkedOrder],
) -> None:
    made = batches(orders)

    assert sorted(found.order.job_id for batch in made for found in batch.parked) == sorted(
        found.order.job_id for found in orders
    )
    for batch in made:
        assert len({(found.order.kind, found.order.image, found.training.cpu) for found in batch.parked}) == 1
        assert len(batch.parked) <= LARGEST_BATCH
        assert sum(len(found.order.model_dump_json()) for found in batch.parked) <= LARGEST_ORDERS


@given(PARKED)
def test_the_same_orders_make_the_same_batches_in_whatever_order_they_come(orders: list[ParkedOrder]) -> None:
    assert batches(orders) == batches(orders[::-1])
    names = [batch.name for batch in batches(orders)]
    assert len(set(names)) == len(names)
    assert all(len(name) + len("-49") <= 63 for name in names)


def test_what_is_in_the_order_itself_does_not_keep_models_apart() -> None:
    orders = [parked(1, seed=1, trainer="a:fit"), parked(2, seed=2, parameters={"depth": 3})]

    assert len(batches(orders)) == 1


def test_a_hundred_models_of_the_same_needs_are_two_batches() -> None:
    assert [len(batch.parked) for batch in batches(map(parked, range(100)))] == [50, 50]
