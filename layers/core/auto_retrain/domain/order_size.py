"""How large the orders of a container may be: all of them travel in one of its environment variables."""

from collections.abc import Sequence

from .cluster import JobOrder
from .errors import OrdersTooLarge

# Linux allows 128 KiB for a variable; the rest is for the names of images, which are added last.
MAX_ORDERS_BYTES = 96_000


def bytes_in_environment(text: str) -> int:
    """The bytes that a text takes in the environment of a container, where Kubernetes needs each dollar sign twice."""
    return len(text.encode("utf-8", "surrogatepass")) + text.count("$")


def bytes_of(order: JobOrder) -> int:
    """The bytes that an order takes among others."""
    return bytes_in_environment(order.model_dump_json()) + 1


def check_size(orders: Sequence[JobOrder]) -> None:
    """Raise OrdersTooLarge if a container could not start with these orders."""
    size = sum(map(bytes_of, orders))
    if size > MAX_ORDERS_BYTES:
        raise OrdersTooLarge(
            f"the orders of '{orders[0].job_id}' ({len(orders)}) take {size} bytes, with each $ counted twice; at most "
            f"{MAX_ORDERS_BYTES} fit into an environment variable: give shorter parameters, or fewer variants or parts"
        )
