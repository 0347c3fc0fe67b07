"""Open WebUI as a process: a stand-in for its command shows what it is started with, and how it is found and ended."""

from __future__ import annotations

import http.server
import json
import os
import socket
import stat
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from ports import free_port

from flywheel_helpers import checkout, polling
from flywheel_helpers.errors import ConfigError, PlatformError
from flywheel_helpers.local import background
from flywheel_helpers.webui import server

# Named and called like the real one: `open-webui serve --host HOST --port PORT`.
STAND_IN = f"""\
#!{sys.executable}
import http.server, json, os, pathlib, sys, time
pathlib.Path("started-with.json").write_text(json.dumps({{"arguments": sys.argv[1:], "environment": dict(os.environ)}}))
if pathlib.Path("fail").exists():
    sys.exit("the disk is full of cats")
if pathlib.Path("slow").exists():
    time.sleep(60)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer((sys.argv[3], int(sys.argv[5])), Health).serve_forever()
"""


@pytest.fixture
def local(settings, tmp_path, monkeypatch):
    """Settings with an address of this machine, and the stand-in where Open WebUI would be."""
    command = tmp_path / "venv" / "bin" / "open-webui"
    command.parent.mkdir(parents=True)
    command.write_text(textwrap.dedent(STAND_IN))
    command.chmod(0o755)
    monkeypatch.setattr(server, "VENV", tmp_path / "venv")
    return replace(settings, openwebui_url=f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    yield folder
    server.down(folder)


def started_with(folder: Path) -> dict:
    return json.loads((folder / "started-with.json").read_text())


def test_up_status_and_down(local, home):
    assert server.find(home) is None
    running, started = server.up(local, home, print)
    assert started and running.missing() == "" and server.find(home) == running
    assert server.up(local, home, print) == (running, False)
    assert server.down(home) is True
    assert server.find(home) is None and running.missing()
    assert server.down(home) is False


def test_it_listens_on_loopback_and_asks_nothing_of_the_network(local, home, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_somebody")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-somebody")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    server.up(local, home, print)
    found = started_with(home / "openwebui")
    assert found["arguments"][:3] == ["serve", "--host", "127.0.0.1"]
    environment = found["environment"]
    assert environment["OFFLINE_MODE"] == "true" and environment["ENABLE_OLLAMA_API"] == "false"
    assert environment["WEBUI_AUTH"] == "true" and environment["DATA_DIR"].startswith(str(home))
    assert not {"HF_TOKEN", "OPENAI_API_KEY", "HTTP_PROXY"} & environment.keys()


def test_the_password_is_for_this_user_only_and_stays(local, home):
    server.up(local, home, print)
    file = server.password_file(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    password = server.password(home)
    assert len(password) >= 20 and password == file.read_text().strip() == server.password(home)
    environment = started_with(home / "openwebui")["environment"]
    assert environment["WEBUI_ADMIN_PASSWORD"] == password
    assert password not in (home / "openwebui.json").read_text()


def test_a_password_is_never_an_empty_one(home):
    """As a full disk left it, when the file was not yet written in one piece."""
    server.password_file(home).parent.mkdir(parents=True)
    server.password_file(home).touch()
    assert len(server.password(home)) >= 20


def test_without_sign_in_it_has_another_state(local, home):
    server.up(replace(local, openwebui_sign_in=False), home, print)
    environment = started_with(home / "openwebui-without-sign-in")["environment"]
    assert environment["WEBUI_AUTH"] == "false" and "WEBUI_ADMIN_PASSWORD" not in environment
    with pytest.raises(PlatformError, match="sign-in off.*\n.*webui down"):
        server.up(local, home, print)


def test_not_installed(local, home, monkeypatch, tmp_path):
    monkeypatch.setattr(server, "VENV", tmp_path / "nothing")
    with pytest.raises(PlatformError, match="not installed.*\n.*make webui"):
        server.up(local, home, print)
    assert "make webui" in server.missing(local)


def test_the_port_is_taken(local, home):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", urlsplit(local.openwebui_url).port))
        holder.listen()
        with pytest.raises(PlatformError, match=rf"in use by .*process {os.getpid()}") as caught:
            server.up(local, home, print)
    assert "FLYWHEEL_WEBUI_PORT" in caught.value.hint and server.find(home) is None


def test_another_program_takes_the_port_while_it_starts(local, home):
    """Open WebUI takes its port late. What answers there in the meantime is not the one that was started."""
    (home / "openwebui").mkdir(parents=True)
    (home / "openwebui" / "slow").touch()
    other: list[http.server.HTTPServer] = []

    def take_the_port() -> None:
        for _ in polling.attempts(20, 0.05):
            if (home / "openwebui" / "started-with.json").exists():
                break
        other.append(http.server.ThreadingHTTPServer(("127.0.0.1", urlsplit(local.openwebui_url).port), Healthy))
        other[0].serve_forever()

    threading.Thread(target=take_the_port, daemon=True).start()
    before = set(psutil.Process().children())
    try:
        with pytest.raises(PlatformError, match=rf"in use by .*process {os.getpid()}"):
            server.up(local, home, print)
    finally:
        other[0].shutdown()
        other[0].server_close()
    assert server.find(home) is None
    assert all(background.stopped(child) for child in set(psutil.Process().children()) - before)


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_program_without_a_command_line_yet_is_no_dead_one(local, home, monkeypatch):
    """For some moments after its start the system shows none."""
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: [])
    running, started = server.up(local, home, print)
    assert started and server.find(home) == running
    assert server.up(local, home, print) == (running, False)


def test_two_commands_at_the_same_moment_start_one(local, home):
    with ThreadPoolExecutor(2) as threads:
        (one, first), (other, second) = threads.map(lambda _: server.up(local, home, print), range(2))
    assert one == other and first != second


def test_one_that_cannot_be_recorded_is_not_left_running(local, home):
    (home / "openwebui.json").mkdir(parents=True)
    before = set(psutil.Process().children())
    with pytest.raises(OSError):
        server.up(local, home, print)
    assert all(background.stopped(child) for child in set(psutil.Process().children()) - before)
    (home / "openwebui.json").rmdir()


def test_it_stops_while_starting(local, home):
    (home / "openwebui").mkdir(parents=True)
    (home / "openwebui" / "fail").touch()
    with pytest.raises(PlatformError, match="the disk is full of cats"):
        server.up(local, home, print)
    assert server.find(home) is None and server.why_ended(home) is None


def test_one_that_was_killed_is_told_from_one_that_was_stopped(local, home):
    running, _ = server.up(local, home, print)
    running.process.kill()
    running.process.wait()
    reason = server.why_ended(home)
    assert "was killed" in reason and str(server.log_file(home).parent) in reason
    told = []
    server.up(local, home, told.append)
    assert told[0] == reason
    server.down(home)
    assert server.why_ended(home) is None


def test_somebody_elses_is_not_started(local, home):
    elsewhere = replace(local, openwebui_url="https://chat.example.test")
    with pytest.raises(ConfigError, match="not on this machine"):
        server.up(elsewhere, home, print)
    with pytest.raises(ConfigError, match="OPENWEBUI_API_KEY"):
        server.signed_in(elsewhere, home)


def test_what_is_missing(local):
    assert server.missing(local) == ""
    assert "OPENWEBUI_URL" in server.missing(replace(local, openwebui_url=""))
    elsewhere = replace(local, openwebui_url="https://chat.example.test")
    assert "OPENWEBUI_API_KEY" in server.missing(elsewhere)
    assert server.missing(replace(elsewhere, openwebui_api_key="sk-1")) == ""


def test_a_state_file_left_behind_is_not_believed(home):
    home.mkdir()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "open-webui"])
    state = background.identity(psutil.Process(other.pid))
    state |= {"url": "http://127.0.0.1:1", "started_at": "now", "sign_in": True}
    try:
        (home / "openwebui.json").write_text(json.dumps(state))
        assert server.find(home) is not None
        (home / "openwebui.json").write_text(json.dumps({**state, "started_after_boot": 0.0}))
        assert server.find(home) is None and server.down(home) is False
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_makefile_installs_where_it_is_looked_for():
    assert f"WEBUI_VENV := {server.VENV.name}\n" in (checkout.ROOT / "Makefile").read_text()
