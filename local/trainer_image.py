"""The training image, as the local cluster runs it."""

from local.cluster import LocalImage, Preparation
from local.paths import CORE, TRAINER, env_python

# Below the first lines is what libraries load when they are first used, and what they then keep for the process: half
# of a pod's time on small data. All of it is pinned.
_IMPORTS = """
from train_model.libraries import load_libraries
load_libraries()
import train_model.default_trainer

import boto3.s3.transfer
import git
import mlflow.pyfunc
import mlflow.tracing.processor.otel
import mlflow.tracking.request_header.registry
import narwhals._pandas_like.dataframe
import pandas.api.internals
from mlflow.utils.requirements_utils import _init_modules_to_packages_map
_init_modules_to_packages_map()
boto3.client("s3")
"""
# Arrow's allocator would otherwise start a thread that only gives memory back.
_SETTINGS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
# Each pod has an order of its own, each local stack AWS at an address of its own, and an image may bring a trainer.
_VARYING = frozenset({"AUTO_RETRAIN_ORDER", "JOB_COMPLETION_INDEX", "AWS_ENDPOINT_URL", "PYTHONPATH"})
# One thread each: with few processors, the threads of the tree builder mostly wait for each other. The package that
# decides is imported by few orders.
TRAIN_MODEL = LocalImage(
    [str(env_python("trainer")), "-m", TRAINER.name],
    cwd=str(TRAINER.parent),
    env={"OMP_NUM_THREADS": "1", "PYTHONPATH": str(CORE)},
    preparation=Preparation(_IMPORTS, _SETTINGS, _VARYING, kept=True),
)
