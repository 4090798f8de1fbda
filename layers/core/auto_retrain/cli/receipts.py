"""`auto-retrain receipts`: what retrainings cost, and how many of them changed something."""

import argparse
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from ..domain.prices import PriceList
from ..domain.receipt import Receipt, receipt_of
from ..ports import Ports
from ..usecases.lookup import known_policy
from .arguments import add_model, number_up_to
from .price_files import read_price_file
from .printing import plain, print_json, print_table

_HEADINGS = ("CREATED", "ENDED", "PODS", "REST", "TOTAL", "FORECAST", "JOB")


def add_commands(commands: Any) -> None:
    receipts = commands.add_parser(
        "receipts",
        help="show what retrainings cost",
        description="Show what each retraining of one model, or of all models, cost in US dollars: its pods, and the "
        "rest (functions, state transitions, a month of what it stored).",
    )
    add_model(receipts, help="only jobs of this model", nargs="?")
    receipts.add_argument(
        "--days",
        metavar="N",
        type=number_up_to(365),
        default=30,
        help="number of days (default: %(default)s)",
    )
    receipts.add_argument("--prices", metavar="FILE", type=Path, help="prices of your own (default: list prices)")
    receipts.add_argument("--json", action="store_true", help="print JSON with all details")
    receipts.set_defaults(run=_receipts)


def _receipts(options: argparse.Namespace, ports: Ports) -> None:
    given = PriceList(prices=read_price_file(options.prices)) if options.prices else ports.prices.current()
    since = ports.clock.now() - timedelta(days=options.days)
    if options.model:
        known_policy(options.model, ports)
        jobs = ports.jobs.list_of_model(options.model, since)
    else:
        jobs = ports.jobs.list_since(since)
    receipts = [receipt_of(job, given.prices) for job in jobs]
    if options.json:
        print_json(receipts)
    elif not receipts:
        print(f"no retraining in {options.days} days")
    else:
        _print(receipts, given)


def _print(receipts: Sequence[Receipt], given: PriceList) -> None:
    print_table(_HEADINGS, [_row(receipt) for receipt in receipts])
    total = sum(receipt.total for receipt in receipts)
    unchanged = [receipt for receipt in receipts if not receipt.changed_something]
    wasted = sum(receipt.total for receipt in unchanged)
    print(f"\nretrainings: {len(receipts)} for ${total:.4f}")
    print(f"of these changed nothing: {len(unchanged)} for ${wasted:.4f}")
    if any(receipt.at_most for receipt in receipts):
        print("<  at most: some pod left no report")
    if any(receipt.unmeasured for receipt in receipts):
        print("?  without steps of which nothing was measured, or that have not ended")
    if given.problem:
        print(f"your own prices cannot be read, so list prices were used: {plain(given.problem)}")
    print(f"prices as of {given.prices.as_of} in {given.prices.region}; check them against your bill")


def _row(receipt: Receipt) -> tuple[str, ...]:
    mark = ("<" if receipt.at_most else "") + ("?" if receipt.unmeasured else "")
    rest = receipt.total - receipt.pods
    money = f"{receipt.pods:.4f}", f"{rest:.4f}", f"{receipt.total:.4f}{mark}"
    forecast = "" if receipt.forecast is None else f"{receipt.forecast:.4f}"
    return (f"{receipt.created_at:%m-%d %H:%M}", receipt.outcome, *money, forecast, receipt.job_id)
