"""The command line refuses before it writes, and says what it did."""

from pathlib import Path

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.cli.__main__ import main

POLICY = """
model: churn
owner: team@example.com
data: {prefix: churn, row_id: id, label: left, numeric: [age]}
"""


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_policy_is_put_in_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ports = MemoryPorts()
    assert main(["apply", "--actor", "ada", write(tmp_path / "churn.yaml", POLICY)], ports) == 0
    applied = ports.policies.get("churn")
    assert applied is not None
    assert (applied.version, applied.applied_by) == (1, "ada")
    assert "churn: policy version 1 in force" in capsys.readouterr().out
    assert main(["models"], ports) == 0
    assert "churn: policy version 1, last retrained never" in capsys.readouterr().out


def test_one_refused_policy_keeps_all_of_them_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ports = MemoryPorts()
    good = write(tmp_path / "good.yaml", POLICY)
    bad = write(tmp_path / "bad.yaml", POLICY + "triggers: {drift_treshold: 0.3}\n")
    assert main(["apply", good, bad], ports) == 1
    assert ports.policies.get("churn") is None
    assert (
        "bad.yaml: triggers.drift_treshold: unknown field; did you mean 'drift_threshold'?" in capsys.readouterr().err
    )


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Input should be an object"),
        ("- a\n- b\n", "Input should be an object"),
        ("model: [", "cannot be read as a policy"),
        (POLICY + "owner: someone else\n", "given more than once: owner"),
        (BOMB, "anchors and aliases are not allowed"),
        (POLICY + "triggers: {drift_threshold: .nan}\n", "triggers.drift_threshold"),
        (POLICY + "triggers: {performance_metric_threshold: 92}\n", "performance_metric_threshold = 92"),
        (POLICY + "2026-01-01: x\n", "cannot be read"),
        (POLICY + "training: {parameters: {rate: .nan}}\n", "training.parameters"),
        ("[" * 5000, "cannot be read as a policy"),
        ("!!map foo", "cannot be read as a policy"),
        (POLICY + "owner2: 2026-01-01\n", "cannot be read"),
        ("#" * 70000, "larger than"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    assert main(["apply", write(tmp_path / "p.yaml", text)], MemoryPorts()) == 1
    error = capsys.readouterr().err
    assert "p.yaml" in error
    assert told in error


def test_a_file_that_is_not_there_or_not_text_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["apply", str(tmp_path / "binary.yaml")], MemoryPorts()) == 1
    assert main(["apply", str(tmp_path / "absent.yaml")], MemoryPorts()) == 1
    assert "absent.yaml" in capsys.readouterr().err
