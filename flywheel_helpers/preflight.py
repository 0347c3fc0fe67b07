"""Checks before a run: is everything there that the notebooks need, and if not, which one thing to change.

All checks run at the same time, each with its own deadline, so that one slow service never hides the rest. Notebook
00 and `flywheel doctor` show the same report.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flywheel_helpers import customizer, nim
from flywheel_helpers.display import Table
from flywheel_helpers.errors import ConfigError, FlywheelError, NotFound, ServiceError
from flywheel_helpers.http import Connection
from flywheel_helpers.settings import SECRETS, SERVICE_URLS

DEADLINE = 20.0  # seconds for a check; a healthy service answers in a fraction of one, a busy laptop may need ten
NEEDED_DISK = 5 * 1024**3  # bytes: the exported model, two checkpoints of a training, and room to spare

# A harmless question to each service the notebooks use, which it alone would answer.
PROBES = {
    "Entity Store": "/v1/namespaces?page_size=1",
    "Data Store": "/v1/datastore/namespaces/{namespace}",
    "Customizer": "/v1/customization/configs?page_size=1",
    "Evaluator": "/v1/evaluation/configs?page_size=1",
    "Guardrails": "/v1/guardrail/configs?page_size=1",
    "Deployment Management": "/v1/deployment/model-deployments?page_size=1",
    "NIM proxy": "/v1/models",
}


@dataclass(frozen=True)
class Check:
    """One row of the report.

    Args:
        name: what was checked.
        ok: the verdict.
        found: what is there, or the cause of the failure.
        fix: the change to make, empty when all is well.
        seconds: how long the check took.
    """

    name: str
    ok: bool
    found: str
    fix: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """All checks, in a fixed order."""

    checks: list[Check]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)

    def table(self) -> Table:
        """The report as a table: a verdict a row, and for each failure its cause and the change to make."""
        return Table(
            ["check", "verdict", "found", "time", "what to do"],
            [
                [check.name, "ok" if check.ok else "FAILED", check.found, f"{check.seconds:.2f} s", check.fix]
                for check in self.checks
            ],
        )

    def require(self) -> None:
        """Stop here unless every check passed.

        Raises:
            ConfigError: names each failed check and its fix.
        """
        failed = [f"{check.name}: {check.fix}" for check in self.checks if not check.ok]
        if failed:
            raise ConfigError(f"{len(failed)} of {len(self.checks)} checks failed.", "\n    ".join(failed))

    def to_json(self) -> dict[str, Any]:
        """The report for scripts."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


def run(nemo: Connection, folder: Path = Path(".")) -> Report:
    """Check everything.

    Args:
        nemo: the connection the notebooks use.
        folder: where data and runs are written.
    """
    # The deadline of a single answer lies below the check's, and nothing is asked twice: a report, not a rescue.
    quick = Connection(nemo.settings, timeout=DEADLINE / 2, transport=nemo.transport, max_retries=0)
    checks: dict[str, Callable[[], str]] = {name: _probe(quick, name) for name in PROBES}
    checks |= {
        "base model is served": lambda: _base_model(quick),
        "base model can be trained": lambda: customizer.config_name(customizer.pick_config(quick)),
        "free disk": lambda: _disk(folder),
    }
    for secret in SECRETS:
        checks[secret] = lambda name=secret: "set" if getattr(nemo.settings, name.lower()) else "not set (optional)"
    executor = ThreadPoolExecutor(max_workers=len(checks))
    futures = {name: executor.submit(_run_one, name, check) for name, check in checks.items()}
    wait(futures.values(), timeout=DEADLINE)
    executor.shutdown(wait=False, cancel_futures=True)
    return Report([futures[name].result() if futures[name].done() else _late(name) for name in checks])


def _run_one(name: str, check: Callable[[], str]) -> Check:
    started = time.monotonic()
    try:
        found, fix, ok = check(), "", True
    except ServiceError as error:
        said = f" It said: {error.server_message}" if error.server_message else ""
        found, fix, ok = f"{error.reason}{said} ({error.request})", error.hint, False
    except FlywheelError as error:
        found, fix, ok = error.message, error.hint, False
    return Check(name, ok, found, fix, time.monotonic() - started)


def _late(name: str) -> Check:
    variable = SERVICE_URLS.get(name, "the addresses")
    return Check(name, False, "no answer in time", f"Check {variable} in config.py, and the service's log.", DEADLINE)


def _probe(nemo: Connection, service: str) -> Callable[[], str]:
    def probe() -> str:
        path = PROBES[service].format(namespace=nemo.settings.namespace)
        try:
            nemo.json(service, "GET", path)
        except NotFound as error:
            # The Data Store answers like this, in JSON, as long as nobody has made the namespace.
            if service != "Data Store" or not error.server_message:
                raise
        return f"{nemo.settings.url(service)}, version {_version(nemo, service)}"

    return probe


def _version(nemo: Connection, service: str) -> str:
    """What the service calls its own version in its OpenAPI description, where it publishes one."""
    try:
        return str(nemo.json(service, "GET", "/openapi.json")["info"]["version"])
    except (FlywheelError, KeyError, TypeError):
        return "not told"


def _base_model(nemo: Connection) -> str:
    served = nim.list_models(nemo)
    if nemo.settings.base_model not in served:
        raise ConfigError(
            f"{nemo.settings.base_model} is not served. Served: {', '.join(served) or 'nothing'}.",
            "Deploy it with Deployment Management, or set BASE_MODEL to a model that is served.",
        )
    return nemo.settings.base_model


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_DISK:
        raise ConfigError(f"{free / 1024**3:.1f} GiB", f"Free some: {NEEDED_DISK / 1024**3:.0f} GiB are needed.")
    return f"{free / 1024**3:.0f} GiB"
