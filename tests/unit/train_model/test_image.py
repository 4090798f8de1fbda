"""Checks of the image's files, because the image itself cannot be built without Docker."""

import json
import re
from fnmatch import fnmatch

import pytest

from local.paths import CORE, TRAINER

DOCKERFILE = (TRAINER / "Dockerfile").read_text()
# One instruction per line, without comments.
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line.strip()
]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def is_ignored(name: str) -> bool:
    """Whether Docker ignores a file: the last pattern that matches decides."""
    matching = [
        pattern
        for pattern in (TRAINER / ".dockerignore").read_text().splitlines()
        if pattern and not pattern.startswith("#") and fnmatch(name, pattern.removeprefix("!"))
    ]
    return bool(matching) and not matching[-1].startswith("!")


def test_everything_that_is_copied_exists_and_is_not_ignored() -> None:
    sources = [copy.split()[0] for copy in arguments("COPY") if not copy.startswith("--from")]
    assert sources
    for source in sources:
        names = [path.name for path in TRAINER.glob(source)]
        assert names
        assert not [name for name in names if is_ignored(name)]


def test_nothing_else_gets_into_the_build() -> None:
    assert is_ignored("README.md")
    assert is_ignored("Dockerfile")
    assert is_ignored(".env")


def test_the_image_runs_the_package_as_a_numeric_user_without_privileges() -> None:
    assert json.loads(arguments("ENTRYPOINT")[-1]) == ["python", "-m", TRAINER.name]
    assert int(arguments("USER")[-1].partition(":")[0]) > 0
    package_root = arguments("WORKDIR")[-1]
    assert f"*.py {package_root}/{TRAINER.name}/" in arguments("COPY")


def test_the_package_that_decides_comes_from_a_context_of_its_own() -> None:
    (copied,) = [copy for copy in arguments("COPY") if copy.startswith("--from=core")]
    assert copied.split()[1:] == ["auto_retrain", f"{arguments('WORKDIR')[-1]}/auto_retrain"]
    assert (CORE / "auto_retrain").is_dir()


def test_packages_are_installed_by_hash_and_the_base_can_be_pinned() -> None:
    (install,) = [command for command in arguments("RUN") if "pip install" in command]
    assert {"--require-hashes", "--only-binary"} <= set(install.split())
    assert set(arguments("FROM")) == {"${PYTHON_IMAGE}", "${PYTHON_IMAGE} AS packages", "scratch AS core"}
    assert arguments("ARG")[0].startswith("PYTHON_IMAGE=python:3.13-slim")


def test_every_locked_package_has_a_hash() -> None:
    locked = re.split(r"\n(?=[a-z0-9])", (TRAINER / "requirements.txt").read_text())
    packages = [entry for entry in locked if "==" in entry]
    assert packages
    assert not [entry for entry in packages if "--hash=sha256:" not in entry]


def test_only_tmp_has_to_be_writable() -> None:
    settings = " ".join(arguments("ENV"))
    assert "HOME=/tmp" in settings
    assert "PYTHONDONTWRITEBYTECODE=1" in settings


@pytest.mark.parametrize("word", ["secret", "password", "token", "credential"])
def test_the_dockerfile_contains_no_secret(word: str) -> None:
    assert word not in DOCKERFILE.lower()
