"""Where policies want messages to be sent, without reading the rest of them: a message must not cost a second."""

import logging

from pydantic import Field

from ...domain.base import Record
from ...domain.errors import RecordInvalid
from ...domain.policy.notify import NotifyPolicy, Routing
from .keys import model_key
from .table import Table, record_of

_LOG = logging.getLogger("auto_retrain")


class _Data(Record):
    prefix: str | None = None


class _Policy(Record):
    notify: NotifyPolicy = Field(default_factory=NotifyPolicy.as_default)
    data: _Data = Field(default_factory=_Data)


class _Applied(Record):
    policy: _Policy

    def routing(self) -> Routing:
        return Routing(notify=self.policy.notify, data_prefix=self.policy.data.prefix)


class DynamoRouting:
    """RoutingStore on the table of the policies."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, model_name: str) -> Routing:
        item = self._table.get_alone(model_key(model_name, "POLICY"))
        if item is None:
            return Routing()
        try:
            return record_of(item, _Applied).routing()
        except RecordInvalid as error:
            _LOG.error("messages about %s go where they go by default: %s", model_name, error)
            return Routing()
