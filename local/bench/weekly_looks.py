"""How often a year of weekly comparisons replaces a champion by a model that is no better: the table in docs/limits.md.

`python -m local.bench.weekly_looks [years]` prints it. Each week another challenger, which is just as good as the
champion, is compared with it on the rows of the last four weeks. The answers of both have a correlation of 0.8.
"""

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.version_metrics import VersionMetrics
from auto_retrain.comparison.versions import Pair, Terms
from auto_retrain.domain.comparison import Comparison, MetricResult
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.gates.min_improvement import judge_min_improvement
from auto_retrain.gates.paired_evidence import judge_paired_evidence
from auto_retrain.statistics.resampling import Sample

Array = np.ndarray[Any, Any]

YEARS, WEEKS, WINDOW = 60, 52, 4
ROWS_A_WEEK = (125, 500, 2500)
BASES = ("relative", "error_reduction")
BUDGETS = ("comparison", "year")
CORRELATION, SIGNAL = 0.8, 1.4
CLASSES = np.array(["no", "yes"])


class Rule(NamedTuple):
    """What a policy promotes by."""

    metric: str
    basis: str
    budget: str

    def policy(self) -> Policy:
        numbers = self.metric == "rmse"
        data = {"prefix": "shop", "row_id": "id", "label": "y", "numeric": ["x"]}
        task = {"task": "regression"} if numbers else {}
        validation = {"primary_metric": self.metric, "improvement_basis": self.basis, "error_budget": self.budget}
        return Policy.model_validate(
            {"model": "shop", "owner": "team", "data": {**data, **task}, "validation": validation}, strict=False
        )


def rules_of(*metrics: str) -> list[Rule]:
    return [Rule(metric, basis, budget) for metric in metrics for basis in BASES for budget in BUDGETS]


class Year:
    """The rows of a year, a champion's answers, and those of a new challenger for each window."""

    def __init__(self, rows_a_week: int, classes: bool, random: np.random.Generator) -> None:
        self.rows_a_week, self.classes, self.random = rows_a_week, classes, random
        rows = rows_a_week * (WEEKS + WINDOW - 1)
        self.labels = random.integers(2, size=rows) if classes else random.normal(100, 3, rows)
        self.hardness = random.normal(size=rows) * CORRELATION**0.5
        self.champion = self._noise(rows)

    def weeks(self) -> Iterator[tuple[Predictions, Predictions]]:
        """Challenger and champion on each window."""
        for week in range(WEEKS):
            window = slice(week * self.rows_a_week, (week + WINDOW) * self.rows_a_week)
            challenger = self._noise(self.rows_a_week * WINDOW)
            yield self._answers(window, challenger), self._answers(window, self.champion[window])

    def _noise(self, rows: int) -> Array:
        noise: Array = self.random.normal(size=rows) * (1 - CORRELATION) ** 0.5
        return noise

    def _answers(self, window: slice, own: Array) -> Predictions:
        labels, errors = self.labels[window], self.hardness[window] + own
        ids = np.arange(labels.size).astype(str)
        if not self.classes:
            return Predictions(ids, labels, labels + errors)
        yes = 1 / (1 + np.exp(-2 * SIGNAL * (SIGNAL * (2 * labels - 1) + errors)))
        scores = np.column_stack([1 - yes, yes])
        return Predictions(ids, labels, (yes > 0.5).astype(int), CLASSES, scores)


def false_promotions(rows_a_week: int, classes: bool, rules: list[Rule], years: int) -> dict[Rule, float]:
    """The share of years in which each rule promotes at least once."""
    random, sample = np.random.default_rng(rows_a_week), Sample(rows_a_week * WINDOW, 0)
    policies = {rule: rule.policy() for rule in rules}
    replaced = dict.fromkeys(rules, 0)
    for _ in range(years):
        open_rules = set(rules)
        for look, (challenger, champion) in enumerate(Year(rows_a_week, classes, random).weeks(), start=1):
            # The draws do not depend on the rows, so one set of them serves all weeks.
            versions = VersionMetrics(challenger, None, sample), VersionMetrics(champion, None, sample)
            for rule in list(open_rules):
                if _promotes(policies[rule], versions, look):
                    replaced[rule] += 1
                    open_rules.remove(rule)
    return {rule: count / years for rule, count in replaced.items()}


def _promotes(policy: Policy, versions: tuple[VersionMetrics, VersionMetrics], look: int) -> bool:
    pair = Pair(*versions, Terms(policy, champion_look=look))
    gain = pair.gain(policy.primary_metric)
    assert gain is not None
    result = MetricResult(value=gain.challenger_value, champion=gain.champion_value, p_value=gain.p_value)
    comparison = Comparison(
        primary=gain.metric,
        rows=versions[0].predictions.rows,
        distinct_labels=3,
        has_champion=True,
        metrics={gain.metric: result},
        champion_look=look,
    )
    gates = (judge_min_improvement, judge_paired_evidence)
    return all(gate(policy, comparison)[0].met for gate in gates)


def main() -> None:
    """Print a row for each metric and basis, with the share of years without and with a budget for the year."""
    years = int(sys.argv[1]) if len(sys.argv) > 1 else YEARS
    print("| metric | basis | " + " | ".join(f"{rows} rows a week" for rows in ROWS_A_WEEK) + " |")
    print("| --- | --- |" + " --- |" * len(ROWS_A_WEEK))
    for metrics, classes in ((("accuracy", "log_loss", "roc_auc"), True), (("rmse",), False)):
        rules = rules_of(*metrics)
        shares = [false_promotions(rows, classes, rules, years) for rows in ROWS_A_WEEK]
        for metric in metrics:
            for basis in BASES:
                without, bounded = (Rule(metric, basis, budget) for budget in BUDGETS)
                cells = " | ".join(f"{share[without]:.2f} → {share[bounded]:.2f}" for share in shares)
                print(f"| `{metric}` | `{basis}` | {cells} |", flush=True)


if __name__ == "__main__":
    main()
