"""The resource types of our template that moto's CloudFormation does not create, in the form that it expects."""

from typing import Any

from moto.awslambda.utils import get_backend
from moto.cloudformation import parsing
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.common_models import CloudFormationModel

from local.aws.locked_buckets import create_locked_buckets

# Permissions are not enforced here, so resources that only grant or deny something are left out.
# Nobody counts log lines here either.
IGNORED_TYPES = {
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::EKS::AccessEntry",
    "AWS::Logs::MetricFilter",
}
_ALARM_FIELDS = {
    "Namespace": "namespace",
    "MetricName": "metric_name",
    "ComparisonOperator": "comparison_operator",
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "Period": "period",
    "Threshold": "threshold",
    "Statistic": "statistic",
    "AlarmDescription": "description",
    "Dimensions": "dimensions",
    "AlarmActions": "alarm_actions",
    "OKActions": "ok_actions",
    "TreatMissingData": "treat_missing_data",
}


class AlarmResource(CloudFormationModel):  # type: ignore[misc]
    """AWS::CloudWatch::Alarm"""

    def __init__(self, name: str, arn: str) -> None:
        self.physical_resource_id = name
        self._arn = arn

    def get_cfn_attribute(self, attribute: str) -> str:
        """Its ARN, for the dashboard; it has no other attribute."""
        assert attribute == "Arn"
        return self._arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return "AlarmName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CloudWatch::Alarm"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> "AlarmResource":
        properties = cloudformation_json["Properties"]
        alarm = cls(resource_name, f"arn:aws:cloudwatch:{region_name}:{account_id}:alarm:{resource_name}")
        if "Metrics" in properties:
            return alarm  # nothing here evaluates an alarm on an expression
        defaults = {"description": "", "dimensions": [], "alarm_actions": []}
        given = {_ALARM_FIELDS[name]: value for name, value in properties.items() if name != "AlarmName"}
        cloudwatch_backends[account_id][region_name].put_metric_alarm(resource_name, **(defaults | given))
        return alarm


class EventInvokeConfigResource(CloudFormationModel):  # type: ignore[misc]
    """AWS::Lambda::EventInvokeConfig"""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::EventInvokeConfig"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> "EventInvokeConfigResource":
        config = {name: value for name, value in cloudformation_json["Properties"].items() if name != "Qualifier"}
        get_backend(account_id, region_name).put_function_event_invoke_config(config.pop("FunctionName"), config)
        return cls(resource_name)


create_locked_buckets()

# moto finds these classes by itself, but keeps what it found before they existed.
for lookup in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
    lookup.cache_clear()


def creatable(resources: dict[str, Any]) -> dict[str, Any]:
    """All resources but the ignored ones.

    Raises:
        NotImplementedError: moto would leave out a resource of this type without a word.
    """
    created = {name: resource for name, resource in resources.items() if resource["Type"] not in IGNORED_TYPES}
    unknown = {resource["Type"] for resource in created.values()} - set(parsing.get_model_map())
    if unknown:
        raise NotImplementedError(f"the local stack does not know how to create {', '.join(sorted(unknown))}")
    return created
