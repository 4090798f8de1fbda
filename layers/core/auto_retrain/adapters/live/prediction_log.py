"""Live counts from a prediction log in S3: a listing for each model and pass, and each file of a step read once."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

import pyarrow as pa
from pydantic import ValidationError

from ...domain.errors import AutoRetrainError, DataInvalid
from ...domain.layouts import folder_of
from ...domain.live import LiveCounts, LiveQuery
from ...domain.manifest import DataObject
from ...domain.policy.requests import PredictionLogRequests
from ...domain.prediction_log import partition_of
from ...domain.windows import Window
from ...ports import DataStore
from .kept_files import KeptFiles
from .log_counts import count
from .log_files import holds_rows, log_batches
from .log_labels import LogLabels
from .log_rows import StepRows, has_labels_due, schema, step_rows

# Beyond it a step is counted by metrics, which need no memory.
MAX_ROWS = 1_000_000
# What a function keeps of the files that it has read, for its next passes.
MAX_KEPT_BYTES = 64 << 20


class PredictionLogSource:
    """LiveSource on the log's files; counts are of all rows since the step began, so none depends on earlier passes."""

    def __init__(self, data: DataStore) -> None:
        self._data = data
        self._kept = KeptFiles(MAX_KEPT_BYTES)

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        counts = [self._read(query) for query in queries]
        self._kept.end_pass()
        return counts

    def _read(self, query: LiveQuery) -> LiveCounts:
        try:
            parts = list(self._parts(query))
            rows = pa.Table.from_batches([part.rows for part in parts], schema(query))
            others = sum(part.of_others for part in parts)
            labels = LogLabels(query, self._data, self._kept)
            return count(rows, others, query, labels.of).changed(label_rows=labels.rows)
        except ValidationError as error:
            return LiveCounts.unknown(f"the counts are not finite numbers: {error.error_count()} of them")
        except (AutoRetrainError, pa.ArrowException) as error:
            return LiveCounts.unknown(str(error))

    def _parts(self, query: LiveQuery) -> Iterator[StepRows]:
        rows, step = 0, query.changed(end=query.start).model_dump_json()
        for item in self._files(query):
            key = (item.uri, item.etag, step, has_labels_due(query))
            for part in self._kept.parts(key, partial(self._step_rows, item, query)):
                rows += part.rows.num_rows
                if rows > MAX_ROWS:
                    raise DataInvalid(
                        f"the step has more than {MAX_ROWS} logged requests; make steps shorter, or count by metrics"
                    )
                yield part

    def _files(self, query: LiveQuery) -> list[DataObject]:
        """The files from the hour on in which the step began; one that is under no hour may be of any."""
        prefix = _requests_of(query).prefix_of(query.policy.model)
        days = Window(start=query.start.date(), end=query.end.date() + timedelta(days=1))
        first = partition_of(query.start)
        listed = self._data.list_partitions(prefix, days)
        recent = [item for item in listed if not _is_before(f"{folder_of(item.date)}/{item.name}", first)]
        files = [item for item in recent if holds_rows(item.name)]
        if recent and not files:
            others = f"'{recent[0].name}'"
            raise DataInvalid(
                f"there are only others than .parquet and .jsonl.gz files under '{prefix}', such as {others}"
            )
        return files

    def _step_rows(self, item: DataObject, query: LiveQuery) -> Iterator[StepRows]:
        with self._data.open(item) as file:
            yield from step_rows(log_batches(file, item.uri), query, item.uri)


def _is_before(path: str, first: str) -> bool:
    return "/hour=" in path and path[: len(first)] < first


def _requests_of(query: LiveQuery) -> PredictionLogRequests:
    requests = query.policy.deployment.requests
    assert isinstance(requests, PredictionLogRequests)
    return requests
