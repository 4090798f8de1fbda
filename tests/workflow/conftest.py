"""One stack for each module of tests: a process can run only one at a time, and they are set up differently."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.workflow.world import IMAGES, TINY_IMAGE, World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("workflow") / "stack"
    options = {"parameters": {"TrainerImage": TINY_IMAGE}, "images": IMAGES}
    with LocalStack(directory, **options, time_scale=0.01, watch_interval_seconds=0.5, report=lambda _: None) as stack:
        yield World(stack)
