"""The deployment ledger in DynamoDB: one item per deployment, numbered, never changed."""

from botocore.exceptions import ClientError

from ...domain.deployment_ledger import LedgerLine, serving_after, taken
from ...domain.errors import JobConflict
from ...domain.job import RetrainingJob
from ...domain.lease import check_lease
from ...ports import Clock
from .jobs import DynamoJobStore
from .states import SET_DEPLOYED, DynamoModelStates, deployed, state_key
from .table import Table, epoch, item_of, model_key, record_of

_LEASE_IS_HELD = "active_job = :job AND lease_expires_at > :now"


class DynamoLedger:
    """DeploymentLedger on the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._jobs = DynamoJobStore(table, clock)
        self._states = DynamoModelStates(table)

    def current(self, model_name: str) -> LedgerLine | None:
        values = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DEPLOYMENT#"}}
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        newest = self._table.query(condition, values, ScanIndexForward=False, Limit=1, ConsistentRead=True)
        item = next(newest, None)
        return record_of(item, LedgerLine) if item else None

    def append(self, line: LedgerLine, job: RetrainingJob) -> RetrainingJob:
        saved, saving = self._jobs.saving(job)
        item = item_of(model_key(line.model_name, f"DEPLOYMENT#{line.sequence:06}"), line)
        values = {":job": {"S": job.job_id}, ":now": epoch(self._clock.now()), **deployed(serving_after(line, job))}
        try:
            self._table.transact(
                {"Put": self._table.put_action(item, "attribute_not_exists(pk)")},
                saving,
                {"Update": self._table.update_action(state_key(job.model_name), SET_DEPLOYED, _LEASE_IS_HELD, values)},
            )
        except ClientError as error:
            return self._settle(line, saved, error)
        return saved

    def _settle(self, line: LedgerLine, saved: RetrainingJob, error: ClientError) -> RetrainingJob:
        stored = self._jobs.get(saved.job_id)
        if stored == saved:
            return saved  # the write succeeded, and only its answer was lost
        check_lease(stored or saved, self._states.get(line.model_name), self._clock.now())
        current = self.current(line.model_name)
        if current and current.sequence >= line.sequence:
            raise taken(line) from error
        raise JobConflict(f"job '{saved.job_id}' has changed since it was read") from error
