"""How many pods train a model, and what that rules out."""

from typing import Any

import pytest
from pydantic import ValidationError

from auto_retrain.domain.errors import EventInvalid
from auto_retrain.domain.experiments import check_workers
from auto_retrain.domain.policy.proxy import ProxyPolicy
from auto_retrain.domain.policy.training import MAX_WORKERS, TrainingPolicy


@pytest.mark.parametrize("workers", [0, -1, MAX_WORKERS + 1])
def test_the_number_of_workers_is_bounded(workers: int) -> None:
    with pytest.raises(ValidationError, match="workers"):
        TrainingPolicy(workers=workers)


@pytest.mark.parametrize("workers", [2.5, "2", None, True])
def test_workers_are_a_whole_number(workers: Any) -> None:
    with pytest.raises(ValidationError, match="workers"):
        TrainingPolicy(workers=workers)


def test_a_model_that_several_pods_train_is_in_no_batch() -> None:
    with pytest.raises(ValidationError, match="workers = 2: a batch has one pod for each model; set batched: false"):
        TrainingPolicy(workers=2, batched=True)
    assert TrainingPolicy(workers=1, batched=True).batched


def test_variants_are_for_models_that_one_pod_trains() -> None:
    check_workers(0, TrainingPolicy(workers=4))
    check_workers(3, TrainingPolicy())
    with pytest.raises(EventInvalid, match=r"training\.workers = 4; retrain without variants"):
        check_workers(2, TrainingPolicy(workers=4))


def test_several_pods_train_no_proxy() -> None:
    with pytest.raises(ValidationError, match="workers = 2: a proxy is trained by one pod"):
        TrainingPolicy(workers=2, proxy=ProxyPolicy())
