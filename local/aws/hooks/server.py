"""Hooks of moto's server."""

import io
from functools import cache, lru_cache
from typing import Any
from unittest.mock import patch

from moto.core import responses
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.serving import WSGIRequestHandler

from local.aws.hooks.hook import Hook
from local.aws.wsgi import answer


def find_each_service_once() -> Hook:
    """AWS has an address for each service.

    moto has one for all, and lists its folders and tries two hundred patterns to see which service a request is for.
    """
    original = lru_cache(DomainDispatcherApplication.get_backend_for_host)

    def get_backend_for_host(self: DomainDispatcherApplication, host: str | None) -> Any:
        return original(self, host)

    return patch.object(DomainDispatcherApplication, "get_backend_for_host", get_backend_for_host)


def list_the_actions_of_a_service_once() -> Hook:
    """AWS knows what a service can do.

    moto inspects all that the class of a service has, for each request, to see whether it has the action.
    """
    return patch.object(responses, "method_names_from_class", cache(responses.method_names_from_class))


def keep_connections_open() -> Hook:
    """AWS keeps a connection open for the next request.

    moto's server closes each, which takes another thread for the next request, and waits ten milliseconds before that.
    """
    return patch.multiple(WSGIRequestHandler, run_wsgi=_answer, wbufsize=-1, disable_nagle_algorithm=True, create=True)


def _answer(self: WSGIRequestHandler) -> None:
    if self.headers.get("Expect", "").lower() == "100-continue":
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
    environ = self.make_environ()
    # All of it, or what is left would be taken for the next request.
    size = None if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size)
    if size is not None and len(body) < size:
        self.close_connection = True
        return  # the client has gone
    environ["wsgi.input"] = io.BytesIO(body)
    response = answer(self.server.app, environ)
    content = b"" if self.command == "HEAD" else response.get_data()
    self.send_response(response.status_code, response.status.partition(" ")[2])
    for name, value in response.headers.items():
        self.send_header(name, value)
    if "Content-Length" not in response.headers and response.status_code not in (204, 304):
        self.send_header("Content-Length", str(len(content)))
    self.end_headers()
    self.wfile.write(content)
    self.wfile.flush()
