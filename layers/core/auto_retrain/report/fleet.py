"""The page about the fleet: what needs a person first, then how many models are how, then each model."""

import json
from collections import Counter
from collections.abc import Sequence

from ..domain.cost import dollars
from ..domain.fleet_overview import Concern, FleetOverview, FleetRow, Health
from .fleet_script import SCRIPT
from .html import document, paragraph, section, text

MAX_CONCERNS = 10
# So many models are shown at once, and are in the page for browsers that run no script.
PART = 200
HEADINGS = (
    "Model",
    "Health",
    "Why",
    "Champion",
    "Since",
    "Last decision",
    "Outcome",
    "Next due",
    "Cost",
)
_ORDER = list(Health)
_MAX_LETTERS = 160

Cells = tuple[str, ...]


def render_fleet(overview: FleetOverview) -> str:
    """The page about all models as HTML; the pages about jobs are below `jobs/` beside it."""
    rows = [_cells(row) for row in sorted(overview.rows, key=lambda row: (_ORDER.index(row.health), row.model))]
    return document(
        "Models",
        _head(overview),
        section("Needs you", _concerns(overview.concerns)),
        section("Cannot be read", *(paragraph(text(problem)) for problem in overview.unreadable)),
        section("Models", _table(rows)) if rows else paragraph("No model has a policy yet."),
        script=SCRIPT if rows else "",
    )


def _head(overview: FleetOverview) -> str:
    counts = Counter(row.health for row in overview.rows)
    counters = "".join(
        f"<li><strong class={_class(health)}>{counts[health]:,}</strong>{health}</li>" for health in _ORDER
    )
    models = "model" if len(overview.rows) == 1 else "models"
    return (
        f"<header><h1>{len(overview.rows):,} {models}</h1><p class=soft>made {overview.at:%F %R}; "
        "all times are UTC, costs those of this month</p>"
        f"<ul class=counters>{counters}</ul></header>"
    )


def _concerns(concerns: Sequence[Concern]) -> str:
    if not concerns:
        return paragraph("Nothing needs you.")
    listed = "".join(
        f"<li><strong>{text(concern.model)}</strong> {text(concern.reason)}<br>"
        f"<code>{text(concern.command)}</code></li>"
        for concern in concerns[:MAX_CONCERNS]
    )
    rest = len(concerns) - MAX_CONCERNS
    return f"<ul class=concerns>{listed}</ul>" + (paragraph(f"and {rest:,} more") if rest > 0 else "")


def _cells(row: FleetRow) -> Cells:
    """What the table shows, in the order of its headings; then the path of the decision's page, and the owner."""
    return (
        row.model,
        row.health.value,
        "; ".join(dict.fromkeys((row.why, *row.notes)))[:_MAX_LETTERS],
        row.champion or "",
        f"{row.since:%F}" if row.since else "",
        row.decision or "",
        row.outcome or "",
        f"{row.next_due:%F %R}" if row.next_due else "",
        dollars(row.spent) if row.spent else "",
        row.page or "",
        row.owner,
    )


def _table(rows: list[Cells]) -> str:
    head = "".join(f"<th scope=col>{name}</th>" for name in HEADINGS)
    body = "".join(f"<tr id='model-{text(row[0])}'>{''.join(map(_cell, HEADINGS, row))}</tr>" for row in rows[:PART])
    rest = len(rows) - PART
    without_script = f"{rest:,} more are shown by a browser that runs scripts, or by 'auto-retrain models list'."
    return (
        "<p id=tools hidden><label>Filter by model, owner or any word<br><input id=filter type=search></label><br>"
        "<span id=shown class=soft role=status></span></p>"
        f"<table class=fleet data-part={PART}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        "<button id=more hidden>Show more</button>"
        + (f"<noscript>{paragraph(text(without_script))}</noscript>" if rest > 0 else "")
        + f"<script type=application/json id=models>{_json(rows)}</script>"
    )


def _cell(heading: str, shown: str) -> str:
    if heading == "Health":
        return f"<td data-name={heading}><span class={_class(shown)}>{text(shown)}</span></td>"
    return f"<td data-name='{heading}'>{text(shown)}</td>"


def _class(health: str) -> str:
    return health.replace(" ", "-")


def _json(rows: list[Cells]) -> str:
    """Nothing in it can end the element that holds it."""
    written = json.dumps(rows, separators=(",", ":"), ensure_ascii=True)
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
