"""Reads a list of prices: the one that comes with this release, or a file of one's own."""

import json
from pathlib import Path

import yaml
from pydantic import ValidationError

from ..domain.errors import EventInvalid
from ..domain.explain import explain
from ..domain.receipt import Prices

LIST_PRICES = Path(__file__).with_name("prices.yaml")


def read_prices(given: Path | None) -> Prices:
    """The prices in a file, or else those of this release; raises EventInvalid naming what is wrong in it."""
    path = given or LIST_PRICES
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Prices.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        problem = explain(error, Prices)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        problem = str(error)
    raise EventInvalid(f"--prices {path}: {problem}")
