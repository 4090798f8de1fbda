"""A pod that is forked from a process with its imports done is what it would be as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.cluster import LocalCluster, LocalImage, Preparation
from local.cluster.tokens import ADMIN
from local.containers import kept_forerunner

from .conftest import Kubectl
from .recordings import ADMIN_TOKEN, Json
from .test_processes import WITH_DAEMON, _is_running, _parent, _pids, _soon

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pods are forked on Linux only")

PROBE = Path(__file__).with_name("probe.py")
# A module that the probe does not need, random numbers, and something that is kept for a whole process.
IMPORTS = "import colorsys, random, tempfile, numpy; random.random(); numpy.random.random(); tempfile.gettempdir()"
PREPARATION = Preparation(IMPORTS, {"SEEN_BY": "imports"}, frozenset({"ORDER"}))
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "COLOUR": "red"}
_SCRIPT = LocalImage([sys.executable, str(PROBE)], str(PROBE.parent), ENVIRONMENT)
_MODULE = LocalImage([sys.executable, "-m", "probe"], str(PROBE.parent), ENVIRONMENT)
_NOT_PREPARED = {"script": _SCRIPT, "module": _MODULE}
IMAGES = {
    **{f"plain/{name}": image for name, image in _NOT_PREPARED.items()},
    **{f"forked/{name}": replace(image, preparation=PREPARATION) for name, image in _NOT_PREPARED.items()},
}
WAYS = ["plain", "forked"]
TELL_THE_WAY = "import sys; print('forked' if 'colorsys' in sys.modules else 'plain')"


class Probes(Kubectl):
    """Runs the probe in pods."""

    def __init__(self, cluster: LocalCluster) -> None:
        super().__init__(cluster)
        self._number = 0

    def begin(self, image: str, *arguments: str, container: Json | None = None, **options: Any) -> str:
        """Create a Job; returns its name."""
        self._number += 1
        name = f"probe-{self._number}"
        self.run(name, container={"image": image, "args": list(arguments), **(container or {})}, **options)
        return name

    def end(self, name: str) -> tuple[Json, str]:
        """The terminated state of a Job's container, and what it wrote."""
        assert self.cluster.wait_until(lambda: bool(self.job(name)["status"].get("conditions", [])[1:])), self.job(name)
        (pod,) = self.pods(name)
        terminated = pod["status"]["containerStatuses"][0]["state"]["terminated"]
        return terminated, self.log(pod["metadata"]["name"]).text

    def probe(self, image: str, *arguments: str, **options: Any) -> tuple[Json, str]:
        return self.end(self.begin(image, *arguments, **options))


def open_probes(images: dict[str, LocalImage] = IMAGES) -> LocalCluster:
    options = {"tokens": {ADMIN_TOKEN: ADMIN}, "namespaces": ("life",), "restricted": False, "retry_seconds": 0.01}
    return LocalCluster(images, 16, **options)


@pytest.fixture(scope="module")
def probes() -> Iterator[Probes]:
    with open_probes() as cluster:
        assert cluster.wait_until(cluster.is_prepared, 60)
        yield Probes(cluster)


def test_a_prepared_pod_is_forked_and_another_is_not(probes: Probes) -> None:
    assert [probes.probe(f"{way}/script", TELL_THE_WAY)[1].strip() for way in WAYS] == WAYS


@pytest.mark.parametrize("program", ["script", "module"])
def test_a_fork_cannot_be_told_from_a_process_of_its_own(probes: Probes, program: str) -> None:
    variables = {"env": [{"name": "ORDER", "value": "1 = $(HOSTNAME)\n\u00e9"}]}

    plain, forked = (probes.probe(f"{way}/{program}", "", "é x", container=variables)[1] for way in WAYS)

    assert json.loads(forked) == json.loads(plain)


@pytest.mark.parametrize(
    "behaviour",
    [
        "pass",
        "import sys; sys.exit(3)",
        "import sys; sys.exit('a reason')",
        "import sys; sys.exit(None)",
        "import os; os._exit(77)",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.kill(os.getpid(), 15)",
        "import os; os.kill(os.getpid(), 11)",
        "import os; os.abort()",
        "import atexit; atexit.register(print, 'at exit'); print('before', end='')",
        "import atexit, sys; atexit.register(print, 'at exit'); sys.exit(5)",
        "import threading, time; threading.Thread(target=lambda: (time.sleep(0.05), print('later'))).start()",
        "import sys; print('to output', flush=True); print('to errors', file=sys.stderr, flush=True); sys.exit(1)",
        "import sys; sys.stdout.write('x' * 200_000)",
        "import os; pid = os.fork(); pid and os.waitpid(pid, 0); print(pid > 0, flush=True)",
        "import subprocess, sys; sys.exit(subprocess.run(['sh', '-c', 'echo $COLOUR; exit 9']).returncode)",
        "import signal, os; signal.signal(2, signal.default_int_handler); os.kill(os.getpid(), 2)",
    ],
)
def test_both_end_alike(probes: Probes, behaviour: str) -> None:
    names = [probes.begin(f"{way}/script", behaviour) for way in WAYS]

    (plain, told), (forked, told_by_fork) = map(probes.end, names)

    assert forked["exitCode"] == plain["exitCode"]
    assert told_by_fork.splitlines()[-1:] == told.splitlines()[-1:]
    if "Traceback" not in told:
        assert told_by_fork == told


def test_an_uncaught_error_is_shown_alike_but_for_the_frames_around_the_program(probes: Probes) -> None:
    logs = [probes.probe(f"{way}/script", "raise ValueError('why')") for way in WAYS]

    for terminated, log in logs:
        lines = log.splitlines()
        assert terminated["exitCode"] == 1
        assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", "ValueError: why")
        assert f'  File "{PROBE}", line' in log


def test_random_numbers_differ_between_forks(probes: Probes) -> None:
    behaviour = "import random, numpy, uuid, os; print(random.random(), numpy.random.random(), uuid.uuid4())"
    names = [probes.begin("forked/script", behaviour) for _ in range(3)]

    numbers = zip(*(probes.end(name)[1].split() for name in names), strict=True)

    assert [len(set(drawn)) for drawn in numbers] == [3, 3, 3]


def test_seeded_random_numbers_are_the_same(probes: Probes) -> None:
    behaviour = (
        "import random, numpy; random.seed(7); numpy.random.seed(7);"
        "print(random.random(), numpy.random.random(), numpy.random.default_rng(7).random())"
    )

    assert probes.probe("forked/script", behaviour)[1] == probes.probe("plain/script", behaviour)[1]


@pytest.mark.parametrize("way", WAYS)
def test_a_pod_that_is_evicted_is_asked_to_end_first(probes: Probes, way: str, tmp_path: Path) -> None:
    behaviour = (
        "import pathlib, signal, sys, time;"
        "signal.signal(15, lambda *_: sys.exit(pathlib.Path(sys.argv[2]).write_text('asked')));"
        "print('ready', flush=True); time.sleep(600)"
    )
    name = probes.begin(f"{way}/script", behaviour, str(tmp_path / "answer"))
    probes.wait_for_log(name, "ready")
    holder = probes.cluster.running_pids()[-1]

    probes.cluster.evict(name)

    assert _soon(lambda: not _is_running(holder))
    assert (tmp_path / "answer").read_text() == "asked"


@pytest.mark.parametrize("way", WAYS)
def test_a_pod_that_uses_too_much_memory_is_killed(probes: Probes, way: str) -> None:
    name = probes.begin(f"{way}/script", "import time; print('ready', flush=True); time.sleep(600)")
    probes.wait_for_log(name, "ready")

    probes.cluster.kill_out_of_memory(name)

    terminated, _ = probes.end(name)
    assert (terminated["exitCode"], terminated["reason"]) == (137, "OOMKilled")


@pytest.mark.parametrize(
    ("container", "why"),
    [
        ({"env": [{"name": "COLOUR", "value": "blue"}]}, "a variable of the image is changed"),
        ({"env": [{"name": "OTHER", "value": "x"}]}, "a library may have read the variable"),
        ({"workingDir": "/"}, "modules were looked for in another directory"),
        ({"command": [sys.executable, "-X", "utf8", str(PROBE)]}, "the interpreter runs with an option"),
    ],
)
def test_a_pod_that_differs_from_its_image_is_a_process_of_its_own(probes: Probes, container: Json, why: str) -> None:
    assert probes.probe("forked/script", TELL_THE_WAY, container=container)[1].strip() == "plain", why


def test_a_value_that_no_process_can_have_is_a_start_error_in_both(probes: Probes) -> None:
    variables = {"env": [{"name": "ORDER", "value": "a\0b"}]}
    reasons = [probes.probe(f"{way}/script", "", container=variables)[0]["reason"] for way in WAYS]
    assert reasons == ["StartError"] * 2


def test_nothing_of_a_fork_outlives_it(probes: Probes) -> None:
    behaviour = "import subprocess; print('pid', subprocess.Popen(['sleep', '600'], start_new_session=True).pid)"
    _, log = probes.probe("forked/script", behaviour)
    assert not any(map(_is_running, _pids(log)))


def test_a_fork_ends_with_the_shim_that_holds_it(probes: Probes) -> None:
    name = probes.begin("forked/script", "import os, time; print('pid', os.getpid(), flush=True); time.sleep(600)")
    probes.wait_for_log(name, "pid")
    (pid,) = _pids(probes.logs(name)[0])

    os.kill(_parent(pid), signal.SIGKILL)

    assert _soon(lambda: not _is_running(pid))
    assert probes.end(name)[0]["exitCode"] == 137


def test_pods_go_on_without_the_process_they_were_forked_from_and_others_are_started_without_it() -> None:
    with open_probes() as cluster:
        assert cluster.wait_until(cluster.is_prepared, 60)
        probes = Probes(cluster)
        name = probes.begin(
            "forked/script", "import os, sys, time; print('pid', os.getpid(), flush=True); time.sleep(1)"
        )
        probes.wait_for_log(name, "pid")
        (pid,) = _pids(probes.logs(name)[0])

        os.kill(_parent(_parent(pid)), signal.SIGKILL)

        assert cluster.wait_until(lambda: not cluster.is_prepared())
        assert probes.probe("forked/script", TELL_THE_WAY)[1].strip() == "plain"
        assert probes.end(name)[0]["exitCode"] == 0


@pytest.mark.parametrize(
    "imports",
    [
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
        "import sys; sys.exit('no')",
        "import os; os._exit(1)",
    ],
)
def test_without_imports_that_can_be_forked_pods_are_processes_of_their_own(imports: str) -> None:
    image = replace(_SCRIPT, preparation=Preparation(imports))
    with open_probes({"forked/script": image}) as cluster:
        probes = Probes(cluster)
        cluster.wait_until(cluster.is_prepared, timeout=1)

        assert not cluster.is_prepared()
        assert probes.probe("forked/script", TELL_THE_WAY)[1].strip() == "plain"


def test_a_pod_does_not_wait_for_the_imports() -> None:
    image = replace(_SCRIPT, preparation=Preparation("import time; time.sleep(600)"))
    with open_probes({"forked/script": image}) as cluster:
        assert Probes(cluster).probe("forked/script", TELL_THE_WAY)[1].strip() == "plain"


KEPT = Preparation(IMPORTS, varying=frozenset({"ORDER", "COLOUR"}), kept=True)
TELL_COLOUR_AND_FORERUNNER = f"""
{TELL_THE_WAY}
import os
print(os.environ["COLOUR"], open(f"/proc/{{os.getppid()}}/stat").read().split()[3])
"""


def forked_in_a_cluster(colour: str) -> tuple[str, int]:
    """What a pod of a cluster of its own sees, and the process that it was forked from."""
    image = replace(_SCRIPT, env={**ENVIRONMENT, "COLOUR": colour}, preparation=KEPT)
    with open_probes({"forked/script": image}) as cluster:
        assert cluster.wait_until(cluster.is_prepared, 60)
        way, seen, forerunner = Probes(cluster).probe("forked/script", TELL_COLOUR_AND_FORERUNNER)[1].split()
    assert way == "forked"
    return seen, int(forerunner)


def test_the_next_cluster_forks_from_a_process_that_is_kept_but_not_from_one_that_died() -> None:
    (colour, first), (next_colour, second) = forked_in_a_cluster("blue"), forked_in_a_cluster("green")
    assert (colour, next_colour, first) == ("blue", "green", second)

    os.kill(second, signal.SIGKILL)
    assert _soon(lambda: not _is_running(second))

    colour, third = forked_in_a_cluster("red")
    assert colour == "red"
    assert third != second


def test_images_whose_pods_differ_in_what_imports_may_read_share_no_process() -> None:
    # Without the number of threads its imports would start some, and say so while the next test runs.
    environment = {"LANG": "C", "OMP_NUM_THREADS": "1"}
    other = kept_forerunner(KEPT, _SCRIPT.entrypoint, environment, _SCRIPT.cwd)
    assert not other.is_for(KEPT, _SCRIPT.entrypoint, {**environment, "LANG": "de_AT.UTF-8"}, _SCRIPT.cwd)
    assert other.is_for(KEPT, _SCRIPT.entrypoint, {**environment, "COLOUR": "red"}, _SCRIPT.cwd)


_SERVER = """
import sys
from tests.contracts.cluster.test_forks import Probes, open_probes
with open_probes() as cluster:
    assert cluster.wait_until(cluster.is_prepared, 60)
    probes = Probes(cluster)
    tell = "import os; print('pid', os.getppid()); print('pid', os.getpid()); "
    name = probes.begin("forked/script", tell + sys.argv[1])
    probes.wait_for_log(name, "ready")
    print(probes.logs(name)[0], "end", sep="", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_killing_the_cluster_ends_the_forks_and_the_process_they_come_from(number: signal.Signals) -> None:
    daemon = f"import subprocess, sys; sys.stdout.flush(); subprocess.run({WITH_DAEMON!r})"
    command = [sys.executable, "-c", _SERVER, daemon]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        pids = _pids("".join(iter(server.stdout.readline, "end\n")))
        pids.append(_parent(pids[0]))
        assert len(pids) == 5
        assert all(map(_is_running, pids))

        server.send_signal(number)

        assert _soon(lambda: not any(map(_is_running, pids)))
