"""A drift report is started on request, and Evidently's values are read."""

import json

import pytest

from auto_retrain.domain.errors import ArtifactInvalid, ArtifactMissing, DataMissing, ModelUnknown
from auto_retrain.usecases.training.drift_reports import read_psi, report_drift
from tests.unit.usecases.world import World


def test_a_report_is_started_with_its_own_id_and_says_where_it_will_be() -> None:
    world = World()
    report = report_drift("churn", world.ports)
    assert report.report_id.startswith("churn-")
    assert report.psi_uri == f"s3://artifacts/jobs/{report.report_id}/report/psi.json"
    assert world.ports.cluster.orders[report.kubernetes_job][-1].kind == "report"
    assert world.ports.jobs.list_active() == []


def test_two_requests_at_the_same_moment_start_one_report() -> None:
    world = World()
    assert report_drift("churn", world.ports) == report_drift("churn", world.ports)
    assert len(world.ports.cluster.orders) == 1


def test_without_live_data_there_is_nothing_to_report() -> None:
    world = World()
    world.ports.data._partitions.clear()
    with pytest.raises(DataMissing, match="no reference data"):
        report_drift("churn", world.ports)
    with pytest.raises(ModelUnknown):
        report_drift("nobody", world.ports)


def test_evidentlys_values_are_read_by_feature() -> None:
    world = World()
    features = {"age": {"psi": 0.31, "drifted": True}, "plan": {"psi": None, "drifted": None}}
    document = {"schema_version": 1, "job_id": "churn-1", "model_name": "churn", "evidently_version": "0.7.23"}
    world.ports.data.write("jobs/churn-1/report/psi.json", json.dumps({**document, "features": features}).encode())
    assert read_psi("churn-1", world.ports).features["age"].psi == 0.31


def test_a_report_that_is_asked_for_too_early_says_who_writes_it_and_when() -> None:
    world = World()
    report = report_drift("churn", world.ports)
    with pytest.raises(ArtifactMissing) as caught:
        read_psi(report.report_id, world.ports)
    assert str(caught.value) == (
        f"drift report '{report.report_id}' is not there yet: the Kubernetes Job '{report.kubernetes_job}' writes "
        f"'{report.psi_uri}' before it ends, at most 30 minutes after it began; if it has ended, or there was none, "
        "there will be none"
    )


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]"])
def test_a_missing_or_malformed_report_is_named(content: bytes | None) -> None:
    world = World()
    if content is not None:
        world.ports.data.write("jobs/churn-1/report/psi.json", content)
    with pytest.raises(ArtifactInvalid, match=r"churn-1/report/psi\.json"):
        read_psi("churn-1", world.ports)
