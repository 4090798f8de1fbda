"""The template, for the tests of the deployment."""

import pytest

from local.paths import TEMPLATE
from tests.deployment.cloudformation import Template


@pytest.fixture(scope="session")
def template() -> Template:
    return Template(TEMPLATE)
