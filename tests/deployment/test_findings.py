"""What scanners find in the template is mended, or suppressed with a written reason."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT, TEMPLATE, env_command
from local.transformed import transformed, with_every_option
from tests.deployment.cloudformation import Template

CHECKOV = env_command("security", "checkov")
MIN_WORDS = 6


def is_reason(text: str) -> bool:
    return len(text.split()) >= MIN_WORDS


def suppressed_by_checkov(template: Template) -> list[dict[str, str]]:
    metadata = [resource.get("Metadata", {}) for resource in template.resources.values()]
    return [skip for each in metadata for skip in each.get("checkov", {"skip": []})["skip"]]


def scanned(tmp_path: Path, document: dict[str, Any], *command: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(document))
    return subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)


def test_every_suppressed_finding_of_checkov_has_a_reason(template: Template) -> None:
    suppressed = suppressed_by_checkov(template)
    assert suppressed
    assert [skip for skip in suppressed if not re.fullmatch(r"CKV2?_AWS_\d+", skip["id"])] == []
    assert [skip["id"] for skip in suppressed if not is_reason(skip["comment"])] == []


def test_every_suppressed_finding_of_cfn_lint_has_a_reason(template: Template) -> None:
    metadata = template.document["Metadata"]["cfn-lint"]
    assert set(metadata) == {"config", "reasons"}
    assert list(metadata["config"]) == ["ignore_checks"]
    assert sorted(metadata["config"]["ignore_checks"]) == sorted(metadata["reasons"])
    assert all(map(is_reason, metadata["reasons"].values()))


def test_nothing_is_suppressed_elsewhere(template: Template) -> None:
    assert not [resource for resource in template.resources.values() if "cfn-lint" in resource.get("Metadata", {})]
    assert "checkov:skip" not in TEMPLATE.read_text()
    assert [file.name for pattern in (".checkov*", ".cfnlintrc*") for file in ROOT.glob(pattern)] == []


def test_cfn_lint_finds_nothing_in_what_the_template_becomes(tmp_path: Path) -> None:
    checked = scanned(tmp_path, transformed(), str(env_command("sam", "cfn-lint")))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(not CHECKOV.exists(), reason="needs checkov, which `make security` installs")
def test_checkov_finds_nothing_in_what_the_template_becomes(tmp_path: Path) -> None:
    options = ("--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--file")
    checked = scanned(tmp_path, with_every_option(transformed()), str(CHECKOV), *options)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_scanners_see_what_depends_on_a_parameter() -> None:
    text = json.dumps(with_every_option(transformed()))
    assert "Fn::If" not in text
    assert "kms:Decrypt" in text
