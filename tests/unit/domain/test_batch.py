"""Small models share a Kubernetes Job only with models that have the same needs, up to a limit."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.batch import MAX_BATCH_ORDERS, ParkedOrder, batches
from auto_retrain.domain.order_size import check_size
from auto_retrain.domain.policy.training import TrainingPolicy
from tests.contracts.cluster.orders import make_order


def parked(
    number: int, image: str | None = None, text: str = "", size: int = 0, kind: str = "train", **training: Any
) -> ParkedOrder:
    order = make_order(f"job-{number}", image=image, kind=kind, parameters={"text": text * size})
    return ParkedOrder(order=order, training=TrainingPolicy(batched=True, **training))


PARKED = st.lists(
    st.builds(
        parked,
        st.integers(0, 10_000),
        image=st.sampled_from([None, "image:1"]),
        text=st.sampled_from(["x", "$", "日"]),
        size=st.integers(0, 16_000),
        kind=st.sampled_from(["train", "score"]),
        cpu=st.sampled_from(["1", "2"]),
        seed=st.integers(0, 5),
    ),
    unique_by=lambda item: item.order.job_id,
    max_size=120,
)


@given(PARKED)
def test_every_order_is_in_one_batch_with_equal_needs_and_no_batch_is_too_large(
    orders: list[ParkedOrder],
) -> None:
    made = batches(orders)

    assert sorted(item.order.job_id for batch in made for item in batch.parked) == sorted(
        item.order.job_id for item in orders
    )
    for batch in made:
        assert len({(item.order.kind, item.order.image, item.training.cpu) for item in batch.parked}) == 1
        assert len(batch.parked) <= MAX_BATCH_ORDERS
        check_size([item.order for item in batch.parked])


@given(PARKED)
def test_the_same_orders_make_the_same_batches_in_any_sequence(orders: list[ParkedOrder]) -> None:
    assert batches(orders) == batches(orders[::-1])
    names = [batch.name for batch in batches(orders)]
    assert len(set(names)) == len(names)
    assert all(len(name) + len("-49") <= 63 for name in names)


def test_differences_in_the_orders_themselves_do_not_keep_models_apart() -> None:
    orders = [parked(1, seed=1, trainer="a:fit"), parked(2, seed=2, parameters={"depth": 3})]

    assert len(batches(orders)) == 1


def test_a_hundred_models_with_the_same_needs_make_two_batches() -> None:
    assert [len(batch.parked) for batch in batches(map(parked, range(100)))] == [50, 50]
