"""Each function starts with the libraries of its own layers."""

import os
import subprocess
import sys

import pytest

from local.paths import CORE, ROOT
from tests.deployment.cloudformation import FUNCTIONS, Template

LIBRARIES = {"ScientificLayer": "scipy", "NumericLayer": "numpy", "ColumnarLayer": "pyarrow"}
# Loads what a Lambda loads, without one library.
START = """
import runpy, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named '{name}'")

sys.meta_path.insert(0, Absent())
for app in sys.argv[2:]:
    runpy.run_path(app)
"""


@pytest.mark.parametrize("layer", LIBRARIES)
def test_functions_without_a_layer_start_without_its_library(template: Template, layer: str) -> None:
    def has(function: str) -> bool:
        return layer in [each["Ref"] for each in template.functions[function].get("Layers", [])]

    apps = [ROOT / template.functions[name]["CodeUri"] / "app.py" for name in FUNCTIONS if not has(name)]
    command = [sys.executable, "-c", START, LIBRARIES[layer], *map(str, apps)]
    environment = {**os.environ, "PYTHONPATH": str(CORE), "AWS_DEFAULT_REGION": "eu-central-1"}
    started = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (started.returncode, started.stderr.strip().splitlines()[-1:]) == (0, [])
