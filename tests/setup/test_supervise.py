"""A process of `make run` that dies is started again; one that cannot live is given up; one that is asked to end may finish."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm_site.embedded.processes import free_port, is_running
from crm_site.embedded.provide import BASE_DIR
from tests.setup.conftest import bare_environment
from tests.setup.test_launch import Launcher

CUSTOMER_AND_TOKEN = """
from access.models import User
from access.services.api_tokens import create_token
from members.services.reach import customers_to_provision
manager = User.objects.get(username="manager")
print(customers_to_provision(manager).values_list("code", flat=True).first())
print(create_token(owner=manager, name="test", days=1, actor=None)[1])
"""


def supervised(folder: Path, script: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "crm_site.launch.supervise", "trial", str(folder / "trial.pid"), sys.executable, "-c", script]
    return subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(answer: Callable[[], Any], seconds: float = 30) -> Any:
    """What `answer` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := answer()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def recorded(path: Path) -> int:
    """The process id in `path`; 0 while there is none."""
    try:
        return int(path.read_text() or 0)
    except FileNotFoundError:
        return 0


def test_a_killed_process_is_started_again_and_its_children_end(tmp_path: Path) -> None:
    children = tmp_path / "children"
    script = f"""
import subprocess, time
child = subprocess.Popen(["sleep", "300"])
open({str(children)!r}, "a").write(f"{{child.pid}}\\n")
time.sleep(300)
"""
    process = supervised(tmp_path, script)
    wait_for(lambda: children.exists() and children.read_text().count("\n") == 1)
    first = recorded(tmp_path / "trial.pid")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: children.read_text().count("\n") == 2)
    second = recorded(tmp_path / "trial.pid")
    assert second != first
    orphan, child = map(int, children.read_text().split())
    assert not is_running(orphan)
    process.terminate()
    _out, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert said == "trial ended by signal 9 and is started again in 0.5 s.\n"
    assert not is_running(second)
    assert not is_running(child)
    assert not (tmp_path / "trial.pid").exists()


def test_one_that_cannot_live_is_given_up(tmp_path: Path) -> None:
    process = supervised(tmp_path, "import sys; print('began', flush=True); sys.exit(3)")
    out, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out.count("began") == 5
    assert said.count("ended with status 3 and is started again") == 4
    assert said.endswith("trial ended 5 times shortly after its start and is not started again; the reason stands above.\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_that_is_asked_to_end_may_finish(tmp_path: Path, number: signal.Signals) -> None:
    done = tmp_path / "done"
    script = f"""
import signal, sys, time
def finish(*_):
    time.sleep(0.5)
    open({str(done)!r}, "w").write("finished")
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print("ready", flush=True)
time.sleep(300)
"""
    process = supervised(tmp_path, script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert done.read_text() == "finished"


def test_a_signal_during_the_pause_ends_it(tmp_path: Path) -> None:
    process = supervised(tmp_path, "raise SystemExit(1)")
    assert process.stderr is not None
    while "in 4 s" not in process.stderr.readline():
        pass
    process.terminate()
    assert process.wait(timeout=3) == 0


@pytest.mark.fault
def test_a_job_finishes_though_the_worker_s_main_process_is_killed(var_folder: Path) -> None:
    launcher = Launcher(var_folder, free_port())
    launcher.wait()
    answer = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", CUSTOMER_AND_TOKEN],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        env=bare_environment(VAR_DIR=str(var_folder)),
        check=True,
    )
    customer, token = answer.stdout.split()

    def ask(path: str, data: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://localhost:{launcher.port}{path}",
            json.dumps(data).encode() if data else None,
            {"Authorization": f"Token {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    jobs = "/api/v1/provisioning-jobs/"
    numbers = "\n".join(f"139{number:08}" for number in range(20_000))
    job = ask(jobs, {"customer": customer, "numbers": numbers, "actions": ["leave"]})
    worker = recorded(var_folder / "run" / "worker.pid")
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: ask(f"{jobs}{job['id']}/")["status"] in {"validated", "failed"}, 120)
    assert ask(f"{jobs}{job['id']}/")["status"] == "validated"
    assert recorded(var_folder / "run" / "worker.pid") != worker
    launcher.process.send_signal(signal.SIGTERM)
    assert launcher.process.wait(timeout=60) == 0
    assert "worker ended by signal 9 and is started again" in launcher.log.read_text()
    assert launcher.processes() == []
