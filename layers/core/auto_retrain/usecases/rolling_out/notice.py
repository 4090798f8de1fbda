"""Notices, before a person takes something back, that somebody else has let another version serve meanwhile."""

import logging
from queue import Empty, Queue
from threading import Thread

from ...domain.errors import AutoRetrainError
from ...ports import Ports
from ..lookup import newest_version
from .follow import follow
from .traffic_target import target_of

_LOG = logging.getLogger(__name__)

# A rollback does not wait for a registry that is slow or away.
MAX_SECONDS = 1.0


def notice_moved_alias(model_name: str, ports: Ports) -> None:
    """Take over the version that the alias names by now, so that this one is taken back, and not the one before it.

    Nobody compares alias and record while a model neither rolls out nor retrains.
    """
    record = ports.ledger.serving(model_name)
    if record.champion is None or record.is_open:
        return
    if _alias(model_name, ports) in (None, record.champion.version.number):
        return
    try:
        follow(record, target_of(record, newest_version(model_name, ports)), ports)
    except AutoRetrainError as error:
        _LOG.error("the alias of %s was moved, but could not be taken over: %s", model_name, error)


def _alias(model_name: str, ports: Ports) -> str | None:
    """The version that the alias names; None if it names none, or that is not known in time."""
    answers: Queue[str | None] = Queue()

    def ask() -> None:
        try:
            answers.put(ports.registry.champion(model_name))
        except AutoRetrainError as error:
            _LOG.error("the alias of %s is not known: %s", model_name, error)
            answers.put(None)

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=MAX_SECONDS)
    except Empty:
        return None
