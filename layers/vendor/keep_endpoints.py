"""Leaves botocore only the endpoints of those services whose descriptions it still has.

A function reads this file whole before its first client: those of all services take 7 MB of its memory.
"""

import gzip
import json
import sys
from pathlib import Path


def keep_endpoints(data: Path) -> None:
    """Rewrite botocore's list of endpoints; in it services are called by the prefix of their addresses."""
    file = data / "endpoints.json"
    endpoints = json.loads(file.read_text())
    kept = {_prefix_of(description) for description in data.glob("*/*/service-2.json.gz")}
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in kept}
    # Never written in place: the installer may have linked this file to the one in its cache.
    file.unlink()
    file.write_text(json.dumps(endpoints))


def _prefix_of(description: Path) -> str:
    with gzip.open(description) as opened:
        return str(json.load(opened)["metadata"]["endpointPrefix"])


if __name__ == "__main__":
    keep_endpoints(Path(sys.argv[1]))
