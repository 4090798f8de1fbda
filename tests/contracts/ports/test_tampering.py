"""Whatever somebody with every right does to chains, anchors or exports is noticed, and its place is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from tests.contracts.ports.tampered_world import (
    ANCHOR_ATTACKS,
    TABLE_ATTACKS,
    WITHOUT_A_TRACE,
    TableAttack,
    TamperedWorld,
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
