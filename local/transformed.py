"""The template as CloudFormation gets it, for scanners that do not know SAM: python -m local.transformed > FILE"""

import json
import os
from typing import Any
from unittest.mock import patch

from local.aws.environment import REGION
from local.aws.sam_build import Build
from local.paths import TEMPLATE


def transformed() -> dict[str, Any]:
    with patch.dict(os.environ, AWS_DEFAULT_REGION=REGION):  # SAM asks for one
        return Build(TEMPLATE).transform({})


def with_every_option(value: Any) -> Any:
    """The same with all that parameters can add, because scanners pass over what depends on a condition."""
    if isinstance(value, dict):
        if "Fn::If" in value:
            return with_every_option(value["Fn::If"][1])
        return {name: with_every_option(part) for name, part in value.items()}
    return [with_every_option(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    print(json.dumps(with_every_option(transformed()), indent=1))
