"""Orders for tests."""

from typing import Any

from auto_retrain.domain.cluster import JobOrder
from auto_retrain.domain.names import kubernetes_job_name
from auto_retrain.domain.policy.training import TrainingPolicy

TRAINING = TrainingPolicy(deadline_minutes=5, cpu="500m", memory="1Gi")


def make_order(job_id: str, **fields: Any) -> JobOrder:
    given = {
        "kind": "train",
        "job_id": job_id,
        "model_name": "churn",
        "manifest_uri": f"s3://artifacts/jobs/{job_id}/manifest.json",
        "manifest_sha256": "0" * 64,
        "output_uri": f"s3://artifacts/jobs/{job_id}/train/",
        "mlflow_tracking_uri": "http://mlflow.internal",
        "seed": 7,
    }
    return JobOrder(**(given | fields))


def name_of(order: JobOrder) -> str:
    return kubernetes_job_name(order.job_id, order.kind)
