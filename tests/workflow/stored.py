"""Everything that a stack has written, for tests that search it for what must not be there."""

from contextlib import suppress
from typing import Any

from botocore.exceptions import FlexibleChecksumError

from local.stack import LocalStack
from tests.workflow.world import World


def everything_written(world: World, *executions: str) -> list[str]:
    """Histories of these executions, all items and documents, and all logs, as text."""
    histories = [str(world.history(arn)) for arn in executions]
    logs = [file.read_text(errors="replace") for file in world.stack.directory.rglob("*.log")]
    return [*histories, *everything_stored(world.stack), *logs]


def everything_stored(stack: LocalStack) -> list[str]:
    """All items of the table and all documents among the artifacts, as text."""
    table = stack.client("dynamodb").scan(TableName=stack.outputs["TableName"])["Items"]
    s3, bucket = stack.client("s3"), stack.outputs["ArtifactsBucketName"]
    keys: list[Any] = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    bodies = [_read(s3, bucket, entry["Key"]) for entry in keys]
    return [*map(str, table), *(body.decode(errors="replace") for body in bodies)]


def _read(s3: Any, bucket: str, key: str) -> bytes:
    """Functions may be writing still, and moto shows an object before all of it is there."""
    for _ in range(3):
        with suppress(FlexibleChecksumError):
            return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    raise AssertionError(f"'{key}' never had its checksum")
