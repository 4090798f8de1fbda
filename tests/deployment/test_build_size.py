"""The deployed code fits into Lambda, including byte code, and works although it was pruned."""

import json
import subprocess
from pathlib import Path
from typing import Any

import botocore
import pytest

from local.paths import BUILD, BUILT_TEMPLATE, env_python
from tests.deployment.cloudformation import FUNCTIONS, Template

MEGABYTE = 10**6
LIMIT = 240 * MEGABYTE  # Lambda's own limit is 262
IMPORTS = {
    "VendorLayer": "import aws_lambda_powertools, botocore, cronsim, pydantic, requests, rfc8785",
    "NumericLayer": "import numpy.random, numpy.linalg",
    "ScientificLayer": "import scipy.special, scipy.stats, scipy.optimize",
    "ColumnarLayer": "import pyarrow.compute, pyarrow.csv, pyarrow.parquet",
}
CREATE_CLIENTS = """
import botocore.session
session = botocore.session.get_session()
for service in ("cloudwatch", "dynamodb", "eks", "events", "s3", "secretsmanager", "stepfunctions", "sts"):
    print(service, session.create_client(service, region_name="eu-west-1").meta.service_model.service_name)
"""
# As these services call themselves in their addresses.
PREFIXES = {"dynamodb", "eks", "events", "monitoring", "s3", "secretsmanager", "states", "sts"}


@pytest.fixture(scope="module")
def built() -> Template:
    return Template(BUILT_TEMPLATE)


def layers_of(built: Template, function: str) -> list[str]:
    shared = built.document["Globals"]["Function"]["Layers"]
    return [layer["Ref"] for layer in shared + built.functions[function].get("Layers", [])]


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def endpoints_of(package: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((package / "data" / "endpoints.json").read_text())
    return document


def run_with(layers: list[str], code: str) -> subprocess.CompletedProcess[str]:
    path = ":".join(str(BUILD / layer / "python") for layer in layers)
    command = [str(env_python("runtime")), "-P", "-B", "-W", "error", "-c", code]
    return subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_with_its_layers_fits_into_lambda(built: Template, function: str) -> None:
    folders = [BUILD / built.functions[function]["CodeUri"], *(BUILD / layer for layer in layers_of(built, function))]
    assert sum(map(size_of, folders)) < LIMIT


@pytest.mark.parametrize("layer", IMPORTS)
def test_pruned_layer_can_be_imported(layer: str) -> None:
    needed = [] if layer in ("VendorLayer", "NumericLayer") else ["NumericLayer"]
    imported = run_with([*needed, layer], IMPORTS[layer])
    assert imported.returncode == 0, imported.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_can_be_imported_with_nothing_but_its_layers(built: Template, function: str) -> None:
    folder = (BUILD / built.functions[function]["CodeUri"]).resolve()
    imported = run_with(layers_of(built, function), f"import sys; sys.path.insert(0, {str(folder)!r}); import app")
    assert imported.returncode == 0, imported.stderr


def test_vendor_layer_has_the_descriptions_of_all_aws_services_that_functions_call() -> None:
    created = run_with(["VendorLayer"], CREATE_CLIENTS)
    assert created.returncode == 0, created.stderr


def test_vendor_layer_has_all_endpoints_of_these_services_and_no_others() -> None:
    expected = endpoints_of(Path(botocore.__file__).parent)
    for partition in expected["partitions"]:
        partition["services"] = {name: of for name, of in partition["services"].items() if name in PREFIXES}
    assert endpoints_of(BUILD / "VendorLayer" / "python" / "botocore") == expected


@pytest.mark.parametrize("layer", ["CoreLayer", *IMPORTS])
def test_layer_ships_byte_code_for_every_module(layer: str) -> None:
    sources = {file for file in (BUILD / layer).rglob("*.py") if file.read_bytes().strip()}
    compiled = {Path(file.parent.parent, file.name.split(".")[0] + ".py") for file in (BUILD / layer).rglob("*.pyc")}
    assert sources <= compiled
