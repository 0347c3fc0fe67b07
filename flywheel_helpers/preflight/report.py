"""The preflight: is everything there that the notebooks need, and if not, which one thing to change.

All checks run at the same time, each with its own deadline, so that one slow service never hides the rest. Notebook
00 and `flywheel doctor` show the same report.
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

WAY = "way to "  # begins the name of the check of a host
DEADLINE = 20.0  # seconds for a check; a healthy service answers in a fraction of one, a busy laptop may need ten


@dataclass(frozen=True)
class Check:
    """One row of the report.

    Args:
        name: what was checked.
        verdict: "ok", "warning" or "FAILED". Only the last one stops the course.
        found: what is there, or the cause of the failure.
        fix: the change to make, empty when all is well.
        seconds: how long the check took.
    """

    name: str
    verdict: str
    found: str
    fix: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the course can go on."""
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
        """The report as a table: a verdict a row, and for each failure its cause and the change to make."""
        return Table(
            ["check", "verdict", "found", "time", "what to do"],
            [[check.name, check.verdict, check.found, f"{check.seconds:.2f} s", check.fix] for check in self.checks],
        )

    def require(self) -> None:
        """Stop here unless every check passed.

        Raises:
            ConfigError: names each failed check and its fix.
        """
        failed = [check for check in self.checks if not check.ok]
        if failed:
            fixes = [f"{', '.join(names)}: {fix}" for fix, names in _fixes(failed).items()]
            raise ConfigError(f"{len(failed)} of {len(self.checks)} checks failed.", "\n    ".join(fixes))

    def fixes(self) -> dict[str, list[str]]:
        """The changes to make, and for each the checks that ask for it."""
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


# A check: the names of its rows, and what finds one thing for each in turn.
_Findings = Callable[[], Iterator[str | Remark]]


def run(nemo: Connection, folder: Path = Path(".")) -> Report:
    """Check everything.

    Args:
        nemo: the connection the notebooks use.
        folder: where data and runs are written.
    """
    # The deadline of a single answer lies below the check's, and nothing is asked twice: a report, not a rescue.
    quick = Connection(nemo.settings, timeout=DEADLINE / 2, transport=nemo.transport, max_retries=0)
    listed = _list(quick, folder)
    answers: queue.SimpleQueue[Check] = queue.SimpleQueue()
    for names, findings in listed:
        # Daemons: a name server that never answers must not keep the command from ending.
        threading.Thread(target=_run_one, args=(names, findings, answers.put), daemon=True).start()
    rows = [name for names, _ in listed for name in names]
    found: dict[str, Check] = {}
    deadline = time.monotonic() + DEADLINE
    while len(found) < len(rows):
        try:
            check = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[check.name] = check
    return Report(_one_cause([found.get(name) or _late(name) for name in rows]))


def _one_cause(found: list[Check]) -> list[Check]:
    """Where the way to a host is broken, that is what every failure there asks to mend."""
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
    if nemo.transport is None:  # else there is no network to look at
        for address, variables in hosts.items():
            # Everything behind one host of a cluster: that is what NEMO_URL is for.
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
    """Tell of each row as soon as it is known. What comes after a failed one cannot be known."""
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
    except Exception as error:  # a mistake in a check is a row like any other, never a report without it
        fault = f"the check itself failed ({type(error).__name__}: {error})"
        tell(Check(left.pop(0), "FAILED", fault, "Report this as a fault of the course.", elapsed()))
    for name in left:
        tell(Check(name, "FAILED", "could not be tried", "Mend the row above first."))


def _late(name: str) -> Check:
    variable = SERVICE_URLS.get(name, "the addresses")
    return Check(name, "FAILED", "no answer in time", f"Check {variable} in config.py, and its log.", DEADLINE)
