"""Who acts is recorded by a name of their own."""

import pytest

from auto_retrain.domain.errors import EventInvalid
from auto_retrain.domain.people import check_person


@pytest.mark.parametrize(
    "actor",
    ["auto-retrain", "Auto-Retrain", " auto retrain ", "AUTO_RETRAIN", "\uff41uto-retrain", "auto\u2011retrain"],
)
def test_nobody_can_act_under_the_name_of_the_system(actor: str) -> None:
    with pytest.raises(EventInvalid, match=r"actor = .*'auto-retrain' is how the system itself is recorded"):
        check_person(actor)


@pytest.mark.parametrize(
    ("actor", "reason", "message"),
    [
        ("", None, "actor = ''"),
        ("a" * 129, None, "actor = 'aaa"),
        ("ada\nbob", None, r"actor = 'ada\\nbob': must be on one line"),
        ("ada", "x\u202ey", r"reason = 'x\\u202ey': must be on one line"),
        ("ada", "x" * 501, "reason = 'xxx"),
    ],
)
def test_a_name_or_reason_that_cannot_be_shown_is_refused(actor: str, reason: str | None, message: str) -> None:
    with pytest.raises(EventInvalid, match=message):
        check_person(actor, reason)


def test_other_names_are_fine() -> None:
    for actor in ("ada", "auto-retrain-admin", "Zoë O'Brien <zoe@example.com>"):
        check_person(actor, "new labels")
