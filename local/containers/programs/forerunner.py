"""A process that has done imports, and from which containers are forked; a program of its own.

    owner ── socket ──> forerunner ── fork ──> shim ── fork ──> the container's first process

It has one thread, or a fork would copy locks that nobody is left to open; otherwise it gives up, and containers start
without it. Whatever differs between them is replaced in the fork: environment, arguments, search path, descriptors,
random numbers. Hashes of strings, and with them the order of sets, stay those of the forerunner, and so does the
command line that `ps` shows. The containers' own interpreter runs it, so it needs nothing but the standard library and
the file of the shim.
"""

import gc
import json
import os
import runpy
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

READY = b"+"
NUMBER = struct.Struct("!Q")


def main() -> Callable[[], object]:
    """Return what a container runs, in its first process; the forerunner itself does not return."""
    descriptor, imports, *program = sys.argv[1:]
    shim = _load_shim()
    is_module, search_path = program[0] == "-m", _search_path()
    sys.path[0] = str(Path.cwd() if is_module else Path(program[0]).resolve().parent)
    # Otherwise a fifth of the time would go into searching what is imported, and stays, for garbage.
    gc.disable()
    exec(compile(imports, "<imports>", "exec"), {"__name__": "imports"})
    _refuse_threads()
    # Otherwise each fork would print again what is still buffered, and copy pages in its search for garbage.
    sys.stdout.flush()
    gc.collect()
    gc.freeze()
    gc.enable()
    # Shims that have ended are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        arguments = _serve(socket.socket(fileno=int(descriptor)), shim)
    except ConnectionError:
        _end()
    if is_module:
        sys.path[: 1 + len(search_path)] = [str(Path.cwd()), *_search_path()]
    sys.orig_argv[1:] = [*program, *arguments]
    sys.argv[:] = [program[-1], *arguments]
    run = partial(runpy.run_module, alter_sys=True) if is_module else runpy.run_path
    return partial(run, program[-1], run_name="__main__")


def _search_path() -> list[str]:
    return [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]


def _load_shim() -> ModuleType:
    """By its file, as an import would hide modules of the container that have names of ours."""
    spec = spec_from_file_location("shim", Path(__file__).with_name("shim.py"))
    assert spec
    assert spec.loader
    shim = module_from_spec(spec)
    spec.loader.exec_module(shim)
    return shim


def _refuse_threads() -> None:
    threads = [file.read_text().strip() for file in Path("/proc/self/task").glob("*/comm")]
    if len(threads) > 1:
        sys.exit(f"the imports started threads, so nothing is forked: {', '.join(threads)}")


def _serve(control: socket.socket, shim: ModuleType) -> list[str]:
    """Fork for each request; return its arguments, in the first process of its container."""
    control.sendall(READY)
    while True:
        header, descriptors, _, _ = socket.recv_fds(control, NUMBER.size, 3)
        request = _read(control, *NUMBER.unpack(header)) if header else _end()
        holder = os.fork()
        if holder == 0:
            control.close()
            return _become_container(shim, json.loads(request), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(NUMBER.pack(holder))


def _read(control: socket.socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        content += control.recv(size - len(content)) or _end()
    return bytes(content)


def _end() -> NoReturn:
    """The owner has gone; the containers see that for themselves."""
    os._exit(0)


def _become_container(shim: ModuleType, request: Any, orders: int, output: int, report: int) -> list[str]:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for descriptor, place in ((orders, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, place)
    os.close(orders)
    os.close(output)
    os.environ["TMPDIR"] = request["environment"]["TMPDIR"]
    shim.become_container(request["directory"], report)
    # Where the locale that LANG names is not installed, Python sets this when it starts.
    by_python = {name: value for name, value in os.environ.items() if name == "LC_CTYPE"}
    try:
        os.environ.clear()
        os.environ.update(by_python | request["environment"])
    except ValueError as error:
        shim.cannot_start(report, error)
    os.close(report)
    _forget()
    arguments: list[str] = request["arguments"]
    return arguments


def _forget() -> None:
    """What libraries keep for a whole process; Python's own random numbers begin anew in every fork."""
    tempfile.tempdir = None
    if numbers := sys.modules.get("numpy.random"):
        numbers.seed()


if __name__ == "__main__":
    main()()
