"""The processes that functions are forked from: one for each set of layers, which has imported what is in them."""

import atexit
import os
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from local.aws.function import ENTRYPOINT, Function, environment_of, search_path
from local.containers import Forerunner, Preparation, can_fork

# A function would import most of this when it is first invoked, and build validators of the records that it meets. What
# the layers lack is left out, and so is Lambda's runtime: it reads its variables while it is imported.
_IMPORTS = """
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages

with suppress(ModuleNotFoundError):
    import aws_lambda_powertools.metrics
    for part in "domain", "adapters", "usecases":
        package = import_module(f"auto_retrain.{part}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            with suppress(ModuleNotFoundError):
                import_module(module.name)
    from auto_retrain.adapters.aws import aws_client
    from auto_retrain.domain.base import Record
    records = [Record]
    for record in records:
        records += record.__subclasses__()
        record.model_rebuild()
    # Each client reads large files about its service, which the session then keeps.
    for service in "dynamodb", "events", "s3", "stepfunctions":
        aws_client(service)
"""
# Libraries for arrays would start threads, which a fork does not copy.
_SETTINGS = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

# What each function, each of its processes or each account has of its own.
_OWN = frozenset(
    {
        *("AWS_ENDPOINT_URL", "MLFLOW_TRACKING_URI"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "PYTHONPATH", "_HANDLER"),
    }
)

Layers = tuple[Path, ...]


def start_forerunners(functions: Iterable[Function], endpoint: str) -> dict[Layers, Forerunner]:
    """One for each set of layers; the next account of this process gets the same ones."""
    if not can_fork():
        return {}
    sharing: dict[Layers, list[Function]] = defaultdict(list)
    for function in functions:
        sharing[function.layers].append(function)
    return {layers: _forerunner_of(layers, functions, endpoint) for layers, functions in sharing.items()}


def _forerunner_of(layers: Layers, functions: list[Function], endpoint: str) -> Forerunner:
    first, *others = (environment_of(function, endpoint, runtime_api="") for function in functions)
    varying = _OWN.union(*(dict(first.items() ^ other.items()) for other in others))
    return _forerunner(layers, frozenset((name, first[name]) for name in first.keys() - varying), varying)


@cache
def _forerunner(layers: Layers, fixed: frozenset[tuple[str, str]], varying: frozenset[str]) -> Forerunner:
    """Kept until this process ends: its imports take a second of a processor."""
    folders = search_path(layers)
    forerunner = Forerunner(
        Preparation(_IMPORTS, _SETTINGS, varying, in_any_directory=True),
        ENTRYPOINT,
        {**dict(fixed), "PYTHONPATH": os.pathsep.join(folders)},
        folders[0],
    )
    atexit.register(forerunner.close)
    return forerunner
