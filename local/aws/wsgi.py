"""What moto's application answers, whether a request comes over a connection or from a client in this process."""

import logging
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_LOG = logging.getLogger(__name__)


def answer(app: "WSGIApplication", environ: "WSGIEnvironment") -> Response:
    """The response; HTTP 501 or 500 if the application fails, which is logged."""
    request = f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI']}"
    try:
        return Response.from_app(app, environ, buffered=True)
    except NotImplementedError as missing:
        _LOG.warning("moto cannot answer %s: %s", request, missing)
        return Response(status=501)
    except Exception:
        _LOG.exception("moto cannot answer %s", request)
        return Response(status=500)
