"""The preflight: whether the notebooks have everything they need, and if not, what to change.

All checks run at the same time, so that a slow service does not hide the others. Notebook 00 and `flywheel doctor` show
the same report.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flywheel_helpers.checkout import home
from flywheel_helpers.display import Table
from flywheel_helpers.errors import ConfigError, FlywheelError, ServiceError
from flywheel_helpers.preflight import checks, network
from flywheel_helpers.preflight.checks import Remark
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.tls import NOT_VERIFIED, origin
from flywheel_helpers.settings import SECRETS, SERVICE_URLS

WAY = "way to "  # how the name of a host's check begins
DEADLINE = 20.0  # seconds for all checks; a healthy service answers in a fraction of one, a busy laptop may take ten


@dataclass(frozen=True)
class Check:
    """One row of the report.

    Args:
        name: what was checked.
        verdict: "ok", "warning" or "FAILED". Only "FAILED" stops the course.
        found: what was found, or the cause of the failure.
        fix: the change to make; empty if there is none.
        seconds: how long the check took.
    """

    name: str
    verdict: str
    found: str
    fix: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the course can continue."""
        return self.verdict != "FAILED"


@dataclass(frozen=True)
class Report:
    """All checks, in a fixed order."""

    checks: list[Check]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(check.ok for check in self.checks)

    def table(self) -> Table:
        """The report as a table, with the cause of each failure and the change to make."""
        return Table(
            ["check", "verdict", "found", "time", "what to do"],
            [[check.name, check.verdict, check.found, f"{check.seconds:.2f} s", check.fix] for check in self.checks],
        )

    def require(self) -> None:
        """Raise an error if a check has failed.

        Raises:
            ConfigError: names each failed check and its fix.
        """
        failed = [check for check in self.checks if not check.ok]
        if failed:
            fixes = [f"{', '.join(names)}: {fix}" for fix, names in _fixes(failed).items()]
            raise ConfigError(f"{len(failed)} of {len(self.checks)} checks failed.", "\n    ".join(fixes))

    def fixes(self) -> dict[str, list[str]]:
        """The changes to make, each with the names of the checks that need it."""
        return _fixes(self.checks)

    def to_json(self) -> dict[str, Any]:
        """The report for scripts."""
        return {"ok": self.ok, "checks": [{**asdict(check), "ok": check.ok} for check in self.checks]}


def _fixes(found: list[Check]) -> dict[str, list[str]]:
    fixes: dict[str, list[str]] = {}
    for check in found:
        if check.fix:
            fixes.setdefault(check.fix, []).append(check.name)
    return fixes


_Findings = Callable[[], Iterator[str | Remark]]  # yields one finding for each of the check's rows


def run(nemo: Connection, folder: Path = Path(".")) -> Report:
    """Check everything.

    Args:
        nemo: the connection that the notebooks use.
        folder: where data and runs are written.
    """
    answers: queue.SimpleQueue[Check] = queue.SimpleQueue()
    found: dict[str, Check] = {}
    deadline = time.monotonic() + DEADLINE
    # A single answer has less time than a check, and nothing is asked twice: this is for a report, not for a result.
    with Connection(nemo.settings, timeout=DEADLINE / 2, transport=nemo.transport, max_retries=0) as quick:
        listed = _list(quick, folder)
        for names, findings in listed:
            # Daemons: a name server that never answers must not keep the command from ending.
            threading.Thread(target=_run_one, args=(names, findings, answers.put), daemon=True).start()
        rows = [name for names, _ in listed for name in names]
        while len(found) < len(rows):
            try:
                check = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            found[check.name] = check
    return Report(_one_cause([found.get(name) or _late(name) for name in rows]))


def _one_cause(found: list[Check]) -> list[Check]:
    """If a host cannot be reached, every failure of its services gets the fix for that."""
    for way in found:
        if way.name.startswith(WAY) and not way.ok:
            there = f" {way.name.removeprefix(WAY)}/"
            found = [replace(one, fix=way.fix) if one.fix and there in one.found else one for one in found]
    return found


def _list(nemo: Connection, folder: Path) -> list[tuple[tuple[str, ...], _Findings]]:
    """Every check, in the order of the report."""
    settings = nemo.settings
    one: dict[str, Callable[[], str | Remark]] = {}
    for name in checks.PROBES:
        one[name] = lambda name=name: checks.service(nemo, name)
    hosts: dict[str, list[str]] = {}
    for name in checks.PROBES:
        hosts.setdefault(origin(settings.url(name)), []).append(SERVICE_URLS[name])
    if nemo.transport is None:  # otherwise there is no network to check
        for address, variables in hosts.items():
            # All services of a cluster behind one host: that is what NEMO_URL is for.
            names = ["NEMO_URL"] if settings.profile == "pcai" and len(variables) == len(checks.PROBES) else variables
            one[WAY + address] = lambda address=address, names=names: network.look(settings, address, names)
    if not settings.verify_tls:
        one["certificates"] = lambda: Remark("warning", "not checked", NOT_VERIFIED)
    one |= {
        "namespace": lambda: checks.namespace(nemo),
        "base model is served": lambda: checks.base_model_served(nemo),
        "base model is registered": lambda: checks.base_model_registered(nemo),
        "base model can be trained": lambda: checks.base_model_trainable(nemo),
    }
    listed = [((name,), _single(check)) for name, check in one.items()]
    listed.append((("upload links", "upload and download"), lambda: checks.uploads(nemo)))
    for name in SECRETS:
        listed.append(((name,), _single(lambda name=name: checks.credential(nemo, name))))
    folders = [folder, home()] if settings.profile == "local" else [folder]
    listed.append((("free disk",), _single(lambda: checks.disk(folders, settings.profile))))
    listed.append((("packages",), _single(lambda: checks.packages(settings.profile))))
    return listed


def _single(check: Callable[[], str | Remark]) -> _Findings:
    return lambda: iter([check()])


def _run_one(names: tuple[str, ...], findings: _Findings, tell: Callable[[Check], None]) -> None:
    """Report each row as soon as it is known. The rows after a failed one cannot be checked."""
    left, started = list(names), time.monotonic()

    def elapsed() -> float:
        return time.monotonic() - started

    try:
        for finding in findings():
            remark = finding if isinstance(finding, Remark) else Remark("ok", finding)
            tell(Check(left.pop(0), remark.verdict, remark.found, remark.fix, elapsed()))
    except ServiceError as error:
        said = f" It said: {error.server_message}" if error.server_message else ""
        tell(Check(left.pop(0), "FAILED", f"{error.reason}{said} ({error.request})", error.hint, elapsed()))
    except FlywheelError as error:
        tell(Check(left.pop(0), "FAILED", error.message, error.hint, elapsed()))
    except Exception as error:  # a bug in a check is a failed row, not a report without that row
        fault = f"the check itself failed ({type(error).__name__}: {error})"
        tell(Check(left.pop(0), "FAILED", fault, "Report this as a bug of the course.", elapsed()))
    for name in left:
        tell(Check(name, "FAILED", "not checked", "Fix the row above first."))


def _late(name: str) -> Check:
    variable = SERVICE_URLS.get(name, "the addresses")
    fix = f"Check {variable} in config.py, and the log of the service."
    return Check(name, "FAILED", "no answer in time", fix, DEADLINE)
