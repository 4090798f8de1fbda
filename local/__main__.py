"""The local commands: `python -m local run`, `demo [SCENARIO]` and `bench`."""

import argparse
import importlib
import signal
import sys

from local.stack import StackUnavailable

_COMMANDS = {
    "run": "keep the whole stack running until Ctrl-C",
    "demo": "take one model through a year of real data, or play a scenario",
    "bench": "measure speed and cost",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description="auto-retrain on this machine alone.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    parsers = {name: commands.add_parser(name, help=summary) for name, summary in _COMMANDS.items()}
    parsers["demo"].add_argument("scenario", nargs="?", default="year", help="its name; without one, it is the year")
    arguments = vars(parser.parse_args())
    command = arguments.pop("command")
    # SIGTERM takes the same way out as Ctrl-C, so that everything is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(importlib.import_module(f"local.{command}").main(**arguments))
    except StackUnavailable as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
