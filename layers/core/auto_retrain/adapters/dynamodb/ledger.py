"""The deployment ledger in DynamoDB: one item per deployment, numbered, never changed."""

from botocore.exceptions import ClientError

from ...domain.errors import ChampionConflict
from ...domain.job import Deployment
from .table import Table, item_of, model_key, record_of


class DynamoLedger:
    """DeploymentLedger on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def current(self, model_name: str) -> Deployment | None:
        values = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DEPLOYMENT#"}}
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        newest = self._table.query(condition, values, ScanIndexForward=False, Limit=1, ConsistentRead=True)
        item = next(newest, None)
        return record_of(item, Deployment) if item else None

    def append(self, deployment: Deployment) -> None:
        item = item_of(model_key(deployment.model_name, f"DEPLOYMENT#{deployment.sequence:06}"), deployment)
        try:
            self._table.put(item, "attribute_not_exists(pk)")
        except ClientError as error:
            # Ours, written before an answer was lost, is success; anything else came in between.
            current = self.current(deployment.model_name)
            if current is None or current.job_id != deployment.job_id:
                raise ChampionConflict(
                    f"deployment {deployment.sequence} of '{deployment.model_name}' was written by someone else"
                ) from error
