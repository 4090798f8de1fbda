"""Messages that belong together are one message, and none gets lost among them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from auto_retrain.domain.notification import Notification, as_one, incidents
from tests.unit.builders import NOON

TOPICS = ("version_taken_back", "quarantine_set", "quarantine_lifted", "champions_failed")


@some.composite
def messages(draw: some.DrawFn) -> list[Notification]:
    made = []
    for number in range(draw(some.integers(1, 30))):
        topic = draw(some.sampled_from(TOPICS))
        model = draw(some.sampled_from(["churn", "fraud", "spam"]))
        made.append(
            Notification(
                event_id=f"event-{number}",
                topic=topic,
                severity="loud",
                title=f"{topic}: {model}",
                text=f"what happened to {model} in event {number}",
                at=NOON + timedelta(minutes=draw(some.integers(0, 300))),
                model_name=model,
                models=2 if topic == "champions_failed" else 1,
                data_prefix=draw(some.sampled_from([None, "clicks"])),
            )
        )
    return made


@given(messages())
def test_every_message_is_in_one_group_of_its_topic_and_hour(waiting: list[Notification]) -> None:
    groups = incidents(waiting)
    assert sorted(each.event_id for group in groups for each in group) == sorted(each.event_id for each in waiting)
    for group in groups:
        assert len({(each.topic, f"{each.at:%FT%H}") for each in group}) == 1
        assert [each.at for each in group] == sorted(each.at for each in group)
        assert len(group) == 1 or not any(each.is_alone for each in group)
    firsts = [group[0].at for group in groups]
    assert firsts == sorted(firsts)
    together = [(group[0].topic, f"{group[0].at:%FT%H}", group[0].data_prefix) for group in groups if len(group) > 1]
    assert len(set(together)) == len(together)


def test_models_that_read_the_same_data_are_one_message_and_the_others_another_one() -> None:
    def message(model: str, prefix: str | None) -> Notification:
        about = {"event_id": f"{model}-1", "topic": "quarantine_set", "severity": "loud", "model_name": model}
        page = f"https://pages/fleet.html#model-{model}"
        fields = {**about, "title": "Quarantine set", "text": model, "at": NOON, "data_prefix": prefix, "page": page}
        return Notification.model_validate(fields)

    read = {"churn": "clicks", "fraud": "orders", "spam": "clicks", "ads": None, "risk": "loans", "gone": None}
    sent = [as_one(group) for group in incidents([message(*each) for each in read.items()])]
    assert [(each.model_names, each.incident) for each in sent] == [
        (("ads", "fraud", "gone", "risk"), "*/2026-03-01T12"),
        (("churn", "spam"), "clicks/2026-03-01T12"),
    ]
    assert {each.page for each in sent} == {"https://pages/fleet.html"}


@given(messages())
def test_a_message_for_a_group_has_the_text_and_the_time_of_each(waiting: list[Notification]) -> None:
    for group in incidents(waiting):
        message = as_one(group)
        said = "\n".join([message.text, *message.lines])
        assert all(each.text in said for each in group)
        assert message.at == group[0].at
        if len(group) > 1:
            assert [line[:5] for line in message.lines] == [f"{each.at:%H:%M}" for each in group]
            assert ("all of them read clicks" in message.text) == all(each.data_prefix for each in group)


def test_one_model_that_repeats_itself_is_named_and_many_are_counted() -> None:
    def message(model: str, minute: int) -> Notification:
        at = NOON + timedelta(minutes=minute)
        about = {"event_id": f"{model}-{minute}", "topic": "alias_moved", "severity": "loud", "model_name": model}
        return Notification.model_validate({**about, "title": f"Alias moved: {model}", "text": "moved", "at": at})

    again = as_one([message("churn", 0), message("churn", 9)])
    assert (again.title, again.models) == ("Alias moved: churn", 1)
    assert again.text == "From 2026-03-01 12:00 to 12:09 UTC, 2 times the same:"
    assert as_one([message("churn", 0), message("fraud", 9)]).title == "Alias moved: 2 models"
