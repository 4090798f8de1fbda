"""Where everything that is generated on this machine is kept; no other module spells these paths out."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
CORE = ROOT / "layers" / "core"
TRAINER = ROOT / "functions" / "train_model"
REQUIREMENTS = ROOT / "local" / "requirements"

PYTHON_TAG = f"{sys.version_info.major}.{sys.version_info.minor}"
LOCAL = ROOT / ".local"
ENVS = LOCAL / "envs" / PYTHON_TAG
BUILD = LOCAL / "build" / PYTHON_TAG
BUILT_TEMPLATE = BUILD / "template.yaml"
NODE = LOCAL / "node"
DEMO = LOCAL / "demo"
BENCH = LOCAL / "bench.json"


def env_python(name: str) -> Path:
    """The interpreter of the virtual environment dev, sam, security, bench, trainer or runtime."""
    return ENVS / name / "bin" / "python"


def env_command(env: str, command: str) -> Path:
    """A program that was installed into one of the virtual environments."""
    return ENVS / env / "bin" / command
