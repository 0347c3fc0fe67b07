"""The supervisor, with two small servers in place of the gateway and the NIM proxy."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from ports import free_port

from flywheel_helpers.local import platform
from nemo_local.server import supervisor

SERVER = """
import http.server, json, os, subprocess, sys, threading
kind = {kind!r}
if os.environ.get("END") == kind:
    sys.exit("out of memory, for example")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        status = "failed" if os.environ.get("FAIL") == kind else "ok"
        self.wfile.write(json.dumps({{"status": status, "services": {{"customizer": "failed: why"}}}}).encode())
if kind == "GATEWAY":
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("serving", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[f"FLYWHEEL_{{kind}}_PORT"])), Handler).serve_forever()
"""
START = """
import os
from nemo_local.server import supervisor
supervisor.SERVERS = {"gateway": "small_gateway", "nim": "small_nim"}
supervisor._FIRST_PAUSE = supervisor._LONGEST_PAUSE = 0.2
supervisor._FULL_DISK = int(os.environ.get("FULL_DISK", supervisor._FULL_DISK))
supervisor.main()
"""


@pytest.fixture
def start(tmp_path) -> Callable[..., subprocess.Popen]:
    for kind in ("GATEWAY", "NIM"):
        (tmp_path / f"small_{kind.lower()}.py").write_text(SERVER.format(kind=kind))
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = one.getsockname()[1], two.getsockname()[1]
    started: list[subprocess.Popen] = []

    def start(**environment: str) -> subprocess.Popen:
        settings = {
            "FLYWHEEL_HOME": str(tmp_path / "home"),
            "FLYWHEEL_GATEWAY_PORT": str(ports[0]),
            "FLYWHEEL_NIM_PORT": str(ports[1]),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[4])]),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", START],
            env={**os.environ, **settings, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def family(process: subprocess.Popen) -> list[psutil.Process]:
    """Both servers, once they run, and the worker of one of them."""
    deadline = time.monotonic() + 20
    while len(found := psutil.Process(process.pid).children(recursive=True)) < 3:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    return found


def servers_by_kind(process: psutil.Process, kind: str) -> tuple[psutil.Process, psutil.Process]:
    """The server of a kind, and the other one."""
    one, two = psutil.Process(process.pid).children()
    return (one, two) if f"small_{kind.lower()}" in one.cmdline() else (two, one)


def ended(process: psutil.Process) -> bool:
    """Whether a process ends within a moment; one that only waits to be collected by its parent has ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_it_says_when_both_are_ready_and_stops_all(start, tmp_path):
    process = start()
    children = family(process)
    assert process.stdout.readline().startswith("ready: gateway http://127.0.0.1:")
    state = json.loads((tmp_path / "home" / "platform.json").read_text())
    assert state["gateway_url"].startswith("http://127.0.0.1:") and state["started_at"]
    started = psutil.Process(process.pid).create_time() - psutil.boot_time()
    assert state["pid"] == process.pid and state["started_after_boot"] == pytest.approx(started, abs=2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=40) == 0
    assert all(ended(child) for child in children), "the worker of a server is stopped as well"
    assert not (tmp_path / "home" / "platform.json").exists()
    assert "serving" in (tmp_path / "home" / "logs" / "gateway.log").read_text()


def test_servers_do_not_outlive_a_killed_supervisor(start):
    process = start()
    servers = psutil.Process(process.pid).children() if len(family(process)) else []
    assert process.stdout.readline().startswith("ready")
    worker = next(child for child in family(process) if child not in servers)
    process.kill()
    try:
        assert len(servers) == 2 and all(ended(server) for server in servers)
    finally:
        worker.kill()  # what a server started is the server's to stop; this one does not


@pytest.mark.parametrize("kind", ["GATEWAY", "NIM"])
def test_when_one_ends_the_other_is_stopped_and_the_cause_is_shown(start, kind):
    process = start(END=kind)
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 1
    assert f"The {kind.lower()} ended with exit code 1" in errors and "out of memory, for example" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("kind", ["GATEWAY", "NIM"])
def test_a_server_that_is_killed_starts_again_and_the_state_says_so(start, tmp_path, kind):
    process = start()
    family(process)
    assert process.stdout.readline().startswith("ready: ")
    victim, other = servers_by_kind(process, kind)
    victim.kill()
    lines = [process.stdout.readline() for _ in range(2)]
    assert f"The {kind.lower()} ended with signal SIGKILL and starts again (1 of 5 times)." in lines[0]
    assert lines[1].startswith("ready again: ")
    [restart] = json.loads((tmp_path / "home" / "platform.json").read_text())["restarts"]
    assert "SIGKILL" in restart["message"] and restart["at"].endswith("Z")
    again, same = servers_by_kind(process, kind)
    assert again.pid != victim.pid and same.pid == other.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=40) == 0 and ended(again) and ended(other)
    assert platform.why_ended(tmp_path / "home") is None


def test_a_server_that_dies_again_and_again_stops_the_platform_with_the_reason(start, tmp_path):
    process = start()
    family(process)
    for _ in range(6):
        while not process.stdout.readline().startswith("ready"):
            assert process.poll() is None
        servers_by_kind(process, "NIM")[0].kill()
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 1
    reason = "The nim ended 6 times within 5 minutes, the last time with signal SIGKILL, so the platform stops."
    assert reason in errors and reason in platform.why_ended(tmp_path / "home")


def test_a_killed_supervisor_is_told_from_one_that_was_stopped(start, tmp_path):
    process = start()
    children = family(process)
    assert process.stdout.readline().startswith("ready")
    process.kill()
    process.wait()
    assert "The last one was killed" in platform.why_ended(tmp_path / "home")
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def test_a_start_waits_for_the_servers_of_a_killed_platform_to_end(start, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "platform.json").write_text("{}")  # a platform that is stopped removes it
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        process = start(FLYWHEEL_NIM_PORT=str(port))
        time.sleep(3)
        assert process.poll() is None and not psutil.Process(process.pid).children()
    assert process.stdout.readline().startswith("ready")


def test_a_server_is_started_again_though_the_disk_is_too_full_to_say_so(start, tmp_path):
    process = start()
    family(process)
    assert process.stdout.readline().startswith("ready")
    process.stdout.close()  # what it prints is an error now, as is what it writes to its state file
    (tmp_path / "home" / "platform.tmp").mkdir()
    victim, _ = servers_by_kind(process, "NIM")
    victim.kill()
    deadline = time.monotonic() + 20
    again: list[psutil.Process] = []
    while not again:
        assert time.monotonic() < deadline and process.poll() is None
        others = [child for child in psutil.Process(process.pid).children() if child.pid != victim.pid]
        again = [child for child in others if "small_nim" in child.cmdline()]


def test_a_full_disk_is_named_where_the_log_could_not_say_it(start, tmp_path):
    _, errors = start(END="GATEWAY", FULL_DISK=str(2**60)).communicate(timeout=40)
    assert f"The disk that holds {tmp_path / 'home'} is full" in errors and "end of its log" not in errors


def test_a_service_that_did_not_start_ends_the_platform(start):
    process = start(FAIL="GATEWAY")
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 1 and "failed: why" in errors


def test_a_second_platform_on_the_same_home_is_refused(start):
    first = start()
    assert first.stdout.readline().startswith("ready")
    _, errors = start().communicate(timeout=20)
    assert "is running in" in errors and "Traceback" not in errors
    assert first.poll() is None


def test_a_taken_port_is_an_error_that_names_its_holder(start):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        process = start(FLYWHEEL_NIM_PORT=str(holder.getsockname()[1]))
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1 and f"process {os.getpid()}" in errors


def test_a_process_that_has_the_number_of_an_ended_server_is_left_alone():
    ended_server = subprocess.Popen([sys.executable, "-c", ""])
    ended_server.wait()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        ended_server.pid = stranger.pid  # as the system may give it again
        supervisor._stop([SimpleNamespace(name="nim", process=ended_server)])
        assert stranger.poll() is None
        stranger.communicate(b"\n", timeout=10)
