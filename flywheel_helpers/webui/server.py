"""Open WebUI on this machine: starting, finding and stopping it. It has its own virtual environment.

It listens on loopback only and makes no requests to the internet: it downloads no model, looks for no update and
reports nothing. Its state and the password of its only account are in the platform's home.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.errors import ConfigError, PlatformError, Unauthorized
from flywheel_helpers.files import write_whole
from flywheel_helpers.local import background
from flywheel_helpers.settings import Settings
from flywheel_helpers.webui.client import OpenWebUI, sign_in

VENV = ROOT / ".venv-openwebui"
EMAIL = "admin@localhost"
PASSWORD_FILE = ("openwebui", "admin-password")  # in the platform's home
START_DEADLINE = 600.0  # seconds; a start takes about 20 on an idle laptop, minutes on one that is busy training
PORT_VARIABLE = "FLYWHEEL_WEBUI_PORT"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Answers are JSON, which Markdown would garble.
_INTERFACE = {
    "renderMarkdownInAssistantMessages": False,
    "renderMarkdownInUserMessages": False,
    "showChangelog": False,
}
_ALWAYS = {
    "OFFLINE_MODE": "true",
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    # A remote engine that is never called: the default would load a model for document search.
    "RAG_EMBEDDING_ENGINE": "openai",
    "ENABLE_OLLAMA_API": "false",
    # Until `setup` has connected it to our models: its default is a service on the internet.
    "ENABLE_OPENAI_API": "false",
    # A model that only writes tool calls cannot write titles, tags or follow-up questions.
    "ENABLE_TITLE_GENERATION": "false",
    "ENABLE_TAGS_GENERATION": "false",
    "ENABLE_FOLLOW_UP_GENERATION": "false",
    "ENABLE_SIGNUP": "false",
    "DEFAULT_INTERFACE_SETTINGS": json.dumps(_INTERFACE),
}
# All that it needs from our environment. Secrets, proxies and settings for other programs are not passed on.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Running:
    """An Open WebUI that is ready or starting."""

    process: psutil.Process
    url: str
    started_at: str
    sign_in: bool

    def missing(self) -> str:
        """What is not ready yet, in a few words; empty when it is ready.

        Raises:
            PlatformError: another program answers at its address.
        """
        silent = background.silent(self.process, {"Open WebUI": (f"{self.url}/health", PORT_VARIABLE)})
        return f"waiting for {silent[0]}" if silent else ""


def installed() -> bool:
    """Whether `make webui` has installed it."""
    return (VENV / "bin" / "open-webui").is_file()


def is_local(settings: Settings) -> bool:
    """Whether OPENWEBUI_URL is an address of this machine, so that we start it."""
    return urlsplit(settings.openwebui_url).hostname in LOOPBACK


def missing(settings: Settings) -> str:
    """What a chat with Open WebUI still needs, and how to get it; empty when nothing is missing."""
    if not settings.openwebui_url:
        return "OPENWEBUI_URL is not set. It is the address at which you open Open WebUI in the browser."
    if settings.openwebui_api_key:
        return ""
    if not is_local(settings):
        return "OPENWEBUI_API_KEY is not set. Create a key in Open WebUI under Settings, Account."
    return "" if installed() else "Open WebUI is not installed. Run make webui once."


def find(home: Path) -> Running | None:
    """The Open WebUI whose state is in `home`, or None."""
    found = background.find(_state_file(home))
    if not found:
        return None
    process, state = found
    try:
        return Running(process, state["url"], state["started_at"], state["sign_in"])
    except KeyError:
        return None


def why_ended(home: Path) -> str | None:
    """Why the last Open WebUI is not running; None where it was stopped, or never started."""
    if background.was_killed(_state_file(home)):
        return f"The last one crashed, was killed, or the machine was switched off. Its logs: {log_file(home).parent}"
    return None


def up(settings: Settings, home: Path, tell: Callable[[str], None]) -> tuple[Running, bool]:
    """Start Open WebUI, unless it is running, and wait until it is ready.

    Args:
        settings: the address it listens on, and whether it requires signing in.
        home: folder of its state and log.
        tell: takes a line on the progress.

    Returns:
        Open WebUI, and whether this call started it.

    Raises:
        ConfigError: OPENWEBUI_URL is not an address of this machine.
        PlatformError: it is not installed, its port is in use, it runs with other settings, or it stopped while
            starting.
    """
    home.mkdir(parents=True, exist_ok=True)
    # Of two commands that run at the same time, the second waits for the one that the first starts.
    with FileLock(home / "openwebui.lock"):
        running = find(home)
        started = running is None
        if running is None:
            _require_startable(settings)
            if reason := why_ended(home):
                tell(reason)
            running = _start(settings, home)
        elif running.sign_in != settings.openwebui_sign_in or running.url != settings.openwebui_url:
            raise PlatformError(
                f"Open WebUI runs with other settings: {running.url}, sign-in {'on' if running.sign_in else 'off'}.",
                "Stop it with flywheel webui down, then start it again.",
            )
    expected = "about 20 s on a laptop"
    try:
        background.wait_until_ready(
            "Open WebUI", running.process, running.missing, log_file(home), START_DEADLINE, expected, tell
        )
    except BaseException:
        if started:
            down(home)
        raise
    return running, started


def down(home: Path) -> bool:
    """Stop Open WebUI and wait until it has ended.

    Returns:
        whether there was one.
    """
    return background.end(_state_file(home))


def reachable(settings: Settings, home: Path) -> OpenWebUI | None:
    """Open WebUI, signed in, or None where there is none: not set up, or not running on this machine.

    For steps that are welcome and not necessary. A key that is refused is an error all the same.

    Raises:
        Unauthorized: it refuses the key or the password.
    """
    not_running = is_local(settings) and not settings.openwebui_api_key and find(home) is None
    return None if not_running or missing(settings) else signed_in(settings, home)


def signed_in(settings: Settings, home: Path) -> OpenWebUI:
    """Open WebUI, signed in with OPENWEBUI_API_KEY if that is set, else with the account that `up` made.

    Raises:
        ConfigError: OPENWEBUI_URL is not set, or it is another machine's and there is no key for it.
        Unauthorized: it refuses the key or the password.
    """
    if settings.openwebui_api_key:
        webui = OpenWebUI(settings, settings.openwebui_api_key)
        webui.role()  # a request, so that a wrong key fails here and not three calls later
        return webui
    if settings.openwebui_url and not is_local(settings):
        raise ConfigError(
            f"There is no key for {settings.openwebui_url}.",
            "Create one in Open WebUI under Settings, Account, and put it in the environment as OPENWEBUI_API_KEY. "
            "If no API keys are offered there, ask an administrator to allow them.",
        )
    try:
        return sign_in(settings, EMAIL, password(home) if settings.openwebui_sign_in else "")
    except Unauthorized as error:
        error.hint = (
            f"If the password was changed in Open WebUI, write the new one into {password_file(home)}. If another "
            "Open WebUI than that of flywheel webui up answers there, set OPENWEBUI_API_KEY."
        )
        raise


def folder(home: Path, sign_in: bool) -> Path:
    """Folder of its data. Without sign-in it has another account, and so another folder."""
    return home / (PASSWORD_FILE[0] if sign_in else "openwebui-without-sign-in")


def password(home: Path) -> str:
    """The password of its account, generated on first use and kept in a file that only this user can read."""
    return _kept_secret(password_file(home))


def password_file(home: Path) -> Path:
    """Where `password` is kept."""
    return home.joinpath(*PASSWORD_FILE)


def log_file(home: Path) -> Path:
    """Its log."""
    return home / "logs" / "openwebui.log"


def _state_file(home: Path) -> Path:
    return home / "openwebui.json"


def _require_startable(settings: Settings) -> None:
    if not is_local(settings):
        raise ConfigError(
            f'OPENWEBUI_URL is "{settings.openwebui_url}", which is not on this machine: nothing to start here.',
            "Open that address in the browser. On the local profile, unset OPENWEBUI_URL to start Open WebUI here.",
        )
    if not installed():
        raise PlatformError(
            "Open WebUI is not installed.", "Run make webui once: it downloads about 1 GB and takes a few minutes."
        )
    background.require_free_port(_port(settings), PORT_VARIABLE)


def _start(settings: Settings, home: Path) -> Running:
    data = folder(home, settings.openwebui_sign_in)
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | _ALWAYS
    environment |= {
        "HOME": str(data),
        "DATA_DIR": str(data / "data"),
        "STATIC_DIR": str(data / "static"),
        "WEBUI_URL": settings.openwebui_url,
        "CORS_ALLOW_ORIGIN": settings.openwebui_url,
        "WEBUI_SECRET_KEY": _kept_secret(data / "secret-key"),
        "WEBUI_AUTH": str(settings.openwebui_sign_in).lower(),
    }
    if settings.openwebui_sign_in:
        environment |= {"WEBUI_ADMIN_EMAIL": EMAIL, "WEBUI_ADMIN_PASSWORD": password(home)}
    command = [VENV / "bin" / "open-webui", "serve", "--host", "127.0.0.1", "--port", str(_port(settings))]
    process = background.start(command, log_file(home), environment, data)
    try:
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        running = Running(process, settings.openwebui_url, started_at, settings.openwebui_sign_in)
        state = {
            **background.identity(process),
            "url": running.url,
            "started_at": started_at,
            "sign_in": running.sign_in,
        }
        write_whole(_state_file(home), json.dumps(state, indent=2) + "\n")
    except BaseException:  # without its state file, nobody would find it again
        background.stop(process)
        raise
    return running


def _port(settings: Settings) -> int:
    return urlsplit(settings.openwebui_url).port or 80


def _kept_secret(path: Path) -> str:
    """A random text, written on first use to a file that only this user can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f"{path.name}.lock")):  # two commands must not each make one
        if not path.is_file() or not path.read_text().strip():
            write_whole(path, secrets.token_urlsafe(18) + "\n", private=True)
    return path.read_text().strip()
