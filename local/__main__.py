"""The local commands: `python -m local run`, `demo` and `bench`."""

import argparse
import importlib
import signal
import sys

from local.stack import StackUnavailable

_COMMANDS = {
    "run": "keep the whole stack running until Ctrl-C",
    "demo": "take one model through a year of real data",
    "bench": "measure speed and cost",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description="auto-retrain on this machine alone.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, summary in _COMMANDS.items():
        commands.add_parser(name, help=summary)
    command = parser.parse_args().command
    # SIGTERM takes the same way out as Ctrl-C, so that everything is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(importlib.import_module(f"local.{command}").main())
    except StackUnavailable as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
