"""A file is a policy or is refused by name; what is shown can be applied again."""

from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given, settings

from auto_retrain.cli.policy_files import MAX_FILE_BYTES, read_policy_file, render_policy
from auto_retrain.domain.policy.policy import Policy
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.policies import policies

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\n"
LAUGHS = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9))

NOT_A_POLICY = {
    "an empty file": ("", "is empty; at least model, owner and data are needed"),
    "only a comment": ("# nothing yet\n", "is empty; at least model, owner and data are needed"),
    "a list": ("- a\n- b\n", "must be a mapping of fields"),
    "a word": ("churn", "input = 'churn': must be a mapping of fields"),
    "broken YAML": ("model: [", "cannot be read as a policy"),
    "a line without a colon": (
        "model: churn\nowner me\n",
        "line 2: cannot be read as a policy: ",
    ),
    "a tab": ("\tmodel: churn", "cannot be read as a policy"),
    "two documents": (POLICY + "---\n" + POLICY, "expected a single document"),
    "a key twice": (POLICY + "owner: someone else\n", "given more than once: owner"),
    "a key twice below": (POLICY + "training: {seed: 1, seed: 2}\n", "given more than once: seed"),
    "a key twice as number and text": (
        POLICY + "training: {parameters: {1: a, '1': b}}\n",
        "given more than once: 1",
    ),
    "a bomb": (BOMB, "anchors and aliases are not allowed"),
    "a billion laughs": (f"l0: &l0 [lol]\n{LAUGHS}\n", "anchors and aliases are not allowed"),
    "an anchor alone": (POLICY.replace("churn\n", "&name churn\n"), "anchors and aliases are not allowed"),
    "a merge key": (POLICY + "<<: {owner: someone else}\n", "'<<': unknown field"),
    "a Python object": ("!!python/object/apply:os.system [id]", "tags are not allowed"),
    "a tag": (POLICY + "training: {seed: !!int '0x10'}\n", "tags are not allowed"),
    "a mapping as a key": (POLICY + "? {a: b}\n: c\n", "cannot be read as a policy"),
    "not a number": (POLICY + "triggers: {drift_threshold: .nan}\n", "triggers.drift_threshold = nan"),
    "infinity": (POLICY + "triggers: {drift_threshold: .inf}\n", "triggers.drift_threshold = inf"),
    "minus infinity": (POLICY + "triggers: {drift_threshold: -.inf}\n", "triggers.drift_threshold = -inf"),
    "a number beyond all": (POLICY + "triggers: {drift_threshold: 1e400}\n", "triggers.drift_threshold = inf"),
    "a very large number": (POLICY + "triggers: {drift_threshold: 1e308}\n", "less than or equal to 10"),
    "minus zero": (POLICY + "triggers: {drift_threshold: -0.0}\n", "triggers.drift_threshold = -0.0"),
    "an octal number": (POLICY + "triggers: {evaluation_window_days: 030}\n", "evaluation_window_days = '030'"),
    "a sexagesimal number": (POLICY + "triggers: {cool_down_hours: 1:30}\n", "cool_down_hours = '1:30'"),
    "an integer without end": (POLICY + f"training: {{seed: {'9' * 5000}}}\n", "cannot be read as a policy"),
    "yes for true": (POLICY + "metric: {counts_rows: yes}\n", "metric.counts_rows = 'yes'"),
    "a percentage": (
        POLICY + "triggers: {performance_metric_threshold: 92}\n",
        "triggers.performance_metric_threshold = 92: must be between 0 and 1",
    ),
    "a date for a key": (POLICY + "2026-01-01: x\n", "2026-01-01: unknown field"),
    "NaN among parameters": (POLICY + "training: {parameters: {rate: .nan}}\n", "training.parameters"),
    "half a character": (POLICY.replace("team@example.com", r'"\ud800"'), "Invalid JSON"),
    "deep nesting": ("[" * 5000, "cannot be read as a policy"),
    "a huge file": ("#" * (MAX_FILE_BYTES + 1), f"must not be larger than {MAX_FILE_BYTES} bytes"),
}


@pytest.mark.parametrize("kind", NOT_A_POLICY)
def test_a_file_that_is_not_a_policy_is_refused_by_name_and_nothing_is_written(terminal: Terminal, kind: str) -> None:
    text, reason = NOT_A_POLICY[kind]
    good = terminal.file(POLICY.replace("model: churn", "model: fraud"), "good.yaml")
    answer = terminal.run("models", "apply", good, terminal.file(text, "bad.yaml"))
    assert answer.code == 1
    assert "bad.yaml: " in answer.err
    assert reason in answer.err
    assert "Traceback" not in answer.err
    assert terminal.ports.policies.get("fraud") is None


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"model: \xe9", b"\x00" * 10, b"model: a\x1b[31m"])
def test_a_file_that_is_not_text_is_refused_by_name(tmp_path: Path, terminal: Terminal, content: bytes) -> None:
    (tmp_path / "binary.yaml").write_bytes(content)
    answer = terminal.run("models", "apply", str(tmp_path / "binary.yaml"))
    assert answer.code == 1
    assert "binary.yaml: cannot be read as a policy" in answer.err


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, terminal: Terminal) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path, Path("/dev/zero")):
        answer = terminal.run("models", "apply", str(path))
        assert answer.code == 1
        assert str(path) in answer.err
        assert "Errno" not in answer.err


def test_plain_scalars_mean_what_they_look_like() -> None:
    """In YAML 1.1, `no` would be false, `010` eight and `1e-3` text."""
    text = POLICY.replace("label: left", "label: no").replace("[age]", "[on, 010]")
    policy = parse(text + "training: {parameters: {rate: 1e-3, off: off}}\n")
    assert (policy.data.label, policy.data.numeric) == ("no", ("on", "010"))
    assert policy.training.parameters == {"rate": 0.001, "off": "off"}


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse("\ufeff" + POLICY).model == "churn"


@settings(deadline=None)
@given(policies())
def test_a_policy_that_is_shown_is_the_one_that_is_applied(policy: Policy) -> None:
    assert parse(render_policy(policy)) == policy


def parse(text: str) -> Policy:
    with NamedTemporaryFile(suffix=".yaml") as file:
        file.write(text.encode())
        file.flush()
        return read_policy_file(Path(file.name))
