"""A program of a container that tells everything about its process that a program can notice, and ends as it is told.

Its behaviour is Python in its first argument; `about()` is what it would print without one.
"""

import json
import locale
import os
import resource
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any


def about() -> dict[str, Any]:
    import numpy as np

    main = sys.modules["__main__"]
    return {
        "environment": {name: value for name, value in os.environ.items() if name not in ("HOSTNAME", "TMPDIR")},
        "named": sorted({"HOSTNAME", "TMPDIR"} & set(os.environ)),
        "arguments": sys.argv,
        "original arguments": sys.orig_argv,
        "directory": str(Path.cwd()),
        "path": sys.path,
        "main": [main.__name__, main.__file__, main.__package__ or "", getattr(main.__spec__, "name", None)],
        "main is this": main.__dict__ is globals(),
        "flags": str(sys.flags),
        "warnings": str(warnings.filters),
        "descriptors": {number: _kind(number) for number in range(100) if _kind(number)},
        "inheritable": [os.get_inheritable(number) for number in range(3)],
        "streams": [_about_stream(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "input": sys.stdin.read(),
        "umask": os.umask(0o22),
        "limits": [resource.getrlimit(number) for number in range(16)],
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "signals": {number.name: str(signal.getsignal(number)) for number in signal.valid_signals() if number < 32},
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "own group": os.getpgid(0) == os.getpid(),
        "session of the shim": os.getsid(0) == os.getppid(),
        "threads": [thread.name for thread in threading.enumerate()],
        "kernel threads": len(list(Path("/proc/self/task").iterdir())),
        "locale": [locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding(), str(locale.getlocale())],
        "room": tempfile.gettempdir() == os.environ["TMPDIR"],
        "children": Path(f"/proc/self/task/{os.getpid()}/children").read_text(),
        "dies with the shim": _death_signal(),
        "hooks": [str(sys.excepthook), str(sys.displayhook), str(threading.excepthook), sys.gettrace()],
        "recursion limit": sys.getrecursionlimit(),
        "floats": [np.geterr(), np.get_printoptions()["precision"]],
    }


def _kind(number: int) -> str | None:
    try:
        target = str(Path(f"/proc/self/fd/{number}").readlink())
    except OSError:
        return None
    return target.partition(":")[0]


def _about_stream(stream: Any) -> list[Any]:
    return [stream.name, stream.encoding, stream.errors, stream.line_buffering, stream.write_through, stream.isatty()]


def _death_signal() -> int:
    import ctypes

    number = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(number), 0, 0, 0)
    return number.value


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1]:
        exec(sys.argv[1])
    else:
        print(json.dumps(about()))
