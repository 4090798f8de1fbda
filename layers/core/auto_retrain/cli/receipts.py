"""`auto-retrain receipts`: what retrainings cost, and how many of them changed something."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import yaml

from ..domain.errors import EventInvalid
from ..domain.prices import PriceList, Prices, read_prices
from ..domain.receipt import Receipt, receipt_of
from ..domain.status import RetrainingStatus
from ..usecases.lookup import known_policy
from .arguments import Json, ModelOrAll, number_up_to, ports_of
from .commands import Commands
from .printing import print_json, print_table, say

# Whether these change something nobody knows yet.
_UNDER_WAY = [status.value for status in RetrainingStatus if not status.is_terminal]
_HEADINGS = ("CREATED", "ENDED", "PODS", "REST", "TOTAL", "FORECAST", "JOB")


commands = Commands()


@commands.add("receipts", "receipts churn --days 90")
def receipts(
    context: typer.Context,
    model: ModelOrAll = None,
    days: Annotated[int, typer.Option("--days", metavar="N", parser=number_up_to(365), help="number of days")] = 30,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="prices of your own (default: those of the deployment)"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what each retraining of one model, or of all models, cost in US dollars: its pods, and the rest (functions,
    state transitions, a month of what it stored)."""
    ports = ports_of(context)
    price_list = PriceList(prices=_read_prices(prices)) if prices else ports.prices.current()
    since = ports.clock.now() - timedelta(days=days)
    if model:
        known_policy(model, ports)
    jobs = ports.jobs.list_of_model(model, since) if model else ports.jobs.list_since(since)
    own = [receipt_of(job, price_list.prices) for job in jobs]
    if as_json:
        print_json(own)
    elif not own:
        say(f"no retraining in {days} days")
    else:
        _print(own, price_list)


def _print(receipts: Sequence[Receipt], given: PriceList) -> None:
    print_table(_HEADINGS, [_row(receipt) for receipt in receipts])
    total = sum(receipt.total for receipt in receipts)
    unchanged = [each for each in receipts if not each.changed_something and each.outcome not in _UNDER_WAY]
    wasted = sum(receipt.total for receipt in unchanged)
    say("")
    say(f"retrainings: {len(receipts)} for {_money(total)}")
    say(f"of these changed nothing: {len(unchanged)} for {_money(wasted)}")
    if any(receipt.at_most for receipt in receipts):
        say("<  at most: some pod left no report")
    if any(receipt.unmeasured for receipt in receipts):
        say("?  without steps of which nothing was measured, or that have not ended")
    if given.problem:
        say(f"your own prices cannot be read, so list prices were used: {given.problem}")
    say(f"prices as of {given.prices.as_of} in {given.prices.region}; check them against your bill")


def _row(receipt: Receipt) -> tuple[str, ...]:
    mark = ("<" if receipt.at_most else "") + ("?" if receipt.unmeasured else "")
    money = _money(receipt.pods), _money(receipt.total - receipt.pods), f"{_money(receipt.total)}{mark}"
    forecast = "" if receipt.forecast is None else _money(receipt.forecast)
    return f"{receipt.created_at:%F}", receipt.outcome.replace("_", " "), *money, forecast, receipt.job_id


def _money(usd: float) -> str:
    """With as many digits in each line, so that they can be compared and added up."""
    return f"${usd:,.4f}"


def _read_prices(path: Path) -> Prices:
    """The prices in a YAML or JSON file; raises EventInvalid naming what is wrong in it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return read_prices(json.dumps(document, default=str))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise EventInvalid(f"--prices {path}: {error}") from error
