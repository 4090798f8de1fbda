"""Time zones of the IANA database: on every machine the same names, and the same rules behind them."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

# What a machine has whose zone was never set.
_NO_ZONES = {"Factory"}


@lru_cache(maxsize=1)
def time_zone_names() -> frozenset[str]:
    """All names, also those that the database keeps for old ones."""
    return frozenset((_database() / "zones").read_text().split()) - _NO_ZONES


@lru_cache(maxsize=256)  # the models of a fleet share time zones
def time_zone(name: str) -> ZoneInfo:
    """The zone with exactly this name; raises ValueError if there is none."""
    if name not in time_zone_names():
        raise ValueError("is not an IANA time zone, such as 'UTC' or 'Europe/Berlin'")
    with (_database() / "zoneinfo" / name).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def check_time_zone(name: str) -> str:
    """Return the name, or raise ValueError saying what is wrong with it."""
    time_zone(name)
    return name


def _database() -> Path:
    """The folder of the package tzdata.

    Not the machine's own files: they differ in age, and hold names that mean another zone on each machine.
    """
    package = find_spec("tzdata")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent
