"""A time zone is the same on every machine."""

import os
import subprocess
import sys
from datetime import datetime

import pytest

from auto_retrain.domain.time_zones import time_zone, time_zone_names
from local.paths import ROOT

# What some machines know and others do not, or take for another zone.
UNKNOWN = [
    *("localtime", "posixrules", "Factory", "local", "posix/Europe/Berlin", "right/Europe/Berlin", "US/Pacific-New"),
    *("utc", "europe/berlin", "EUROPE/BERLIN", "Europe/Berlin ", " UTC", "Europe//Berlin", "./UTC", "Europe/../UTC"),
    *("", "Europe", "Mars/Olympus", "CEST", "+02:00", "UTC+2", "EST5EDT,M3.2.0,M11.1.0", "/etc/localtime", "zones"),
]
KNOWN = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "US/Pacific", "Etc/GMT+12", "EST5EDT", "America/Indiana/Knox"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_name_that_is_not_in_the_database_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone, such as 'UTC' or 'Europe/Berlin'"):
        time_zone(name)


@pytest.mark.parametrize("path", ["/usr/share/zoneinfo", ""])
def test_all_machines_take_the_same_zones_whatever_files_they_have(path: str) -> None:
    code = (
        "from tests.unit.builders import a_policy\n"
        f"for name in {[*KNOWN, *UNKNOWN]!r}:\n"
        "    try: a_policy(triggers={'time_zone': name})\n"
        "    except ValueError: continue\n"
        "    print(name)"
    )
    environment = {**os.environ, "PYTHONTZPATH": path}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == KNOWN, done.stderr


def test_every_zone_has_rules() -> None:
    for name in time_zone_names():
        assert datetime(2026, 7, 1, tzinfo=time_zone(name)).utcoffset() is not None
    assert len(time_zone_names()) > 500
