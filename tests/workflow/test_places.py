"""With a limit on parallel jobs, retrainings wait for their turn, and all succeed."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.workflow.world import IMAGES, NOW, TINY_IMAGE, World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options = {"parameters": {"TrainerImage": TINY_IMAGE, "ParallelJobs": "1"}, "images": IMAGES}
    directory = tmp_path_factory.mktemp("places") / "stack"
    with LocalStack(directory, **options, time_scale=0.01, watch_interval_seconds=0.2, report=lambda _: None) as stack:
        yield World(stack)


def test_retrainings_of_several_models_take_turns(world: World) -> None:
    models = [world.given_model(training={"priority": priority}) for priority in (0, 9, 5)]
    event = {"actor": "tests", "reason": "a test", "event_time": NOW.isoformat()}

    executions = [world.start({**event, "model_name": model}) for model in models]
    world.stack.wait_until_idle(90)

    assert [world.ended(arn).status for arn in executions] == ["SUCCEEDED"] * 3
    assert [world.registry.champion(model) for model in models] == ["1"] * 3
    assert world.stack.cluster.most_running_pods == 1
