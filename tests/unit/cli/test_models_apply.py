"""Policies are put in force together or not at all, as new versions, and every change is shown."""

from collections.abc import Iterator

import pytest

from auto_retrain.domain.policy.policy import AppliedPolicy, PolicyStatus
from tests.unit.cli.terminal import POLICY, Terminal

FRAUD = POLICY.replace("model: churn", "model: fraud")
CHANGED = POLICY + "triggers: {drift_threshold: 0.3}\nmetric: {source: prometheus, gauge: accuracy}\n"


def test_a_new_policy_is_version_one_with_actor_and_time(terminal: Terminal) -> None:
    assert terminal.apply().startswith("churn: new, version 1\n")
    applied = terminal.policy()
    assert (applied.version, applied.applied_by, applied.applied_at) == (1, "ada", terminal.ports.clock.now())


def test_the_same_policy_again_changes_nothing(terminal: Terminal) -> None:
    terminal.apply()
    assert terminal.apply() == "churn: unchanged, version 1\n"
    assert len(terminal.ports.policies.history("churn")) == 1


def test_each_changed_field_is_shown(terminal: Terminal) -> None:
    terminal.apply()
    assert terminal.apply(CHANGED).splitlines()[:-2] == [
        "churn: version 2",
        "  triggers.drift_threshold: 0.25 -> 0.3",
        '  metric.source: "cloudwatch" -> "prometheus"',
        '  metric.gauge: (none) -> "accuracy"',
        '  metric.model_label: (none) -> "model"',
        "  metric.labels: (none) -> {}",
        "  metric.step_minutes: (none) -> 60",
        '  metric.namespace: "AutoRetrain/Models" -> (none)',
        '  metric.name: "accuracy" -> (none)',
        "  metric.dimensions: {} -> (none)",
        "  metric.counts_rows: false -> (none)",
    ]


def test_a_dry_run_shows_the_same_and_writes_nothing(terminal: Terminal) -> None:
    terminal.apply()
    answer = terminal.ok("models", "apply", "--dry-run", terminal.file(CHANGED), terminal.file(FRAUD, "fraud.yaml"))
    assert "churn: version 2\n  triggers.drift_threshold: 0.25 -> 0.3\n" in answer
    assert answer.endswith("fraud: new, version 1\nnothing was written\n")
    assert terminal.policy().version == 1
    assert terminal.ports.policies.get("fraud") is None


def test_all_refused_files_are_reported_at_once(terminal: Terminal) -> None:
    bad = terminal.file(POLICY + "triggers: {drift_treshold: 0.3}\n", "bad.yaml")
    worse = terminal.file("owner: me\n", "worse.yaml")
    answer = terminal.run("models", "apply", terminal.file(FRAUD, "good.yaml"), bad, worse)
    assert (answer.code, answer.out) == (1, "")
    first, second, third = answer.err.splitlines()
    assert first.endswith("bad.yaml: triggers.drift_treshold: unknown field; did you mean 'drift_threshold'?")
    assert second.endswith("worse.yaml: model: required but not given")
    assert third.endswith("worse.yaml: data: required but not given")
    assert terminal.ports.policies.get("fraud") is None


def test_two_files_about_one_model_are_refused(terminal: Terminal) -> None:
    one, two = terminal.file(POLICY, "one.yaml"), terminal.file(CHANGED, "two.yaml")
    answer = terminal.run("models", "apply", one, two)
    assert answer.code == 1
    assert "two.yaml: model = 'churn': " in answer.err
    assert "one.yaml is about the same model" in answer.err
    assert terminal.run("models", "apply", one, one).code == 1
    assert terminal.ports.policies.get("churn") is None


def test_a_paused_model_stays_paused_until_someone_resumes_it(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("models", "pause", "churn", "--reason", "new data source")
    assert terminal.apply(CHANGED).startswith("churn: version 3; stays paused\n")
    assert terminal.apply(CHANGED) == "churn: unchanged, version 3; stays paused\n"
    assert (terminal.policy().status, terminal.policy().note) == (PolicyStatus.PAUSED, "new data source")


def test_a_removed_model_comes_back_as_new_and_its_versions_continue(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("models", "remove", "churn", "--yes")
    assert terminal.apply().startswith("churn: new, version 3\n")
    assert terminal.policy().status is PolicyStatus.ACTIVE


def test_a_concurrent_change_by_someone_else_is_not_overwritten(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.apply()
    policies, read = terminal.ports.policies, terminal.ports.policies.get

    def change_after_reading(model: str) -> AppliedPolicy | None:
        applied = read(model)
        if applied and model == "churn" and applied.version == 1:
            owned = applied.policy.model_copy(update={"owner": "bob"})
            policies.apply(owned, "bob", terminal.ports.clock.now())
        return applied

    monkeypatch.setattr(policies, "get", change_after_reading)
    files = (terminal.file(FRAUD, "a.yaml"), terminal.file(CHANGED, "b.yaml"))
    answer = terminal.run("models", "apply", *files)
    assert (answer.code, answer.out) == (1, "fraud: new, version 1\n")
    assert "the policy of 'churn' is now at version 2, not 1; 1 of 2 policies were applied; apply again" in answer.err
    assert terminal.policy().policy.owner == "bob"


def test_warnings_are_shown_and_refuse_nothing(terminal: Terminal) -> None:
    text = POLICY + 'triggers: {enabled: [scheduled], schedule_expression: "* * * * *"}\n'
    answer = terminal.run("models", "apply", terminal.file(text))
    assert (answer.code, answer.out.splitlines()[0]) == (0, "churn: new, version 1")
    warning = "triggers.schedule_expression = '* * * * *': fires again after 1 minute"
    assert answer.err.startswith(f"auto-retrain: warning: churn: {warning}")


def test_a_thousand_files_are_applied_in_one_go(terminal: Terminal) -> None:
    def files() -> Iterator[str]:
        for number in range(1000):
            model = f"gl-{number:03}"
            yield terminal.file(POLICY.replace("model: churn", f"model: {model}"), f"{model}.yaml")

    answer = terminal.ok("models", "apply", *files())
    assert answer.count("new, version 1\n") == len(list(terminal.ports.policies.fleet())) == 1000


def test_a_new_model_says_when_its_first_retraining_starts_and_how_to_see_it(terminal: Terminal) -> None:
    assert terminal.apply().splitlines()[1:] == [
        "churn: never retrained; the next sweep, of which there is one every five minutes, starts with it",
        "next: auto-retrain status churn",
    ]


@pytest.mark.parametrize("triggers", ["{enabled: [data_drift]}", "{observe_only: [scheduled]}"])
def test_a_new_model_without_a_schedule_says_who_starts_its_first_retraining(terminal: Terminal, triggers: str) -> None:
    assert terminal.apply(f"{POLICY}triggers: {triggers}\n").splitlines()[1:] == [
        "churn: never retrained; its policy has no schedule, so a person starts with it",
        "next: auto-retrain retrain churn --reason TEXT",
    ]


def test_a_model_that_was_retrained_or_is_held_back_starts_nothing(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("models", "pause", "churn", "--reason", "no data yet")
    assert "never retrained" not in terminal.apply(CHANGED)
    terminal.ok("models", "resume", "churn")
    terminal.ok("retrained", "churn")
    assert "never retrained" not in terminal.apply()


def test_of_many_new_models_a_few_are_named(terminal: Terminal) -> None:
    files = [terminal.file(POLICY.replace("model: churn", f"model: m-{n}"), f"{n}.yaml") for n in range(5)]
    assert terminal.ok("models", "apply", *files).splitlines()[5:] == [
        "m-0, m-1, m-2 and 2 more: never retrained; the next sweep, of which there is one every five minutes, starts "
        "with it",
        "next: auto-retrain status",
    ]
