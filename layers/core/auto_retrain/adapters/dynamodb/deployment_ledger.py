"""The deployment ledger in DynamoDB: one item per deployment, numbered, never changed."""

from botocore.exceptions import ClientError

from ...domain.deployment_ledger import LedgerLine
from ...domain.errors import ChampionConflict
from .table import Table, item_of, model_key, record_of


class DynamoLedger:
    """DeploymentLedger on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def current(self, model_name: str) -> LedgerLine | None:
        values = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DEPLOYMENT#"}}
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        newest = self._table.query(condition, values, ScanIndexForward=False, Limit=1, ConsistentRead=True)
        item = next(newest, None)
        return record_of(item, LedgerLine) if item else None

    def append(self, line: LedgerLine) -> None:
        item = item_of(model_key(line.model_name, f"DEPLOYMENT#{line.sequence:06}"), line)
        try:
            self._table.put(item, "attribute_not_exists(pk)")
        except ClientError as error:
            # If the line is ours, the write succeeded and only its answer was lost; any other came in between.
            current = self.current(line.model_name)
            if current is None or current.job_id != line.job_id:
                raise ChampionConflict(
                    f"deployment {line.sequence} of '{line.model_name}' was written by someone else"
                ) from error
