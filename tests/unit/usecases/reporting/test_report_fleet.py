"""Every hour the page about the fleet is replaced."""

from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.reporting.report_fleet import report_fleet
from tests.unit.usecases.world import World


def test_the_page_is_written_beside_the_pages_about_jobs_and_replaced_the_next_time() -> None:
    world = World()
    reported = report_fleet(ScheduledEvent(), world.ports)
    assert (reported.uri, reported.models, reported.concerns) == ("s3://artifacts/fleet.html", 1, 0)
    job_id = world.open()
    world.close(decision={"job_id": job_id}, error={"Error": "DataMissing", "Cause": "no rows"})
    assert job_id not in world.ports.data.read(reported.uri).decode()
    report_fleet(ScheduledEvent(), world.ports)
    assert job_id in world.ports.data.read(reported.uri).decode()
