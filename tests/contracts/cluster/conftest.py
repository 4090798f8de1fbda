"""A client for tests that talk to a cluster themselves."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.cluster import LocalCluster, LocalImage
from local.cluster.tokens import ADMIN

from .recordings import ADMIN_TOKEN, Json

# The image of the recordings: runs whatever command it is given, with a Python on its path.
PYTHON_IMAGE = "localhost/lab/python:1"
IMAGES = {PYTHON_IMAGE: LocalImage(["python3"], env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"})}


def open_cluster(namespace: str = "life", **options: Any) -> LocalCluster:
    """A cluster that takes any pod and knows one administrator."""
    settings = {"tokens": {ADMIN_TOKEN: ADMIN}, "namespaces": (namespace,), "restricted": False}
    return LocalCluster(IMAGES, **(settings | options))


class Kubectl:
    """An administrator's client for one namespace."""

    def __init__(self, cluster: LocalCluster, namespace: str = "life") -> None:
        self.cluster = cluster
        self._jobs = f"{cluster.url}/apis/batch/v1/namespaces/{namespace}/jobs"
        self._core = f"{cluster.url}/api/v1/namespaces/{namespace}"
        self._headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}

    def create(self, job: Json) -> requests.Response:
        return requests.post(self._jobs, json=job, headers=self._headers, timeout=10)

    def run(self, name: str, *command: str, **options: Any) -> None:
        """Create a Job with one container that runs a command."""
        created = self.create(make_job(name, *command, **options))
        assert created.ok, created.text

    def job(self, name: str) -> Json:
        return self.get(f"{self._jobs}/{name}").json()

    def delete(self, name: str, propagation: str) -> requests.Response:
        query = {"propagationPolicy": propagation}
        return requests.delete(f"{self._jobs}/{name}", params=query, headers=self._headers, timeout=10)

    def pods(self, job_name: str) -> list[Json]:
        query = {"labelSelector": f"job-name={job_name}"}
        return self.get(f"{self._core}/pods", **query).json()["items"]

    def pod(self, name: str) -> requests.Response:
        return self.get(f"{self._core}/pods/{name}")

    def log(self, pod_name: str, **query: Any) -> requests.Response:
        return self.get(f"{self._core}/pods/{pod_name}/log", **query)

    def events(self, name: str) -> list[Json]:
        query = {"fieldSelector": f"involvedObject.name={name}"}
        return self.get(f"{self._core}/events", **query).json()["items"]

    def get(self, url: str, **query: Any) -> requests.Response:
        return requests.get(url, params=query, headers=self._headers, timeout=10)

    def wait_for(self, name: str, condition: str) -> Json:
        """The Job, once it has a condition."""
        assert self.cluster.wait_until(lambda: condition in conditions(self.job(name))), self.job(name)
        return self.job(name)

    def wait_for_log(self, name: str, text: str) -> None:
        """Wait until a Job's container has written something."""
        assert self.cluster.wait_until(lambda: any(text in log for log in self.logs(name))), f"no {text!r} from {name}"

    def logs(self, job_name: str) -> list[str]:
        return [self.log(pod["metadata"]["name"]).text for pod in self.pods(job_name)]


def make_job(name: str, *command: str, pod: Json | None = None, container: Json | None = None, **spec: Any) -> Json:
    """A Job with one container that runs a command; everything else as the server completes it."""
    main = {"name": "main", "image": PYTHON_IMAGE, "command": list(command), **(container or {})}
    template = {"spec": {"restartPolicy": "Never", "containers": [main], **(pod or {})}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": template, **spec},
    }


def conditions(job: Json) -> set[str]:
    return {found["type"] for found in job.get("status", {}).get("conditions", []) if found["status"] == "True"}


@pytest.fixture(scope="module")
def kubectl() -> Iterator[Kubectl]:
    """One cluster for the tests of a file; each uses Job names of its own."""
    with open_cluster(parallel_pods=16, retry_seconds=0.01) as cluster:
        yield Kubectl(cluster)
