"""Builds the virtual environments from their lock files; needs only a Python with venv and pip."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

from local.paths import CORE, ENVS, PYTHON_TAG, REQUIREMENTS, ROOT, TRAINER, env_command, env_python

INSTALLER = "installer"
LOCKS = {
    INSTALLER: REQUIREMENTS / "bootstrap.txt",
    "dev": REQUIREMENTS / "dev.txt",
    "trainer": TRAINER / "requirements.txt",
    "runtime": REQUIREMENTS / "runtime.txt",
    "sam": REQUIREMENTS / "sam.txt",
    "security": REQUIREMENTS / "security.txt",
    "bench": REQUIREMENTS / "bench.txt",
}
MIN_PYTHON, MAX_PYTHON = (3, 11), (3, 13)
PIP_TO_UV = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}


def set_up(names: list[str]) -> None:
    """Install exactly what the lock files say into the named environments; current ones are left alone."""
    if not MIN_PYTHON <= sys.version_info[:2] <= MAX_PYTHON:
        sys.exit(f"setup: needs Python 3.11 to 3.13, {sys.executable} is {PYTHON_TAG}; choose one with PYTHON=…")
    stale = [name for name in names if not is_current(name)]
    if stale and (owner := other_checkout()):
        sys.exit(f"setup: {ENVS} belongs to {owner}; remove the link, or set up there, as this would delete them")
    if stale and not is_current(INSTALLER):
        build(INSTALLER, install_installer)
    for name in stale:
        build(name, install)


def other_checkout() -> Path | None:
    """The checkout that a link leads to from here: its environments must not be built anew for this one."""
    root = ENVS.resolve().parents[2]
    return root if root != ROOT and (root / "local" / "setup.py").exists() else None


def stamp_of(name: str) -> str:
    """A digest that changes when the environment must be rebuilt: new lock file, new interpreter, moved checkout."""
    causes = [LOCKS[name].read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(causes)).hexdigest()


def is_current(name: str) -> bool:
    stamp = ENVS / name / "stamp"
    return stamp.exists() and stamp.read_text() == stamp_of(name)


def build(name: str, fill: Callable[[str], None]) -> None:
    packages = sum("==" in line for line in LOCKS[name].read_text().splitlines())
    print(f"setup: {name} environment, {packages} packages for Python {PYTHON_TAG} …", flush=True)
    started = time.monotonic()
    shutil.rmtree(ENVS / name, ignore_errors=True)
    fill(name)
    (ENVS / name / "stamp").write_text(stamp_of(name))
    print(f"setup: {name} environment ready after {time.monotonic() - started:.0f} s", flush=True)


def install_installer(name: str) -> None:
    venv.create(ENVS / name, with_pip=True)
    run(env_python(name), "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", LOCKS[name])


def install(name: str) -> None:
    uv = env_command(INSTALLER, "uv")
    run(uv, "venv", "--quiet", "--python", sys.executable, ENVS / name)
    options = ("--quiet", "--require-hashes", "--compile-bytecode", "--python", env_python(name))
    run(uv, "pip", "sync", *options, LOCKS[name])
    if name == "dev":
        (site_packages(name) / "auto_retrain.pth").write_text(f"{CORE}\n{ROOT}\n")


def site_packages(name: str) -> Path:
    return ENVS / name / "lib" / f"python{PYTHON_TAG}" / "site-packages"


def run(*command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), env=pip_settings() | os.environ, check=False)
    if done.returncode:
        sys.exit(f"setup: {command[0]} failed, see above")


def pip_settings() -> dict[str, str]:
    """The mirror and the certificate that pip is configured with, as variables for uv, which does not read them."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)
    pairs = (line.partition("=") for line in listing.stdout.splitlines())
    configured = {key.rpartition(".")[2]: value.strip("'\"") for key, _, value in pairs}
    return {PIP_TO_UV[key]: value for key, value in configured.items() if key in PIP_TO_UV}


if __name__ == "__main__":
    set_up(sys.argv[1:] or ["dev", "trainer", "runtime", "sam"])
