"""Orders that Linux would not accept are refused before anything is written."""

import subprocess
from itertools import product

import pytest

from auto_retrain.adapters.kubernetes.jobs.pod import ORDER_VARIABLE
from auto_retrain.domain.errors import OrdersTooLarge
from auto_retrain.domain.order_size import MAX_ORDERS_BYTES, bytes_of, check_size
from tests.contracts.cluster.orders import make_order


@pytest.mark.parametrize(("text", "times"), [("x", 1), ("é", 2), ("日", 3), ("🙂", 4), ("$", 2)])
def test_orders_are_counted_in_bytes_and_dollar_signs_twice(text: str, times: int) -> None:
    empty, full = (bytes_of(make_order("a", parameters={"text": text * number})) for number in (0, 100))
    assert full - empty == 100 * times


@pytest.mark.parametrize("text", ["x", "日", "$"])
def test_too_large_orders_are_refused_with_their_size_and_what_to_do(text: str) -> None:
    check_size([make_order("a", parameters={"text": text * 30_000})])
    words = f"orders of 'a' .4. take [0-9]{{6}} bytes, .* at most {MAX_ORDERS_BYTES} fit .* or fewer variants"
    with pytest.raises(OrdersTooLarge, match=words):
        check_size([make_order("a", parameters={"text": text * 30_000})] * 4)


def test_linux_starts_a_process_with_the_largest_orders_and_the_longest_names_of_images() -> None:
    for number, text in product((1, 20, 50), ("x", "日")):
        order = make_order("a", parameters={"text": ""}, image=None)
        room = (MAX_ORDERS_BYTES // number - bytes_of(order)) // len(text.encode())
        orders = [order.changed(parameters={"text": text * room})] * number
        check_size(orders)
        named = [one.changed(image="i" * 584).model_dump_json() for one in orders]
        document = f"[{','.join(named)}]"
        subprocess.run(["/bin/true"], env={ORDER_VARIABLE: document}, check=True)
