"""The labels of a holdout in parts: each pod has to know all of them, or it names classes after what its part has."""

from ...domain.canonical_json import canonical_json_of
from ...domain.data_check import HoldoutLabels
from ...domain.digest import sha256_of
from ...ports import Ports


def keep_labels(labels: list[str], job_id: str, ports: Ports) -> HoldoutLabels:
    """Write them where pods may read them."""
    content = canonical_json_of(labels)
    digest = sha256_of(content)
    # Pods may read what is named like a manifest; and two concurrent invocations must not collide.
    uri = ports.data.write(f"jobs/{job_id}/manifest-labels-{digest[:16]}.json", content)
    return HoldoutLabels(uri=uri, sha256=digest)
