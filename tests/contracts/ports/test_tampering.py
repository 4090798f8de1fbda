"""Whatever somebody with every right does to chains, anchors or exports is noticed, and its place is named."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from moto import mock_aws

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.anchors import read_anchor
from auto_retrain.domain.errors import EventInvalid, RecordInvalid
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.audit.accept_break import accept_break
from auto_retrain.usecases.audit.anchor_audit import anchor_audit
from auto_retrain.usecases.audit.verify_audit import verify_audit
from auto_retrain.usecases.triggering.record_decision import judgement_fact
from tests.contracts.ports.stores import NOW
from tests.contracts.ports.tampered_world import (
    ANCHOR_ATTACKS,
    ANCHORED,
    LENGTH,
    TABLE,
    TABLE_ATTACKS,
    WITHOUT_A_TRACE,
    Item,
    TableAttack,
    TamperedWorld,
    decision,
    told,
)
from tests.unit.proof.chains import ATTACKS, Attack
from tests.unit.proof.exports import Exported, verifying_script

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-central-1"}

Rows = list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def world() -> Iterator[TamperedWorld]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        yield TamperedWorld()


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[Rows]:
    """The table of attacks, printed after the last of them."""
    rows: Rows = []
    yield rows
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n\nattack on   what somebody does                              noticed as")
        for where, attack, noticed in rows:
            print(f"{where:10}  {attack:44}  {noticed[:100]}")


def test_without_an_attack_everything_holds(world: TamperedWorld) -> None:
    findings = world.verify()
    assert not findings.is_broken, told(findings)
    assert not findings.is_unknown
    (chain,) = findings.chains
    assert (chain.entries, chain.anchored, chain.records, chain.older) == (10, 8, 10, 0)


@pytest.mark.parametrize("attack", TABLE_ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_on_the_table_is_noticed(world: TamperedWorld, attack: TableAttack, rows: Rows) -> None:
    attack.do(world)
    try:
        findings = world.verify()
    finally:
        world.restore()
    assert findings.is_broken
    rows.append(("table", attack.name, _named(attack, told(findings))))


# One for each way in which a chain goes on, or does not.
ACCEPTED = [
    attack
    for attack in TABLE_ATTACKS
    if attack.name
    in (
        "edit an entry",
        "another history from 5 on",
        "delete an entry",
        "cut off an anchored end",
        "cut off what is not anchored",
        "delete all of it",
        "give an entry another key",
        "set the head back",
        "give the head another hash",
        "set the head far ahead",
        "keep a fact out of the chain",
    )
]


@pytest.mark.parametrize("attack", ACCEPTED, ids=lambda attack: attack.name)
def test_a_break_that_is_accepted_is_said_for_ever_and_the_chain_goes_on(
    world: TamperedWorld, attack: TableAttack
) -> None:
    world.copy_anchors(f"accepted-{TABLE_ATTACKS.index(attack)}")
    attack.do(world)
    try:
        if attack.name == "give an entry another key":
            with pytest.raises(RecordInvalid, match="is no entry of an audit chain"):
                accept_break("churn", "unknown", "ada", world.ports)
            return
        fact = accept_break("churn", "restored from a backup", "ada", world.ports)
        assert any(attack.told in text for text in (*fact.damages, *fact.records))
        go_on(world)
        findings = world.verify()
        (chain,) = findings.chains
        assert not findings.is_broken, told(findings)
        assert not findings.is_unknown, chain.not_checked
        (accepted,) = chain.accepted
        assert (accepted.number, accepted.actor, accepted.reason) == (fact.number, "ada", "restored from a backup")
        assert (accepted.damages, accepted.records) == (fact.damages, fact.records)
        assert chain.proven == fact.number + 1
        with pytest.raises(EventInvalid, match="nothing to accept"):
            accept_break("churn", "again", "ada", world.ports)
        # Whatever happens to the entries before it later was not accepted.
        for entry in [each for each in world.entries if each.number < fact.number][1:2]:
            world.write(entry.changed(text=entry.text.replace("not_due", "started")))
            assert world.verify().is_broken
    finally:
        world.restore()


def go_on(world: TamperedWorld) -> None:
    """The next decision is recorded and anchored."""
    made = decision(20)
    world.ports.decisions.record(made, judgement_fact(made))
    world.ports.clock.advance(timedelta(hours=1))
    anchor_audit(ScheduledEvent(), world.ports)


@pytest.mark.parametrize("attack", ANCHOR_ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_on_the_anchors_is_refused_or_noticed(world: TamperedWorld, attack: TableAttack, rows: Rows) -> None:
    world.copy_anchors(attack.name.replace(" ", "-"))
    answer = attack.do(world)
    try:
        findings = world.verify()
    finally:
        world.restore()
    refused = answer == attack.told
    assert findings.is_broken != refused
    rows.append(("anchors", attack.name, str(answer) if refused else _named(attack, told(findings))))


@pytest.mark.parametrize("changes", [{"chain_number": {"N": "1" + "0" * 30}}, {"chain_hash": {"N": "7"}}], ids=str)
def test_a_forged_head_keeps_no_other_chain_from_being_anchored(world: TamperedWorld, changes: Item) -> None:
    world.copy_anchors(f"forged-{len(str(changes))}")
    head = {"pk": {"S": "MODEL#churn"}, "sk": {"S": "AUDIT_HEAD"}}
    world.put(world.client.get_item(TableName=TABLE, Key=head)["Item"] | changes)
    try:
        assert anchor_audit(ScheduledEvent(), world.ports).written
        newest = world.ports.anchors.newest()
        numbers = {each.model_name: each.number for each in read_anchor(newest.document).heads}
        assert numbers == {"churn": ANCHORED, "fraud": LENGTH}
        findings = verify_audit(None, False, world.ports)
        assert findings.is_broken or findings.is_unknown
        assert findings.anchors.damages == ()
    finally:
        world.restore()


def anchored_elsewhere(world: TamperedWorld, *models: str) -> None:
    """The anchors of another deployment, in which these models have longer chains, are put in the place of ours."""
    world.use_bucket(f"elsewhere-{'-'.join(models)}")
    elsewhere = MemoryPorts()
    for model in models:
        for number in range(1, 13):
            elsewhere.audit.append(judgement_fact(decision(number, model, reason="every 7 days")))
    elsewhere.clock.advance(NOW + timedelta(days=2) - elsewhere.clock.now())
    anchor_audit(ScheduledEvent(), elsewhere)
    for stored in elsewhere.anchors.history():
        world.ports.anchors.add(read_anchor(stored.document))


def test_the_anchors_of_another_deployment_prove_nothing(world: TamperedWorld, rows: Rows) -> None:
    anchored_elsewhere(world, "prices", "spam")
    try:
        findings = world.verify()
        (text,) = findings.chains[0].not_checked
        assert "the anchors do not know this chain, although it is older than the newest of them" in text
        rows.append(("anchors", "put those of another deployment there", f"not checked: {text}"))
        (_, other, _) = sorted(verify_audit(None, False, world.ports).chains[1:], key=lambda each: each.model_name)
        assert other.damages[0].kind == "truncated"
    finally:
        world.restore()


def test_the_anchors_of_models_with_the_same_names_contradict_ours(world: TamperedWorld, rows: Rows) -> None:
    anchored_elsewhere(world, "churn", "fraud")
    try:
        findings = world.verify()
        assert findings.is_broken
        rows.append(("anchors", "put those of other models of these names", told(findings)[0]))
    finally:
        world.restore()


def test_two_deployments_that_share_a_bucket_are_noticed_by_both(world: TamperedWorld, rows: Rows) -> None:
    world.copy_anchors("shared")
    other = MemoryPorts()
    other.anchors, other.clock = world.ports.anchors, world.ports.clock
    for number in range(1, 4):
        other.audit.append(judgement_fact(decision(number, "churn", reason="every 7 days")))
    other.audit.append(judgement_fact(decision(1, "prices")))
    try:
        for ports in (other, world.ports, other):
            anchor_audit(ScheduledEvent(), ports)
        theirs, ours = verify_audit("churn", False, other), verify_audit(None, False, world.ports)
        assert [each.kind for each in theirs.chains[0].damages] == ["truncated"]
        broken = {chain.model_name: chain.damages[0].kind for chain in ours.chains if chain.damages}
        assert broken == {"prices": "truncated"}
        rows.append(("anchors", "let another deployment write there", told(theirs)[0]))
    finally:
        world.restore()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_on_an_export_is_noticed(world: TamperedWorld, attack: Attack, tmp_path: Path, rows: Rows) -> None:
    """By the script of the manual, with what the anchor covers."""
    exported = Exported(world.ports, "churn", None, tmp_path)
    exported.entries = attack.change(exported.entries)
    script = tmp_path / "verify_audit.py"
    script.write_text(verifying_script())
    answer = exported.verified_by(script)
    unproven = attack.name in WITHOUT_A_TRACE
    assert answer.returncode == (0 if unproven else 1), answer.stderr
    last = (answer.stderr or answer.stdout).splitlines()[-1].removeprefix("AssertionError: ")
    rows.append(("export", attack.name, "not noticed: it was not anchored yet" if unproven else last))


def _named(attack: TableAttack, sentences: list[str]) -> str:
    """The sentence that names the place."""
    named = [sentence for sentence in sentences if attack.told in sentence]
    assert named, sentences
    return named[0]
