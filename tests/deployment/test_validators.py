"""External validators accept the template and the state machine."""

import os
import shutil
import subprocess

import pytest

from local.paths import NODE, ROOT, TEMPLATE, env_command

DEFINITION = ROOT / "statemachine" / "retraining.asl.yaml"
ASL_VALIDATOR = NODE / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"


def test_sam_accepts_the_template() -> None:
    command = [str(env_command("sam", "sam")), "validate", "--lint", "--template-file", str(TEMPLATE)]
    quiet = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    checked = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js, which .ci/run installs")
@pytest.mark.skipif(not ASL_VALIDATOR.exists(), reason="needs asl-validator, which `make setup` installs with npm")
def test_state_machine_has_no_dangling_state_and_no_unknown_field() -> None:
    command = ["node", str(ASL_VALIDATOR), "--yaml-path", str(DEFINITION)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
