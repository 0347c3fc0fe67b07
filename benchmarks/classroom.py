"""A room of attendees who take notebooks 01 to 03 at once on one local platform: `python benchmarks/classroom.py`.

Each person has their own namespace and a different number of rows, trains for one step and evaluates on two rows, so
what is measured is the room, not the training. For each size of the room it reports the time of the last and of the
median attendee, the peak memory of everything together, and whether everybody ended with a model and data of their own;
the exit status is 1 if somebody did not. The rooms follow each other on the same platform, as in a workshop: the later
ones find the models of the earlier ones.
"""

from __future__ import annotations

import argparse
import json
import os
import platform as machine
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psutil
from faulty_platform import use_home

from flywheel_helpers.attendees import own_namespace
from flywheel_helpers.checkout import ROOT, load_config
from flywheel_helpers.local import platform
from flywheel_helpers.run.memory import PeakMemory, proportional
from flywheel_helpers.services import customizer, data_store
from flywheel_helpers.services.connection import connect

TINY = {"VALIDATION_ROWS": 1, "TEST_ROWS": 2, "BATCH_SIZE": 2, "MAX_STEPS": 1, "WARMUP_STEPS": 0, "LIMIT": 2}
FEWEST_ROWS = 4
LIMIT = 3600.0  # seconds for one attendee
MEMORY_SECONDS = 3.0  # between two looks, which take a moment with a hundred processes


@dataclass(frozen=True)
class Room:
    """What was measured of one room.

    Args:
        attendees: who took the course at once.
        finished: how many of them ended well, with their own data and model and nobody else's.
        last_seconds: until the last one ended; `median_seconds` likewise.
        longest_wait: of a training in the queue, in seconds; `median_wait` likewise.
        peak_gib: memory of the platform and all notebooks (PSS: what processes share counts once).
    """

    attendees: int
    finished: int
    last_seconds: float
    median_seconds: float
    longest_wait: float
    median_wait: float
    peak_gib: float


def measure(attendees: int, folder: Path) -> Room:
    """Have so many people take the course at the same time."""

    def attend(number: int) -> float:
        began = time.monotonic()
        _take_the_course(_name(attendees, number), number, folder / str(number))
        return time.monotonic() - began

    home = Path(os.environ["FLYWHEEL_HOME"])
    running = platform.find(home)
    assert running, "the platform has ended"
    with (
        PeakMemory(running.processes, MEMORY_SECONDS, proportional) as memory,
        ThreadPoolExecutor(attendees) as room,
    ):
        seconds = list(room.map(attend, range(attendees)))
    found = [_outcome(_name(attendees, number), number, folder / str(number)) for number in range(attendees)]
    waits = [wait for wait in found if wait is not None]
    return Room(
        attendees,
        len(waits),
        round(max(seconds), 1),
        round(statistics.median(seconds), 1),
        round(max(waits, default=0.0), 1),
        round(statistics.median(waits or [0.0]), 1),
        round(memory.bytes / 2**30, 2),
    )


def _name(attendees: int, number: int) -> str:
    return f"room-{attendees}-person-{number}"


def _take_the_course(person: str, number: int, folder: Path) -> None:
    values = {**TINY, "TRAIN_ROWS": FEWEST_ROWS + number, "WORK_FOLDER": folder}
    pairs = [part for name, value in values.items() for part in ("-p", name, str(value))]
    command = ["-m", "flywheel_helpers.run.cli", "run", "--notebooks", "01-03", "--output", str(folder), *pairs]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output.log").open("wb") as log:
        subprocess.run(
            [sys.executable, *command],
            env={**os.environ, "JUPYTERHUB_USER": person, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=LIMIT,
            check=False,
        )


def _outcome(person: str, number: int, folder: Path) -> float | None:
    """How long the person's training waited in the queue; None if the course failed or touched what is not theirs."""
    summary = folder / "summary.json"
    if not summary.is_file() or json.loads(summary.read_text())["status"] != "completed":
        print(f"{person} failed; see {folder / 'output.log'}")
        return None
    os.environ["JUPYTERHUB_USER"] = person
    with connect(load_config("local")) as nemo:
        jobs = customizer.list_jobs(nemo)
        model = f"{own_namespace(person)}/tool-caller@v1"
        rows = data_store.count_rows(nemo, data_store.FILES[0])
    if [job["output_model"] for job in jobs] != [model] or rows != FEWEST_ROWS + number:
        print(f"{person} has {[job['output_model'] for job in jobs]} and {rows} rows")
        return None
    return _waited(jobs[0])


def _waited(job: dict) -> float:
    """Seconds between the creation of a job and the message that its process runs."""
    logs = job["status_details"]["status_logs"]
    started = next(entry["updated_at"] for entry in logs if entry["message"].startswith("Running in process"))
    # Some have an offset and some have not; all are in UTC.
    began, ended = (datetime.fromisoformat(text).replace(tzinfo=None) for text in (job["created_at"], started))
    return (ended - began).total_seconds()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attendees", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    rooms, folder = [], Path(tempfile.mkdtemp(prefix="classroom-"))
    use_home(folder / "home")
    try:
        subprocess.run([sys.executable, "-m", "flywheel_helpers.run.cli", "up"], check=True, cwd=ROOT)
        for attendees in arguments.attendees:
            rooms.append(measure(attendees, folder / f"room-{attendees}"))
            print(rooms[-1], flush=True)
    finally:
        subprocess.run([sys.executable, "-m", "flywheel_helpers.run.cli", "down"], check=False, cwd=ROOT)
    hardware = f"{machine.machine()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    print(f"on {hardware}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"hardware": hardware, "rooms": [asdict(room) for room in rooms]}, indent=2)
        )
    if any(room.finished < room.attendees for room in rooms):
        sys.exit(f"Not everybody finished. The logs are kept in {folder}.")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
