"""Signs requests to Amazon Managed Prometheus with the credentials of the function."""

from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.session import Session

from ...domain.errors import MetricsUnavailable, SettingInvalid

SERVICE = "aps"


def sign_request(session: Session, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a signed POST; credentials are read each time, because they expire."""
    region = session.get_config_variable("region")
    if not region:
        raise SettingInvalid("AWS_REGION", "", "the region of the workspace")
    try:
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        request = AWSRequest("POST", url, data=body, headers=dict(headers))
        SigV4Auth(credentials.get_frozen_credentials(), SERVICE, region).add_auth(request)
    except BotoCoreError as error:
        raise MetricsUnavailable(f"a request to Prometheus cannot be signed: {error}") from error
    return dict(request.headers)
