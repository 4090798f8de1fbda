"""The benchmark measures everything that is deployed."""

from local.bench.imports import PORTS
from local.paths import ROOT


def test_every_function_is_measured_with_the_ports_that_it_builds() -> None:
    assert set(PORTS) == {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
