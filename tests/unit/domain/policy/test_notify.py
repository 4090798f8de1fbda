"""Where facts about a model go, as its policy says."""

import json

import pytest

from auto_retrain.domain.channels import SEVERITIES
from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.policy.notify import NotifyPolicy
from auto_retrain.domain.policy.policy import Policy
from tests.unit.builders import a_policy

REFUSED = [
    ({"loud": ["slak"]}, r"notify\.loud.*'slak'.*'slack', 'sns' or 'pagerduty'"),
    ({"facts": {"job_rejectd": ["slack"]}}, r"'job_rejectd' is no kind of fact; known are .*job_rejected"),
    ({"facts": {"job_rejected": ["email"]}}, r"notify\.facts\.job_rejected.*'email'"),
    ({"noisy": ["slack"]}, r"notify\.noisy"),
]


@pytest.mark.parametrize(("section", "message"), REFUSED, ids=["channel", "fact", "channel of a fact", "severity"])
def test_a_name_that_is_unknown_is_refused_with_those_that_are_known(section: object, message: str) -> None:
    document = a_policy().model_dump(mode="json") | {"notify": section}
    with pytest.raises(PolicyInvalid, match=message):
        Policy.parse(json.dumps(document))


def test_a_policy_without_the_section_has_the_defaults() -> None:
    assert a_policy().notify == NotifyPolicy()


@pytest.mark.parametrize("topic", SEVERITIES)
def test_by_default_only_what_is_loud_opens_a_page(topic: str) -> None:
    channels = NotifyPolicy().channels_for(topic, SEVERITIES[topic])
    assert ("slack" in channels) == (SEVERITIES[topic] != "quiet")
    if SEVERITIES[topic] == "loud":
        assert channels == ("slack", "sns", "pagerduty")


def test_who_hears_of_no_incident_hears_of_no_end_of_one() -> None:
    policy = NotifyPolicy(loud=("slack",))
    assert policy.channels_for("quarantine_lifted", "normal") == ("slack", "sns")


def test_only_what_differs_from_the_defaults_is_chosen() -> None:
    assert NotifyPolicy().chosen() == set()
    assert NotifyPolicy(quiet=("sns",), facts={"job_failed": ("pagerduty",)}).chosen() == {"sns", "pagerduty"}
