"""Reads a list of prices of one's own from a file."""

import json
from pathlib import Path

import yaml

from ..domain.errors import EventInvalid
from ..domain.prices import Prices, read_prices


def read_price_file(path: Path) -> Prices:
    """The prices in a YAML or JSON file; raises EventInvalid naming what is wrong in it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return read_prices(json.dumps(document, default=str))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise EventInvalid(f"--prices {path}: {error}") from error
