"""Builds the functions and layers for this machine's interpreter, as far as their sources have changed."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from local.paths import BUILD, BUILT_TEMPLATE, CORE, PYTHON_TAG, ROOT, TEMPLATE, env_command, env_python

LAYERS = ROOT / "layers"
STAMP = BUILD.with_suffix(".stamp")


def build() -> None:
    """Bring BUILD up to date: everything through SAM, or only our own layer when nothing else has changed."""
    BUILD.parent.mkdir(parents=True, exist_ok=True)
    with (BUILD.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = {"all": digest(third_parties()), "core": digest(own_code())}
        built = json.loads(STAMP.read_text()) if STAMP.exists() and BUILT_TEMPLATE.exists() else {}
        if built == current:
            return
        STAMP.unlink(missing_ok=True)
        if built.get("all") == current["all"]:
            timed("our own layer", build_core)
        else:
            timed("all layers", build_all)
        STAMP.write_text(json.dumps(current))


def third_parties() -> Iterable[Path]:
    return [TEMPLATE, *LAYERS.glob("Makefile"), *LAYERS.glob("*/requirements.txt"), *LAYERS.glob("vendor/*.py")]


def own_code() -> Iterable[Path]:
    return [file for file in CORE.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def digest(files: Iterable[Path]) -> str:
    hasher = hashlib.sha256(sys.version.encode())
    for file in sorted(files):
        hasher.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return hasher.hexdigest()


def timed(what: str, step: Callable[[], None]) -> None:
    print(f"build: {what} for Python {PYTHON_TAG} …", flush=True)
    started = time.monotonic()
    step()
    print(f"build: {what} done in {time.monotonic() - started:.0f} s", flush=True)


def build_all() -> None:
    run(env_command("sam", "sam"), "build", "--template-file", TEMPLATE, "--build-dir", BUILD)


def build_core() -> None:
    shutil.rmtree(BUILD / "CoreLayer")
    run("make", "--directory", LAYERS, "build-CoreLayer", f"ARTIFACTS_DIR={BUILD / 'CoreLayer'}")


def run(*command: str | Path) -> None:
    settings = {
        "TARGET": "local",
        "PYTHON": str(env_python("dev")),
        "UV": str(env_command("installer", "uv")),
        "SAM_CLI_TELEMETRY": "0",
    }
    done = subprocess.run(
        list(map(str, command)), env=os.environ | settings, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nbuild: {command[0]} failed, see above")


if __name__ == "__main__":
    build()
