"""Object Lock of the buckets in a template, which moto creates without it."""

from typing import Any

from moto.s3.models import FakeBucket, s3_backends

_create = FakeBucket.create_from_cloudformation_json


def _create_locked(
    resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **others: Any
) -> Any:
    bucket = _create(resource_name, cloudformation_json, account_id, region_name, **others)
    properties = cloudformation_json["Properties"]
    if properties.get("ObjectLockEnabled"):
        retention = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        backend = s3_backends[account_id]["aws"]
        backend.put_bucket_versioning(bucket.name, "Enabled")
        backend.put_object_lock_configuration(bucket.name, True, retention["Mode"], int(retention["Days"]), 0)
    return bucket


def create_locked_buckets() -> None:
    """Let moto's CloudFormation lock the buckets that the template locks."""
    FakeBucket.create_from_cloudformation_json = staticmethod(_create_locked)
