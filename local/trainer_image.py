"""The training image, as the local cluster runs it."""

from local.cluster import LocalImage, Preparation
from local.paths import TRAINER, env_python

_IMPORTS = "from train_model.libraries import load_libraries; load_libraries(); import train_model.default_trainer"
# Arrow's allocator would otherwise start a thread that only gives memory back.
_SETTINGS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
# One thread each: with few processors, the threads of the tree builder mostly wait for each other.
TRAIN_MODEL = LocalImage(
    [str(env_python("trainer")), "-m", TRAINER.name],
    cwd=str(TRAINER.parent),
    env={"OMP_NUM_THREADS": "1"},
    preparation=Preparation(_IMPORTS, _SETTINGS, frozenset({"AUTO_RETRAIN_ORDER", "JOB_COMPLETION_INDEX"})),
)
