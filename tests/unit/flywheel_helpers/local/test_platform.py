"""Starting, finding and stopping the platform, with a stand-in for it that is ready at once."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from ports import free_port

from flywheel_helpers.errors import PlatformError
from flywheel_helpers.local import background, platform
from flywheel_helpers.run.cli import main

STAND_IN = """
import http.server, json, os, pathlib, subprocess, sys, threading, time
import psutil
if os.environ.get("BROKEN"):
    sys.exit("nemo_local: Port 8080 is held by nginx (process 7).")
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", stubborn])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b'{"inferencePrecision": "f32"}' if self.path == "/v1/metadata" else b"{}")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["FLYWHEEL_GATEWAY_PORT"])), Answer)
url = f"http://127.0.0.1:{server.server_port}"
home = pathlib.Path(os.environ["FLYWHEEL_HOME"])
me = psutil.Process()
state = {"pid": me.pid, "started_after_boot": me.create_time() - psutil.boot_time()}
state |= {"gateway_url": os.environ.get("GATEWAY", url), "nim_url": url, "started_at": "now", "child": child.pid}
(home / "platform.json").write_text(json.dumps(state))
server.serve_forever()
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    package = tmp_path / "nemo_local"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    monkeypatch.chdir(tmp_path)  # where `python -m` looks first
    monkeypatch.setattr(background, "STOP_DEADLINE", 0.3)
    port = str(free_port())
    monkeypatch.setenv("FLYWHEEL_GATEWAY_PORT", port)
    monkeypatch.setenv("FLYWHEEL_NIM_PORT", port)  # the stand-in has one server
    home = tmp_path / "home"
    yield home
    platform.down(home)


def test_up_find_down(home):
    said = []
    running, started = platform.up(home, said.append)
    assert started and running.missing() == ""
    assert platform.find(home) == running
    assert platform.up(home, said.append) == (running, False)
    pids = [process.pid for process in running.processes()]
    assert json.loads((home / "platform.json").read_text())["child"] in pids
    assert platform.down(home)
    time.sleep(0.1)
    assert not any(alive(pid) for pid in pids), "a child that ignores SIGTERM must be killed"
    assert platform.find(home) is None and not platform.down(home)


def test_ports_that_are_changed_in_config_py_are_the_platforms(home, monkeypatch):
    monkeypatch.delenv("FLYWHEEL_GATEWAY_PORT")
    monkeypatch.delenv("FLYWHEEL_NIM_PORT")
    ports = SimpleNamespace(GATEWAY_PORT=str(free_port()), NIM_PORT=str(free_port()))
    monkeypatch.setattr(platform.checkout, "load_config", lambda: ports)
    running, _ = platform.up(home, print)
    assert running.gateway_url.endswith(ports.GATEWAY_PORT)
    ports.NIM_PORT = running.nim_url.rpartition(":")[2]
    assert platform.up(home, print) == (running, False)
    ports.GATEWAY_PORT = "1"
    with pytest.raises(PlatformError, match="and FLYWHEEL_GATEWAY_PORT is 1"):
        platform.up(home, print)


def test_the_number_format_of_the_models_is_shown(home, monkeypatch, capsys):
    monkeypatch.setenv("FLYWHEEL_HOME", str(home))
    running, _ = platform.up(home, print)
    assert running.inference_precision() == "f32"
    state = json.loads((home / "platform.json").read_text())
    (home / "platform.json").write_text(json.dumps({**state, "started_at": "2026-01-05T10:00:00Z"}))
    monkeypatch.setattr(sys, "argv", ["flywheel", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0 and "(inference in f32)" in capsys.readouterr().out
    platform.down(home)
    assert running.inference_precision() is None


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_platform_that_does_not_start_says_why(home, monkeypatch):
    monkeypatch.setenv("BROKEN", "1")
    with pytest.raises(PlatformError, match=r"held by nginx \(process 7\)") as caught:
        platform.up(home, print)
    assert "platform.log" in caught.value.hint
    assert platform.find(home) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "no json",
        '{"pid": 4194303, "started_after_boot": 1, "gateway_url": "", "nim_url": "", "started_at": ""}',
        '{"pid": 1, "gateway_url": "", "nim_url": "", "started_at": ""}',
        '{"pid": -1, "started_after_boot": 1}',
        f'{{"pid": {10**30}, "started_after_boot": 1}}',
    ],
)
def test_a_stale_file_is_not_believed(home, content):
    home.mkdir()
    (home / "platform.json").write_text(content)
    assert platform.find(home) is None


@pytest.mark.parametrize("command", ["time.sleep(60)", "time.sleep(60)  # as in pytest tests/unit/nemo_local"])
def test_a_process_id_that_went_to_another_program(home, command):
    """Whatever that program's command line says: it started at another time than the platform."""
    home.mkdir()
    other = subprocess.Popen([sys.executable, "-c", f"import time; {command}"])
    identity = background.identity(psutil.Process(other.pid))
    state = {**identity, "gateway_url": "", "nim_url": "", "started_at": ""}
    try:
        (home / "platform.json").write_text(json.dumps(state))
        assert platform.find(home) is not None
        state["started_after_boot"] -= 60
        (home / "platform.json").write_text(json.dumps(state))
        assert platform.find(home) is None
        assert not platform.down(home)
        assert other.poll() is None, "a program that is not ours must not be stopped"
    finally:
        other.kill()
        other.wait()


def test_a_platform_whose_command_line_cannot_be_read_is_found(home, monkeypatch):
    """In the first moments of a program the system has no command line for it yet."""
    running, _ = platform.up(home, print)
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: [])
    assert platform.find(home) == running
    assert platform.down(home)


def test_a_setting_of_the_clock_does_not_hide_the_platform(home, monkeypatch):
    running, _ = platform.up(home, print)
    boot, created = psutil.boot_time, psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: boot() + 3600)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 3600)
    assert platform.find(home) == running


@pytest.fixture
def other_program():
    """The address of another program that says it is well."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_the_answer_of_another_program_is_not_taken_for_the_platforms(home, monkeypatch, other_program):
    monkeypatch.setenv("GATEWAY", other_program)
    before = set(psutil.Process().children())
    with pytest.raises(PlatformError, match=rf"Port \d+ is in use by .* \(process {os.getpid()}\)") as caught:
        platform.up(home, print)
    assert "FLYWHEEL_GATEWAY_PORT" in caught.value.hint
    assert [process for process in set(psutil.Process().children()) - before if alive(process.pid)] == []


def test_a_platform_that_stops_does_not_find_another_one_in_its_place(home, tmp_path, monkeypatch):
    """The state file may be that of a platform that another command has started meanwhile."""
    running, _ = platform.up(home, print)
    found = platform.find
    monkeypatch.setattr(platform, "find", lambda home, calls=[]: calls.append(1) or len(calls) > 1 and found(home))
    monkeypatch.setenv("BROKEN", "1")
    with pytest.raises(PlatformError, match="stopped while starting"):
        platform.up(home, print)
    assert found(home) == running, "the one of the other command goes on"


def test_a_killed_platform_is_started_anew(home):
    running, _ = platform.up(home, print)
    for process in running.processes():
        process.kill()
    psutil.wait_procs(running.processes(), timeout=5)
    again, started = platform.up(home, print)
    assert started and again.process != running.process


def test_the_next_start_says_why_the_last_platform_ended(home):
    home.mkdir()
    reason = "The nim ended 6 times within 5 minutes."
    (home / "platform-ended.json").write_text(json.dumps({"at": "2026-01-05T10:00:00Z", "reason": reason}))
    said = []
    platform.up(home, said.append)
    assert said[0] == f"The last one ended by itself at 2026-01-05T10:00:00Z. {reason}"


def test_the_status_says_which_servers_were_restarted(home, monkeypatch, capsys):
    monkeypatch.setenv("FLYWHEEL_HOME", str(home))
    platform.up(home, print)
    restart = {"at": "2026-01-05T10:30:00Z", "message": "The nim ended with signal SIGKILL and starts again."}
    state = json.loads((home / "platform.json").read_text())
    state |= {"started_at": "2026-01-05T10:00:00Z", "restarts": [restart]}
    (home / "platform.json").write_text(json.dumps(state))
    monkeypatch.setattr(sys, "argv", ["flywheel", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0 and f": {restart['message']}\n" in capsys.readouterr().out


def test_a_start_that_is_interrupted_leaves_nothing(home, monkeypatch):
    monkeypatch.setattr(platform.Running, "missing", lambda self: "waiting for models")
    monkeypatch.setattr(platform, "START_DEADLINE", 0.5)
    before = set(psutil.Process().children())
    with pytest.raises(PlatformError, match="not ready after"):
        platform.up(home, print)
    assert [process for process in set(psutil.Process().children()) - before if alive(process.pid)] == []
    assert platform.find(home) is None


def test_the_real_platform_names_who_holds_its_port(tmp_path, monkeypatch):
    """The one test here with the real `nemo_local`, which looks at its ports before anything else."""
    holder = subprocess.Popen(
        [sys.executable, "-c", "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
         "print(s.getsockname()[1], flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = holder.stdout.readline().strip()
        monkeypatch.setenv("FLYWHEEL_GATEWAY_PORT", port)
        monkeypatch.setenv("FLYWHEEL_NIM_PORT", str(int(port) + 1))
        monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path / "home"))
        found = subprocess.run(
            [sys.executable, "-m", "flywheel_helpers.run.cli", "up"], capture_output=True, text=True, timeout=300
        )
    finally:
        platform.down(tmp_path / "home")
        holder.kill()
        holder.wait()
    assert found.returncode == 1
    assert port in found.stderr and str(holder.pid) in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("up_before", [False, True])
def test_a_run_starts_the_platform_where_needed_and_stops_what_it_started(home, monkeypatch, capsys, up_before):
    root = home.parent
    port = os.environ["FLYWHEEL_GATEWAY_PORT"]
    (root / "config.py").write_text(f'PROFILE, GATEWAY_PORT, NIM_PORT = "local", {port}, {port}\n')
    (root / "notebooks").mkdir()
    notebook = new_notebook(
        cells=[new_code_cell("X = 1", metadata={"tags": ["parameters"]}), new_code_cell("print(X)")]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, root / "notebooks" / "00_only.ipynb")
    monkeypatch.setattr("flywheel_helpers.checkout.ROOT", root)
    monkeypatch.setenv("FLYWHEEL_HOME", str(home))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest's own handlers stay
    monkeypatch.setattr("sys.argv", ["flywheel", "run", "-p", "X", "41"])
    if up_before:
        platform.up(home, print)
    main()
    said = capsys.readouterr().out
    assert ("The platform is stopped." in said) is not up_before
    assert (platform.find(home) is not None) is up_before
    latest = (root / "runs" / "latest").resolve()
    assert str(latest / "report.html") in said and "00_only" in said
    assert json.loads((latest / "summary.json").read_text())["parameters"] == {"X": 41}
