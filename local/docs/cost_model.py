"""What a fleet costs in a month: counted calls and units, times assumed rates and seconds, times list prices."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from samtranslator.yaml_helper import yaml_parse

from auto_retrain.domain.policy.training import Capacity
from auto_retrain.domain.prices import list_prices
from auto_retrain.domain.usage import PodUse
from local.bench.passes import Pass, looks_at_champions, sweeps
from local.docs.markdown import table
from local.paths import TEMPLATE

FLEETS = (10, 1_000, 10_000)
# Passes are counted over so many models; what each further one adds does not change with their number.
FEW, MANY = 10, 100

DAYS, HOURS, MINUTES = 30, 30 * 24, 30 * 24 * 60
CHECKS_A_MONTH, RETRAININGS_A_MONTH, PROMOTED, WATCH_DAYS = 30, 2, 0.5, 7

# Units of DynamoDB of one promotion and of one check that is not due; a test counts them.
RETRAINING_READS, RETRAINING_WRITES = 66, 472
CHECK_READS, CHECK_WRITES = 6, 13
# `make bench` counts the first. The other: the start, CheckTriggers, DetectDrift, two choices and NotDue.
RETRAINING_TRANSITIONS, CHECK_TRANSITIONS = 15, 6

# Assumed: gigabyte-seconds and invocations of the functions of a retraining and of a check, and its pods.
RETRAINING_GB_SECONDS, RETRAINING_CALLS = 35.0, 8
CHECK_GB_SECONDS, CHECK_CALLS = 16.0, 2
POD = PodUse(pods=1, cpu=2, gib=4, gpus=0, capacity=Capacity.ON_DEMAND, seconds=12 * 60)
STORED_GB = 0.05
RETRAINING_PUTS, RETRAINING_GETS = 30, 60
LOG_KB_OF_A_CALL = 2
# Assumed: seconds of each pass, and further ones for each model or, of the last, for each champion that is watched.
SECONDS = {
    "WatchJobs": (0.5, 0.0),
    "WatchRollouts": (0.3, 0.0),
    "Notify": (0.1, 0.0),
    "SweepModels": (1.0, 0.0022),
    "ReportFleet": (1.0, 0.00042),
    "AnchorAudit": (1.0, 0.0002),
    "SendDigest": (1.0, 0.0005),
    "WatchChampions": (1.0, 0.0012),
}
# Queries of an index in which there is next to nothing, each minute: jobs twice, rollouts and waiting messages once.
QUERIES_A_MINUTE = 4

# List prices in US dollars of us-east-1 as of 2025-01-01 of what receipts do not count.
READ_UNIT, WRITE_UNIT = 0.125e-6, 0.625e-6  # aws.amazon.com/dynamodb/pricing, on demand
METRIC_READ = 0.01e-3  # aws.amazon.com/cloudwatch/pricing, GetMetricData
METRIC, ALARM, DASHBOARD = 0.30, 0.10, 3.00
LOG_GB = 0.50
S3_PUT, S3_GET = 5e-6, 0.4e-6  # aws.amazon.com/s3/pricing


class Fleet(NamedTuple):
    """A number of models, and what passes over them read."""

    models: int
    turn: Pass
    ordinary: Pass
    champions: Pass

    @property
    def retrainings(self) -> float:
        return self.models * RETRAININGS_A_MONTH

    @property
    def checks(self) -> float:
        return self.models * CHECKS_A_MONTH

    @property
    def watched(self) -> float:
        """Champions that are watched at any time."""
        return self.retrainings * PROMOTED * WATCH_DAYS / DAYS


def render() -> str:
    """The table of the model: a row for each kind of cost, a column for each fleet."""
    fleets = [fleet(models) for models in FLEETS]
    rows = [(name, *(_shown(cost(each)) for each in fleets)) for name, cost in COSTS.items()]
    totals = [sum(cost(each) for cost in COSTS.values()) for each in fleets]
    rows.append(("**together**", *(f"**{_shown(total)}**" for total in totals)))
    rows.append(("for each model", *(_shown(total / each.models) for total, each in zip(totals, fleets, strict=True))))
    counted = [
        ("read units of a sweep", *(f"{each.ordinary.reads:,.0f}" for each in fleets)),
        ("metrics that the sweeps of a day read", *(f"{each.turn.metrics:,}" for each in fleets)),
        ("read units of a look at watched champions", *(f"{each.champions.reads:,.0f}" for each in fleets)),
        ("metrics of a look at watched champions", *(f"{each.champions.metrics:,}" for each in fleets)),
    ]
    sizes = [f"{models:,} models" for models in FLEETS]
    return "\n\n".join([table(("US dollars a month", *sizes), rows), table(("counted", *sizes), counted)])


def fleet(models: int) -> Fleet:
    """A fleet with what the passes over it read, from passes that were counted."""
    few, many = (_counted(number) for number in (FEW, MANY))
    watched = models * RETRAININGS_A_MONTH * PROMOTED * WATCH_DAYS / DAYS
    turn, ordinary = (_at(models, *of_both) for of_both in zip(few[:2], many[:2], strict=True))
    return Fleet(models, turn, ordinary, _at(watched, few[2], many[2]))


@cache
def _counted(number: int) -> tuple[Pass, Pass, Pass]:
    return (*sweeps(number), looks_at_champions(number))


def _at(number: float, few: Pass, many: Pass) -> Pass:
    """What a pass over so many reads: on the line through what was counted."""
    share = (number - FEW) / (MANY - FEW)
    reads = few.reads + share * (many.reads - few.reads)
    return Pass(max(reads, 0.5), max(round(few.metrics + share * (many.metrics - few.metrics)), 0))


def _of_passes(each: Fleet) -> float:
    """Functions that run by the clock."""
    prices, cost = list_prices(), 0.0
    for name, (passes, gigabytes) in _schedules().items():
        base, further = SECONDS[name]
        seconds = base + further * (each.watched if name == "WatchChampions" else each.models)
        cost += passes * (seconds * gigabytes * prices.lambda_memory.usd + prices.lambda_request.usd)
    return cost


def _reads_of_passes(each: Fleet) -> float:
    """Sweeps, and hourly the page, the anchors and the champions, each read the whole fleet or all that are watched."""
    sweeping = _schedules()["SweepModels"][0]
    units = (sweeping + 2 * HOURS) * each.ordinary.reads + HOURS * each.champions.reads
    return (units + MINUTES * QUERIES_A_MINUTE / 2) * READ_UNIT


def _metrics(each: Fleet) -> float:
    return (DAYS * each.turn.metrics + HOURS * each.champions.metrics) * METRIC_READ


def _checks(each: Fleet) -> float:
    prices = list_prices()
    return each.checks * (
        CHECK_TRANSITIONS * prices.state_transition.usd
        + CHECK_GB_SECONDS * prices.lambda_memory.usd
        + CHECK_CALLS * prices.lambda_request.usd
    )


def _pods(each: Fleet) -> float:
    return each.retrainings * list_prices().of_pods(POD.capacity).cost_of(POD)


def _retrainings(each: Fleet) -> float:
    prices = list_prices()
    return each.retrainings * (
        RETRAINING_TRANSITIONS * prices.state_transition.usd
        + RETRAINING_GB_SECONDS * prices.lambda_memory.usd
        + RETRAINING_CALLS * prices.lambda_request.usd
        + STORED_GB * (1 + PROMOTED) * prices.storage.usd
        + RETRAINING_PUTS * S3_PUT
        + RETRAINING_GETS * S3_GET
    )


def _units(each: Fleet) -> float:
    reads = each.retrainings * RETRAINING_READS + each.checks * CHECK_READS
    writes = each.retrainings * RETRAINING_WRITES + each.checks * CHECK_WRITES
    return reads * READ_UNIT + writes * WRITE_UNIT


def _logs(each: Fleet) -> float:
    calls = sum(passes for passes, _ in _schedules().values())
    calls += each.retrainings * RETRAINING_CALLS + each.checks * CHECK_CALLS
    return calls * LOG_KB_OF_A_CALL / 1e6 * LOG_GB


def _watching_over_it(_: Fleet) -> float:
    resources = _template()["Resources"].values()
    alarms = sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in resources)
    filters = sum(resource["Type"] == "AWS::Logs::MetricFilter" for resource in resources)
    return float(alarms * ALARM + filters * METRIC + DASHBOARD)


# Each kind of cost, in US dollars a month.
COSTS: dict[str, Callable[[Fleet], float]] = {
    "functions that run by the clock": _of_passes,
    "what they read from DynamoDB": _reads_of_passes,
    "metrics that they read from CloudWatch": _metrics,
    "checks for drift: functions, state transitions": _checks,
    "retrainings: pods": _pods,
    "retrainings: functions, state transitions, S3": _retrainings,
    "checks and retrainings: DynamoDB": _units,
    "logs": _logs,
    "alarms, metrics and the dashboard": _watching_over_it,
}


def _shown(usd: float) -> str:
    return f"{usd:,.0f}" if usd >= 100 else f"{usd:,.2f}"


@cache
def _template() -> Any:
    return yaml_parse(TEMPLATE.read_text())


@cache
def _schedules() -> dict[str, tuple[float, float]]:
    """How often each function runs by the clock in a month, and its gigabytes of memory."""
    return dict(_scheduled())


def _scheduled() -> Iterator[tuple[str, tuple[float, float]]]:
    template = _template()
    resources = template["Resources"]
    usual = template["Globals"]["Function"]["MemorySize"]
    for rule in resources.values():
        expression = rule.get("Properties", {}).get("ScheduleExpression")
        if expression is None:
            continue
        if isinstance(expression, dict):
            expression = template["Parameters"][expression["Ref"]]["Default"]
        name = rule["Properties"]["Targets"][0]["Id"]
        memory = resources[f"{name}Function"]["Properties"].get("MemorySize", usual)
        yield name, (_runs(expression), memory / 1024)


def _runs(expression: str) -> float:
    """Runs a month of a rate; a schedule of another kind is the digest's, once a week."""
    rate = re.fullmatch(r"rate\((\d+) (minute|hour)s?\)", expression)
    if rate is None:
        return DAYS / 7
    return (MINUTES if rate[2] == "minute" else HOURS) / int(rate[1])
