"""What the doctor says of the account, the registry and the metrics, and what it tells people to do."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.account import Simulated
from auto_retrain.domain.errors import AwsRefused, RegistryUnavailable
from auto_retrain.domain.installation import Finding, Permission
from auto_retrain.domain.layouts import Layout
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import Serving
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.usecases.operating.doctor import check_installation
from tests.unit.builders import a_policy


@pytest.fixture
def ports() -> MemoryPorts:
    return MemoryPorts()


def found(ports: MemoryPorts, subject: str) -> Finding:
    (finding,) = [each for each in check_installation(ports, None) if each.subject == subject]
    return finding


def refuse(*_: Any) -> Any:
    raise AwsRefused("AccessDenied: not you")


def test_whoever_calls_is_named(ports: MemoryPorts) -> None:
    assert found(ports, "account").text == "you are arn:aws:iam::000000000000:user/test in none"


def test_without_credentials_there_is_one_finding_about_the_account(ports: MemoryPorts) -> None:
    ports.account.caller = refuse  # type: ignore[method-assign]
    account = found(ports, "account")
    assert not account.is_good
    assert account.remedy is not None
    assert "AWS_PROFILE" in account.remedy
    assert not [each for each in check_installation(ports, None) if each.subject in ("clock", "your permissions")]


@pytest.mark.parametrize(("ahead", "text"), [(61.0, "61 s ahead of AWS"), (-400.0, "400 s behind AWS")])
def test_a_clock_that_is_off_is_named(ports: MemoryPorts, ahead: float, text: str) -> None:
    ports.account.seconds_ahead = ahead
    clock = found(ports, "clock")
    assert (clock.is_good, clock.passes) == (False, False)
    assert text in clock.text
    ports.account.seconds_ahead = ahead / 10
    assert found(ports, "clock").is_good


def test_what_the_caller_may_not_do_is_listed(ports: MemoryPorts) -> None:
    ports.account.own = Simulated(denied=("dynamodb:PutItem on arn:aws:dynamodb:::table/jobs",))
    permissions = found(ports, "your permissions")
    assert not permissions.passes
    assert "you may not: dynamodb:PutItem" in permissions.text


def test_what_cannot_be_told_is_not_known_and_never_good(ports: MemoryPorts) -> None:
    ports.account.own = Simulated(unknown=("s3:GetObject on rows, which depends on aws:SourceVpce",))
    ports.account.roles = {"NotifyFunction": Simulated(unknown=("dynamodb:Query on jobs: Rate exceeded",))}
    for subject, text in (("your permissions", "SourceVpce"), ("function roles", "NotifyFunction: dynamodb:Query")):
        finding = found(ports, subject)
        assert (finding.is_good, finding.passes) == (None, True)
        assert finding.text.startswith("not known: ")
        assert text in finding.text


def test_a_role_that_lacks_a_right_is_named_and_the_others_are_counted(ports: MemoryPorts) -> None:
    lacks = Simulated(denied=("states:StartExecution on retraining",))
    ports.account.roles = {"CloseJobFunction": Simulated(), "SweepModelsFunction": lacks, "NotifyFunction": Simulated()}
    role = found(ports, "role of SweepModelsFunction")
    assert (role.is_good, role.text) == (False, "may not: states:StartExecution on retraining")
    assert role.remedy is not None
    assert role.remedy.startswith("deploy this release")
    assert found(ports, "function roles").text.startswith("2 may do what is written down")


def test_what_the_caller_may_not_ask_is_not_known_and_no_failure(ports: MemoryPorts) -> None:
    for question in ("permissions", "function_roles", "function_limits", "quota"):
        setattr(ports.account, question, refuse)
    for subject in ("your permissions", "function roles", "concurrency", "executions", "events"):
        finding = found(ports, subject)
        assert (finding.is_good, finding.passes) == (None, True)
        assert finding.text == "not known: AccessDenied: not you"
        assert finding.remedy is not None
        assert "or do without this check" in finding.remedy


def test_what_emulates_aws_is_not_asked_for_permissions_and_quotas(ports: MemoryPorts) -> None:
    ports.account.emulator = "http://127.0.0.1:4566"
    finding = found(ports, "AWS")
    assert (finding.is_good, finding.passes, finding.remedy) == (None, True, None)
    assert finding.text == (
        "not known: permissions and quotas are those of AWS; http://127.0.0.1:4566 emulates it and has none"
    )
    subjects = {each.subject for each in check_installation(ports, None)}
    assert subjects.isdisjoint({"your permissions", "function roles", "concurrency", "executions", "events"})


def test_too_few_functions_at_once_are_a_problem(ports: MemoryPorts) -> None:
    ports.account.limits = ports.account.limits._replace(unreserved=10)
    concurrency = found(ports, "concurrency")
    assert not concurrency.passes
    assert "10 of 1000 functions" in concurrency.text


def test_too_little_room_for_the_code_of_the_next_release_is_a_problem(ports: MemoryPorts) -> None:
    ports.account.limits = ports.account.limits._replace(free_bytes=200 << 20)
    storage = found(ports, "code storage")
    assert not storage.passes
    assert storage.text == "0.2 GiB are left for the code of functions and layers"


@pytest.mark.parametrize(("subject", "service", "needed"), [("executions", "states", 1000), ("events", "events", 100)])
def test_quotas_have_to_suffice_for_all_jobs_that_may_run_at_once(
    ports: MemoryPorts, subject: str, service: str, needed: int
) -> None:
    ports.account.quotas[service] = needed
    assert found(ports, subject).is_good
    ports.account.quotas[service] = needed - 1
    quota = found(ports, subject)
    assert not quota.passes
    assert f"the fleet may need {needed:,}" in quota.text
    assert quota.remedy is not None
    assert "Service Quotas" in quota.remedy


@pytest.mark.parametrize(("version", "is_good"), [("3.17.2", True), ("2.22.0", False), ("", False)])
def test_the_release_of_mlflow_is_checked(ports: MemoryPorts, version: str, is_good: bool) -> None:
    ports.registry.server_version = lambda: version  # type: ignore[method-assign]
    registry = found(ports, "registry")
    assert registry.is_good is is_good
    assert f"MLflow {version} answers" in registry.text


def test_a_registry_that_is_away_has_a_remedy(ports: MemoryPorts) -> None:
    def away() -> str:
        raise RegistryUnavailable("no answer")

    ports.registry.server_version = away  # type: ignore[method-assign]
    assert found(ports, "registry").remedy == (
        "curl http://registry.invalid/version, from where you are and from the functions' subnets"
    )


def with_champion(ports: MemoryPorts, **fields: Any) -> None:
    policy = a_policy(**fields)
    ports.policies.apply(policy, "ada", ports.clock.now())
    state = ports.states.get(policy.model)
    serving = Serving(version="1", since=ports.clock.now() - timedelta(days=60))
    ports.states.set(state.changed(deployed=serving))


def test_a_metric_that_nobody_publishes_is_named(ports: MemoryPorts) -> None:
    with_champion(ports)
    metric = found(ports, "metric of churn")
    assert not metric.is_good
    assert "'accuracy' has no points in the last 30 days" in metric.text
    ports.metrics.readings["churn"] = MetricReading(value=0.931, points=30)
    assert found(ports, "metric of churn").text == "30 points, 0.931 over all"


def test_two_series_are_a_problem_in_the_words_of_the_source(ports: MemoryPorts) -> None:
    with_champion(ports)
    ports.metrics.readings["churn"] = MetricReading(value=0.9, points=30, problem="2 series match")
    assert found(ports, "metric of churn").text == "2 series match"


def test_a_model_without_a_champion_has_no_metric_to_check(ports: MemoryPorts) -> None:
    ports.policies.apply(a_policy(), "ada", ports.clock.now())
    assert not [each for each in check_installation(ports, None) if each.subject.startswith("metric")]


def test_prices_of_ones_own_that_cannot_be_read_are_named(ports: MemoryPorts) -> None:
    assert found(ports, "prices").text == "prices as of 2025-01-01 in us-east-1 are used"
    ports.prices.list = ports.prices.list.changed(problem="prices/2026-03.json: region: is required")
    prices = found(ports, "prices")
    assert (prices.is_good, "region: is required" in prices.text) == (False, True)
    assert prices.remedy is not None
    assert "PricesObject" in prices.remedy


def test_the_newest_day_of_the_data_is_named(ports: MemoryPorts) -> None:
    ports.policies.apply(a_policy(), "ada", ports.clock.now())
    today = ports.clock.now().date()
    ports.data.add_partition("churn", today - timedelta(days=1), b"x")
    assert found(ports, "data of churn").text == f"the newest day is {today - timedelta(days=1)}"


def test_data_in_other_folders_are_found_and_the_field_is_named(ports: MemoryPorts) -> None:
    ports.policies.apply(a_policy(), "ada", ports.clock.now())
    ports.data.add_partition("churn", ports.clock.now().date(), b"x", layout=Layout.DT)
    data = found(ports, "data of churn")
    assert not data.is_good
    assert "set data.layout: dt" in data.text


@pytest.mark.parametrize(
    ("name", "said"),
    [("part-0.csv", "such as 'part-0.csv': set data.format: csv"), ("_SUCCESS", "such as '_SUCCESS'")],
)
def test_files_that_are_no_data_of_the_model_are_not_taken_for_data(ports: MemoryPorts, name: str, said: str) -> None:
    ports.policies.apply(a_policy(), "ada", ports.clock.now())
    ports.data.add_partition("churn", ports.clock.now().date(), b"x", name)
    data = found(ports, "data of churn")
    assert not data.is_good
    assert data.text.endswith(f"there are only others than parquet files, {said}")


def test_labels_of_their_own_have_to_be_there_too(ports: MemoryPorts) -> None:
    labels = {"prefix": "labels", "row_id": "id", "label": "left"}
    ports.policies.apply(with_labels(labels), "ada", ports.clock.now())
    today = ports.clock.now().date()
    ports.data.add_partition("churn", today, b"x")
    assert "but there are no labels under 'labels/' since" in found(ports, "data of churn").text
    ports.data.add_partition("labels", today, b"x", "part-0.csv")
    wrong = found(ports, "data of churn")
    assert not wrong.is_good
    assert "set data.labels.format: csv" in wrong.text
    ports.data.add_partition("labels", today, b"x", "part-0.parquet")
    assert found(ports, "data of churn").text == f"the newest day is {today}, that of labels {today}"


def with_labels(labels: dict[str, str]) -> Policy:
    return a_policy(data={**a_policy().data.model_dump(mode="json"), "labels": labels})


def test_old_data_are_no_data(ports: MemoryPorts) -> None:
    ports.policies.apply(a_policy(), "ada", ports.clock.now())
    ports.data.add_partition("churn", ports.clock.now().date() - timedelta(days=90), b"x")
    assert "nothing since" in found(ports, "data of churn").text


def test_everything_that_is_not_good_says_what_to_do(ports: MemoryPorts) -> None:
    ports.channels.pop("pagerduty")
    with_champion(ports, notify={"normal": ["pagerduty"]})
    ports.policies.apply(a_policy(model="logged", metric={"source": "prediction_log"}), "ada", ports.clock.now())
    ports.cluster.granted |= {Permission("get", "secrets")}
    ports.cluster.granted -= {Permission("delete", "jobs.batch")}
    first = list(check_installation(ports, "auto-retrain"))
    for port, question in (
        (ports.account, "permissions"),
        (ports.account, "function_limits"),
        (ports.jobs, "list_active"),
        (ports.data, "read"),
        (ports.data, "list_partitions"),
        (ports.metrics, "read"),
        (ports.registry, "champion"),
        (ports.cluster, "may"),
        (ports.channels["slack"], "check"),
    ):
        setattr(port, question, refuse)
    second = list(check_installation(ports, "auto-retrain"))
    ports.policies.fleet = refuse  # type: ignore[method-assign]
    third = list(check_installation(ports, "auto-retrain"))
    not_good = [finding for finding in (*first, *second, *third) if not finding.is_good]
    assert len({finding.subject for finding in not_good}) >= 15
    assert [finding.subject for finding in not_good if not finding.remedy] == []
