"""Setting up builds environments of this checkout, and never those of another one."""

from pathlib import Path

import pytest

from local import setup


def test_environments_that_a_link_shares_with_another_checkout_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    (theirs / "local").mkdir(parents=True)
    (theirs / "local" / "setup.py").touch()
    kept = theirs / ".local" / "envs" / "3.11" / "dev" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    (mine / ".local").mkdir(parents=True)
    (mine / ".local" / "envs").symlink_to(theirs / ".local" / "envs")
    monkeypatch.setattr(setup, "ROOT", mine)
    monkeypatch.setattr(setup, "ENVS", mine / ".local" / "envs" / "3.11")
    with pytest.raises(SystemExit, match=f"belongs to {theirs}; remove the link"):
        setup.set_up(["dev"])
    assert kept.exists()


def test_a_link_to_another_disk_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / ".local").symlink_to(tmp_path / "disk")
    monkeypatch.setattr(setup, "ENVS", tmp_path / ".local" / "envs" / "3.11")
    assert setup.other_checkout() is None
