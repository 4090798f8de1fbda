"""`auto-retrain receipts`: what retrainings cost, and how many of them changed something."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ..domain.receipt import Prices, Receipt, receipt_of
from ..usecases.lookup import known_policy
from .arguments import Json, ModelOrAll, number_up_to, ports_of
from .commands import Commands
from .price_files import read_prices
from .printing import print_json, print_table

_HEADINGS = ("CREATED", "ENDED", "PODS", "REST", "TOTAL", "JOB")


commands = Commands()


@commands.add("receipts", "receipts churn --days 90")
def receipts(
    context: typer.Context,
    model: ModelOrAll = None,
    days: Annotated[int, typer.Option("--days", metavar="N", parser=number_up_to(365), help="number of days")] = 30,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="prices of your own (default: list prices)"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what each retraining of one model, or of all models, cost in US dollars: its pods, and the rest (functions,
    state transitions, a month of what it stored)."""
    price_list = read_prices(prices)
    ports = ports_of(context)
    if model:
        known_policy(model, ports)
    jobs = ports.jobs.list_since(ports.clock.now() - timedelta(days=days))
    own = [receipt_of(job, price_list) for job in jobs if model in (None, job.model_name)]
    if as_json:
        print_json(own)
    elif not own:
        print(f"no retraining in {days} days")
    else:
        _print(own, price_list)


def _print(receipts: Sequence[Receipt], prices: Prices) -> None:
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
    print(f"prices as of {prices.as_of} in {prices.region}; check them against your bill")


def _row(receipt: Receipt) -> tuple[str, ...]:
    mark = ("<" if receipt.at_most else "") + ("?" if receipt.unmeasured else "")
    rest = receipt.total - receipt.pods
    money = f"{receipt.pods:.4f}", f"{rest:.4f}", f"{receipt.total:.4f}{mark}"
    return (f"{receipt.created_at:%m-%d %H:%M}", receipt.outcome.replace("_", " "), *money, receipt.job_id)
