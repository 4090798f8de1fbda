"""The hook of moto's server."""

from functools import lru_cache
from typing import Any
from unittest.mock import patch

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from local.aws.hooks.hook import Hook


def find_each_service_once() -> Hook:
    """AWS has an address for each service.

    moto has one for all, and lists its folders and tries two hundred patterns to see which service a request is for.
    """
    original = lru_cache(DomainDispatcherApplication.get_backend_for_host)

    def get_backend_for_host(self: DomainDispatcherApplication, host: str | None) -> Any:
        return original(self, host)

    return patch.object(DomainDispatcherApplication, "get_backend_for_host", get_backend_for_host)
