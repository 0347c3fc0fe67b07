"""The notebooks as they run on a cluster: through a gateway with several faults at once, and by a room full of people.

Trainings are of a step or two and evaluations of a few rows. What matters here is that everything finds its way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import routing
from bad_gateway import BASE, BadGateway
from envoy import Envoy
from real_data_store import RealDataStore
from running import Running

from flywheel_helpers.attendees import own_namespace
from flywheel_helpers.checkout import ROOT, load_config
from flywheel_helpers.services import customizer, data_store, entity_store
from flywheel_helpers.services.connection import Connection, connect

TINY = {
    "TRAIN_ROWS": 4,
    "VALIDATION_ROWS": 1,
    "TEST_ROWS": 2,
    "BATCH_SIZE": 2,
    "MAX_STEPS": 1,
    "WARMUP_STEPS": 0,
    "LIMIT": 2,
}
# Names that are easily taken for one another. Bigger rooms are a matter of `benchmarks/classroom.py`.
PEOPLE = ["ada", "Ada", "Ève"]
_FOREIGN = ("NEMO_", "FLYWHEEL_", "NIM_", "NMS_", "ATTENDEE", "JUPYTERHUB_", "CA_BUNDLE", "VERIFY_TLS")


@dataclass(frozen=True)
class Ended:
    """A command that has ended, and where its run lies."""

    status: int
    said: str
    folder: Path

    @property
    def summary(self) -> dict:
        return json.loads((self.folder / "summary.json").read_text())

    def printed(self, number: str) -> str:
        """What a notebook printed."""
        notebook = nbformat.read(next(self.folder.glob(f"{number}_*.ipynb")), as_version=4)
        outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        return "".join(output.text for output in outputs if output.output_type == "stream")

    def text(self) -> str:
        """All notebooks as they lie on disk."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.ipynb")))


def flywheel(*arguments: str, folder: Path, **environment: str) -> Ended:
    """Run the command as a person does, with nothing else of ours in the environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    done = subprocess.run(
        [sys.executable, "-m", "flywheel_helpers.run.cli", *arguments],
        env={**clean, "FLYWHEEL_MODELS": os.environ["FLYWHEEL_MODELS"], "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3600,  # three at once take some minutes, many on slow cores
    )
    return Ended(done.returncode, done.stdout + done.stderr, folder)


def take_the_course(notebooks: str, folder: Path, parameters: dict, **environment: str) -> Ended:
    values = {**TINY, "WORK_FOLDER": folder, **parameters}
    pairs = [part for name, value in values.items() for part in ("-p", name, str(value))]
    return flywheel("run", "--notebooks", notebooks, "--output", str(folder), *pairs, folder=folder, **environment)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    running = Running("nemo_local", tmp_path_factory.mktemp("platform"))
    running.start(f"{running.gateway_url}/health", f"{running.nim_url}/v1/health/ready", seconds=600)
    yield running
    running.stop()


def test_the_course_through_a_gateway_with_faults(platform, tmp_path):
    with BadGateway(platform.gateway_url, platform.nim_url, tmp_path) as gateway:
        gateway.misbehave(
            http_links=True,
            gpu="+L40",
            adapters_late=4,
            polls=("ok", "409", "503", "reset", "ok"),
            pending=3,
            created=201,
            results_late=2,
            token="cluster-token-9f",
        )
        environment = {
            "FLYWHEEL_PROFILE": "pcai",
            "NEMO_URL": gateway.url,
            "CA_BUNDLE": str(gateway.ca_bundle),
            "NEMO_TOKEN": "cluster-token-9f",
            "BASE_MODEL": BASE,
            "BASE_MODEL_VERSION": "v1.0.0+L40",
            "NIM_INTERNAL_URL": platform.nim_url,
            "ATTENDEE": "host",
        }
        stopped = take_the_course("00-03", tmp_path / "stopped", {}, **environment)
        # What the preflight says about the upload links is all there is to do.
        environment["NEMO_DATA_STORE_URL"] = platform.gateway_url
        done = take_the_course("00-03", tmp_path / "run", {}, **environment)
        broken = set(gateway.broken_polls)
    assert stopped.status == 1 and "00_preflight.ipynb failed in cell" in stopped.said
    assert "Set NEMO_DATA_STORE_URL to its address inside the cluster" in stopped.said
    assert done.status == 0, done.said
    assert done.summary["status"] == "completed" and done.summary["profile"] == "pcai"
    assert done.summary["evaluation"]["n"] == TINY["LIMIT"]
    assert done.summary["models"]["tuned"] == f"{own_namespace('host')}/tool-caller@v1"
    training = done.printed("02")
    assert "Insufficient nvidia.com/gpu" in training and "could not ask for the job's status" in training
    assert "not served yet" in training
    assert {"409", "503", "reset"} <= broken
    assert "cluster-token-9f" not in done.text() + done.said


def test_the_course_through_the_routes_of_the_framework(platform, tmp_path):
    """A real Envoy with the VirtualService as it is rendered: what it does not expose, nobody reaches."""
    with RealDataStore(platform.gateway_url) as store:
        services = dict.fromkeys((rule.service for rule in routing.rules()), platform.gateway_url)
        services |= {"nemo-nim-proxy": platform.nim_url, "nemo-data-store": store.url}
        with Envoy(routing.virtual_service(), services, tmp_path) as envoy:
            environment = {
                "FLYWHEEL_PROFILE": "pcai",
                "NEMO_URL": envoy.url,
                "CA_BUNDLE": str(envoy.ca_bundle),
                "BASE_MODEL": BASE,
                "BASE_MODEL_VERSION": "v1.0.0+CPU",
                "NIM_INTERNAL_URL": platform.nim_url,
                "ATTENDEE": "envoy",
            }
            doctor = flywheel("doctor", folder=tmp_path, **environment)
            # Rows of its own: what the platform has stored for another test would not be uploaded again.
            rows = {"TRAIN_ROWS": 6, "VALIDATION_ROWS": 3, "TEST_ROWS": 5}
            done = take_the_course("00-03", tmp_path / "run", rows, **environment)
    assert doctor.status == 0, doctor.said
    assert done.status == 0, done.said
    assert done.summary["models"]["tuned"] == f"{own_namespace('envoy')}/tool-caller@v1"
    assert done.summary["evaluation"]["n"] == TINY["LIMIT"]
    uploads = [request for request in store.at_the_root if request.startswith("PUT ")]
    assert len(uploads) >= 3, "training, validation and testing went to links at the root of the host"


@pytest.fixture(scope="module")
def workshop(platform, tmp_path_factory) -> dict[str, Ended]:
    """Three people who take notebooks 01 to 03 at the same time, each with another number of rows."""
    folder = tmp_path_factory.mktemp("workshop")

    def attend(number: int) -> Ended:
        return take_the_course(
            "01-03",
            folder / str(number),
            {"TRAIN_ROWS": TINY["TRAIN_ROWS"] + number},
            **of(platform, PEOPLE[number]),
        )

    with ThreadPoolExecutor(len(PEOPLE)) as room:
        return dict(zip(PEOPLE, room.map(attend, range(len(PEOPLE))), strict=True))


def of(platform: Running, person: str) -> dict[str, str]:
    return {
        "FLYWHEEL_HOME": str(platform.home),
        "FLYWHEEL_GATEWAY_PORT": str(platform.gateway_port),
        "FLYWHEEL_NIM_PORT": str(platform.nim_port),
        "JUPYTERHUB_USER": person,
    }


def connection_of(platform: Running, person: str, monkeypatch) -> Connection:
    for name, value in of(platform, person).items():
        monkeypatch.setenv(name, value)
    return connect(load_config("local"))


def test_everyone_finishes(workshop):
    failed = {person: ended.said[-1500:] for person, ended in workshop.items() if ended.status != 0}
    assert not failed
    for person, ended in workshop.items():
        assert ended.summary["models"]["tuned"] == f"{own_namespace(person)}/tool-caller@v1"
        assert ended.summary["evaluation"]["n"] == TINY["LIMIT"]
        assert "A new job was started." in ended.printed("02")


def test_nobody_sees_the_data_of_another(platform, workshop, monkeypatch):
    for number, (person, ended) in enumerate(workshop.items()):
        nemo = connection_of(platform, person, monkeypatch)
        for path in data_store.FILES:
            copy = data_store.download(nemo, path, ended.folder / "stored")
            assert copy.read_bytes() == (ended.folder / "data" / path).read_bytes(), (person, path)
        assert data_store.count_rows(nemo, data_store.FILES[0]) == TINY["TRAIN_ROWS"] + number
        jobs = customizer.list_jobs(nemo)
        assert [job["output_model"] for job in jobs] == [nemo.settings.custom_model]
        model = entity_store.find_model(nemo, nemo.settings.custom_model)
        assert model["custom_fields"]["dataset"] == nemo.settings.dataset
        others = {own_namespace(other) + "/" for other in PEOPLE if other != person}
        assert not [other for other in others if other in ended.text()], person


def test_one_person_cleans_up_and_the_others_keep_theirs(platform, workshop, monkeypatch, tmp_path):
    ada, other = own_namespace("ada"), own_namespace("Ève")
    asked = flywheel("clean", folder=tmp_path, **of(platform, "ada"))
    assert asked.status != 0 and f"delete model {ada}/tool-caller@v1" in asked.said and other not in asked.said
    assert entity_store.find_model(connection_of(platform, "ada", monkeypatch), f"{ada}/tool-caller@v1")
    refused = flywheel("clean", "--namespace", other, "--yes", folder=tmp_path, **of(platform, "ada"))
    assert refused.status == 1 and "belongs to another attendee" in refused.said
    done = flywheel("clean", "--yes", folder=tmp_path, **of(platform, "ada"))
    assert done.status == 0, done.said
    nemo = connection_of(platform, "ada", monkeypatch)
    assert entity_store.find_namespace(nemo) is None
    assert entity_store.find_model(nemo, f"{ada}/tool-caller@v1") is None
    assert entity_store.find_model(nemo, f"{other}/tool-caller@v1")
