"""What `auto-retrain doctor` prints, and its exit code."""

import json

import pytest

from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.domain.errors import AwsRefused, NotificationFailed, RegistryUnavailable
from auto_retrain.domain.installation import Permission
from auto_retrain.domain.manifest import DataObject
from auto_retrain.settings import Settings
from tests.unit.builders import a_policy
from tests.unit.cli.terminal import Terminal


def test_a_complete_deployment_is_good(terminal: Terminal) -> None:
    answer = terminal.run("doctor")

    assert answer.code == 0
    assert [line[:4] for line in answer.out.splitlines()] == ["good"] * 17


def test_every_problem_is_named_and_the_other_checks_still_run(terminal: Terminal) -> None:
    def away(model_name: str) -> None:
        raise RegistryUnavailable("MLflow did not answer")

    def denied(uri: str) -> bytes:
        raise AwsRefused("access denied")

    terminal.ports.registry.champion = away  # type: ignore[method-assign,assignment]
    terminal.ports.data.read = denied  # type: ignore[method-assign]
    terminal.ports.cluster.granted -= {Permission("delete", "jobs.batch")}
    terminal.ports.cluster.granted |= {Permission("get", "secrets")}

    answer = terminal.run("doctor")

    assert answer.code == 1
    bad = [line for line in answer.out.splitlines() if line.startswith("BAD")]
    assert "AwsRefused: access denied" in bad[0]
    assert "RegistryUnavailable: MLflow did not answer" in bad[1]
    assert "may not: delete jobs.batch" in bad[2]
    assert "may do more than is needed: get secrets" in bad[3]
    assert len(bad) == 4


def test_a_namespace_of_kubernetes_itself_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = DeployedPorts(Settings(job_namespace="kube-system"))
    monkeypatch.setattr(type(terminal.ports), "cluster", property(lambda _: deployed.cluster), raising=False)

    answer = terminal.run("doctor")

    assert answer.code == 1
    (bad,) = [line for line in answer.out.splitlines() if line.startswith("BAD")]
    assert "JOB_NAMESPACE = 'kube-system': must be namespaces that do not belong to Kubernetes itself" in bad


def test_a_variable_that_is_not_set_ends_no_other_check(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = DeployedPorts(Settings())
    del terminal.ports.registry
    monkeypatch.setattr(type(terminal.ports), "registry", property(lambda _: deployed.registry), raising=False)

    answer = terminal.run("doctor")

    assert answer.code == 1
    (bad,) = [line for line in answer.out.splitlines() if line.startswith("BAD")]
    assert "SettingMissing: environment variable MLFLOW_TRACKING_URI is not set" in bad
    assert "good  cluster" in answer.out


def test_findings_can_be_read_by_a_program(terminal: Terminal) -> None:
    findings = json.loads(terminal.run("doctor", "--self", "--json").out)

    assert {finding["subject"] for finding in findings} >= {"table", "artifacts", "registry", "cluster"}
    assert all(finding["is_good"] for finding in findings)
    assert "you may do everything that is needed" in {finding["text"] for finding in findings}


def test_channels_are_checked_without_sending_anything_unless_asked_for(terminal: Terminal) -> None:
    terminal.run("doctor")
    assert [channel.sent for channel in terminal.ports.channels.values()] == [[], [], []]
    answer = terminal.run("doctor", "--send")
    assert [channel.texts for channel in terminal.ports.channels.values()] == [
        ["A test of 'auto-retrain doctor --send': this channel works"]
    ] * 3
    assert "channel slack" in answer.out


def test_a_channel_that_fails_is_named(terminal: Terminal) -> None:
    terminal.ports.channels["slack"].error = NotificationFailed("Slack answered 404")
    answer = terminal.run("doctor")
    (bad,) = [line for line in answer.out.splitlines() if line.startswith("BAD")]
    assert "channel slack" in bad
    assert "Slack answered 404" in bad


def test_a_channel_that_only_policies_know_is_named_with_their_models(terminal: Terminal) -> None:
    ports = terminal.ports
    ports.policies.apply(a_policy(model="plain"), "ada", ports.clock.now())
    ports.policies.apply(a_policy(model="paged", notify={"normal": ["pagerduty"]}), "ada", ports.clock.now())
    del ports.channels["pagerduty"]
    (bad,) = [line for line in terminal.run("doctor").out.splitlines() if line.startswith("BAD   channel")]
    assert "channel pagerduty" in bad
    assert bad.endswith("named by the policies of paged")


def test_a_deployment_without_channels_is_told_that_nobody_is_notified(terminal: Terminal) -> None:
    terminal.ports.channels.clear()
    answer = terminal.run("doctor")
    assert answer.code == 0
    assert "so nobody is notified" in answer.out


def test_a_model_that_is_judged_by_its_log_needs_answers_and_labels(terminal: Terminal) -> None:
    ports = terminal.ports
    ports.policies.apply(a_policy(metric={"source": "prediction_log"}), "ada", ports.clock.now())
    today = ports.clock.now().date()

    def finding() -> str:
        return next(line for line in terminal.run("doctor").out.splitlines() if "log of churn" in line)

    assert finding().startswith("BAD")
    assert "'predictions/model=churn/date=YYYY-MM-DD' has no file since" in finding()
    ports.data.add_partition("predictions/model=churn", today, b"rows", "hour=03/part-0.parquet")
    assert "so no label counts" in finding()
    ports.data.add_partition("churn", today, b"rows")
    assert finding().startswith("good")


def test_a_model_whose_metric_is_estimated_needs_answers_and_no_labels(terminal: Terminal) -> None:
    ports, enabled = terminal.ports, {"enabled": ["estimated_performance"]}
    ports.policies.apply(a_policy(triggers=enabled), "ada", ports.clock.now())

    def finding() -> str:
        return next(line for line in terminal.run("doctor").out.splitlines() if "log of churn" in line)

    assert "so no answer counts" in finding()
    ports.data.add_partition("predictions/model=churn", ports.clock.now().date(), b"rows", "hour=03/part-0.parquet")
    assert finding().startswith("good")


def test_a_log_that_cannot_be_listed_is_not_taken_for_a_good_one(terminal: Terminal) -> None:
    def denied(prefix: str, *_: object) -> list[DataObject]:
        raise AwsRefused("access denied")

    terminal.ports.policies.apply(a_policy(metric={"source": "prediction_log"}), "ada", terminal.ports.clock.now())
    terminal.ports.data.list_partitions = denied  # type: ignore[method-assign,assignment]
    answer = terminal.run("doctor")
    assert answer.code == 1
    assert "log of churn                  cannot be checked: AwsRefused: access denied" in answer.out
