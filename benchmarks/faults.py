"""Whether the platform survives faults at random moments: `python benchmarks/faults.py --seed 1`.

A platform of its own runs one small course after the other (`small_course.py`), each with up to three faults: a process
is killed (gateway, NIM, training, supervisor, Open WebUI, or the course itself, as when a kernel is killed), all
processes get SIGTERM at once, as when the machine is switched off, the disk is full for a few seconds, or the clock is
set. The seed decides the faults and their moments. After each, the platform must be ready again within two minutes, say
what happened, have lost or damaged nothing that it stored, and have no process and no port left over. The course is run
again where it failed, and must come out right. Prints Markdown; the exit status is 1 if a fault was not survived.

What a machine does not have is left out, and the table says so. A full disk: the home is on a small tmpfs, which only
root can mount. The clock: `clock.c`, which needs a C compiler, sets it for the platform and the course, and leaves the
machine alone. Open WebUI: `make webui` installs it; after a fault its user starts it again, as nobody watches over it,
and its clock stays as it is. A fault whose course, or whose training, had ended before is not counted.

The trainings are shorter than the interval of checkpoints, so a killed one starts from the beginning;
`tests/contract/customizer` has one that is resumed. A kernel that dies within papermill is in the tests of
`flywheel_helpers/run`.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import stored_state
from fault_kinds import CHAT, CLOCK, ENDED, FAULTS, FULL_DISK, TRAINING_KILLED
from faulty_platform import COMPILER, RECOVERY_SECONDS, FaultyPlatform
from small_course import STAGES

from flywheel_helpers.errors import PlatformError
from flywheel_helpers.webui import server

FAULTS_PER_COURSE = 3
LONGEST_DELAY = 5.0  # seconds between the start of a stage and a fault
STAGE_SECONDS = 180.0  # for a course to come to a stage, or to its end, after a fault
DISK_BYTES, DISK_BYTES_A_COURSE = 512 * 2**20, 32 * 2**20


@dataclass
class Fault:
    """One fault, when it happens, and what came of it.

    Args:
        kind: a key of `FAULTS`.
        stage: of the course, in which it happens.
        delay: seconds since the campaign saw that this stage had begun.
        happened: whether it could be done; a training may have ended before it was killed.
        problems: what the platform did not survive, in words.
        recovery: seconds until the platform was ready again.
    """

    kind: str
    stage: str
    delay: float
    happened: bool = False
    problems: list[str] = field(default_factory=list)
    recovery: float = 0.0


class Course:
    """A run of `small_course.py` in a process of its own, which is started again where it fails.

    Args:
        number: of the course.
        log: where its output goes.
    """

    def __init__(self, number: int, log: Path) -> None:
        self._command = [sys.executable, str(Path(__file__).with_name("small_course.py")), str(number)]
        self._log = log
        self.runs = 0
        self._start()

    def _start(self) -> None:
        self.runs += 1
        self._output_begins = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("a") as output:
            self.process = subprocess.Popen(self._command, stdout=output, stderr=subprocess.STDOUT)

    def go_on(self, most_runs: int) -> bool:
        """Start it again if it has failed, and fewer than `most_runs` times so far; whether it has not ended."""
        code = self.process.poll()
        if code and self.runs < most_runs:
            self._start()
        return self.process.poll() is None

    def has_begun(self, stage: str) -> bool:
        """Whether the present run has come to a stage."""
        return f"stage: {stage}\n".encode() in self._log.read_bytes()[self._output_begins :]

    def last_lines(self) -> str:
        """The end of its output."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-600:]

    def stop(self) -> None:
        """Kill it, if it runs."""
        self.process.kill()
        self.process.wait()


def plan(seed: int, count: int, kinds: list[str]) -> list[Fault]:
    """The faults of a campaign: every kind as often as any other, at random moments. A training can only be killed
    while there is one."""
    rng = random.Random(seed)
    chosen: list[str] = []
    while len(chosen) < count:
        chosen += rng.sample(kinds, len(kinds))
    return [
        Fault(kind, "training" if kind == TRAINING_KILLED else rng.choice(STAGES), rng.uniform(0, LONGEST_DELAY))
        for kind in chosen[:count]
    ]


def run_course(platform: FaultyPlatform, number: int, faults: list[Fault]) -> None:
    """Run one course with its faults, and note in these what went wrong. Where the course does not go on or does not
    come out right, the fault before is taken for the cause."""
    course = Course(number, platform.folder / f"course-{number}.log")
    before = stored_state.read(platform.home)
    earlier = stored_state.unfinished_files(platform.home)
    latest, most_runs = faults[0], 1 + len(faults)
    try:
        for fault in faults:
            latest.problems += _go_on(course, fault.stage, most_runs)
            time.sleep(fault.delay)
            now = stored_state.read(platform.home)  # with what the course has stored since the last fault
            latest.problems += now.problems + now.lost_since(before)
            before = now
            if course.process.poll() is not None:
                continue
            began = time.monotonic()
            fault.happened = FAULTS[fault.kind](platform, course.process)
            if not fault.happened:
                continue
            print(f"course {number}, {fault.stage} + {fault.delay:.1f} s: {fault.kind}", flush=True)
            latest = fault
            fault.problems += platform.recover(course.process.pid, ENDED.get(fault.kind, ()))
            fault.recovery = time.monotonic() - began
            if fault.recovery > RECOVERY_SECONDS:
                fault.problems.append(f"the platform was ready again only after {fault.recovery:.0f} s")
            now = stored_state.read(platform.home)
            fault.problems += now.problems + now.lost_since(before)
            before = now
        latest.problems += _go_on(course, None, most_runs)
        if course.process.poll() != 0:
            latest.problems.append(f"the course did not come out right in {course.runs} runs: {course.last_lines()}")
        now = stored_state.read(platform.home)
        latest.problems += now.problems + now.lost_since(before) + now.unfinished()
        latest.problems += [one for one in stored_state.unfinished_files(platform.home) if one not in earlier]
    except PlatformError as error:
        latest.problems.append(f"the platform does not start again: {error}")
    finally:
        course.stop()
        for problem in (problem for fault in faults for problem in fault.problems):
            print(f"    {problem}", flush=True)


def _go_on(course: Course, stage: str | None, most_runs: int) -> list[str]:
    """Wait for a stage of the course, or for its end. What is wrong if neither comes, in words."""
    deadline = time.monotonic() + STAGE_SECONDS
    while course.go_on(most_runs) and not (stage and course.has_begun(stage)):
        if time.monotonic() > deadline:
            return [f"the course has not come to {stage or 'its end'} in {STAGE_SECONDS:.0f} s: {course.last_lines()}"]
        time.sleep(0.1)
    return []


def table(faults: list[Fault], left_out: dict[str, str]) -> str:
    """The result as Markdown: a row for each kind of fault."""
    lines = ["| fault | count | survived | longest recovery |", "| --- | --- | --- | --- |"]
    for kind in FAULTS:
        done = [fault for fault in faults if fault.kind == kind and fault.happened]
        survived = sum(not fault.problems for fault in done)
        longest = f"{max(fault.recovery for fault in done):.0f} s" if done else left_out.get(kind, "not done")
        lines.append(f"| {kind} | {len(done)} | {survived} | {longest} |")
    return "\n".join(lines)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[str]:
    """A tmpfs of so many bytes on a folder, unmounted at the end. Yields why there is none, or an empty text."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        yield f"left out: no tmpfs could be mounted ({(getattr(error, 'stderr', '') or str(error)).strip()})"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _left_out(no_disk: str) -> dict[str, str]:
    """The kinds of fault that cannot be done on this machine, and why."""
    found = {
        FULL_DISK: no_disk,
        CLOCK: "" if COMPILER else "left out: no C compiler",
        CHAT: "" if server.installed() else "left out: Open WebUI is not installed",
    }
    return {kind: reason for kind, reason in found.items() if reason}


def main() -> None:
    """Run the campaign and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--faults", type=int, default=20, help="how many (default 20)")
    parser.add_argument("--only", nargs="+", choices=list(FAULTS), default=list(FAULTS), help="these kinds of fault")
    parser.add_argument("--minutes", type=float, default=30.0, help="no course begins after that (default 30)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the campaign, as Ctrl-C does
    ends = time.monotonic() + 60 * options.minutes
    folder, done = Path(tempfile.mkdtemp(prefix="faults-")), []
    home = folder / "home"
    home.mkdir()
    with small_disk(home, DISK_BYTES + DISK_BYTES_A_COURSE * options.faults // FAULTS_PER_COURSE) as no_disk:
        left_out = _left_out(no_disk)
        kinds = [kind for kind in options.only if kind not in left_out]
        if not kinds:
            sys.exit(f"None of these faults can be done here: {left_out}")
        faults = plan(options.seed, options.faults, kinds)
        platform = FaultyPlatform(folder, with_chat=CHAT in kinds, with_clock=CLOCK in kinds)
        of_course: list[Fault] = []
        try:
            platform.start()
            for first in range(0, len(faults), FAULTS_PER_COURSE):
                if time.monotonic() > ends:
                    print(f"The time is over: {len(faults) - first} faults were not done.")
                    break
                of_course = faults[first : first + FAULTS_PER_COURSE]
                # In the order of the course, or a fault would wait for a stage that is over.
                of_course.sort(key=lambda fault: STAGES.index(fault.stage))
                run_course(platform, first // FAULTS_PER_COURSE + 1, of_course)
                done += of_course
        except KeyboardInterrupt:
            print("Stopped. The course in progress is counted only where it has shown a problem.")
            done += [fault for fault in of_course if fault.problems and fault not in done]
        finally:
            platform.stop()
        failed = any(fault.problems for fault in done) or not any(fault.happened for fault in done)
        if failed:  # the tmpfs is gone with this process
            shutil.copytree(home, folder / "home-at-the-end", ignore_dangling_symlinks=True)
    print(f"\nSeed {options.seed}:\n\n{table(done, left_out)}")
    if failed:
        sys.exit(f"\nNot everything was survived, or nothing was done. Logs and stored files are kept in {folder}.")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
