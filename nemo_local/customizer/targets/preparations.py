"""Prepares the models of targets, one at a time, in the order in which they were asked for."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import NotFound
from nemo_local.customizer.targets.publishing import Publisher
from nemo_local.model.preparation.order import MODEL, PreparationProcess
from nemo_local.model.preparation.source import parse_source
from nemo_local.model.registry import BaseModel, BaseModels
from nemo_local.settings import Settings

log = logging.getLogger(__name__)

# NeMo's words for the state of a target that is not ready yet.
UNREADY = ("created", "pending", "downloading")
POLL = 0.5  # seconds


class Preparations:
    """The queue of targets whose models are prepared, worked off in a thread of its own.

    A target's ``status`` says how far it is, and its ``warning_message`` what is being done, or why it failed.

    Args:
        targets: their documents.
        models: takes in what is prepared.
        publisher: tells the other services about it.
        add_config: makes the default configuration of a target and its model.
        settings: of the platform.
    """

    def __init__(
        self,
        targets: DocumentStore,
        models: BaseModels,
        publisher: Publisher,
        add_config: Callable[[dict, BaseModel], None],
        settings: Settings,
    ) -> None:
        self._targets, self._models, self._publisher = targets, models, publisher
        self._add_config, self._settings = add_config, settings
        self._waiting: deque[str] = deque()
        self._running: str | None = None
        self._removed: set[str] = set()
        self._idle = threading.Event()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="model-preparation", daemon=True)

    def start(self) -> None:
        """Queue what an earlier platform left unfinished, and start the thread."""
        self._waiting.extend(target["id"] for target in self._targets.list() if target["status"] in UNREADY)
        self._thread.start()

    def submit(self, target: dict) -> None:
        """Add a target to the queue."""
        if self._running:  # said before it is its turn, or it would be said too late
            self._say(target, "pending", "Waiting for another model to be prepared.")
        self._waiting.append(target["id"])
        self._wake.set()

    def discard(self, target: dict) -> None:
        """Stop preparing a target, and delete what it has fetched. Blocks until that is done."""
        self._removed.add(target["id"])
        self._wake.set()
        while self._running == target["id"] and self._thread.is_alive():
            self._idle.wait(POLL)
        shutil.rmtree(self._work_folder(target), ignore_errors=True)

    def stop(self) -> None:
        """End the process, whose target the next start continues, and the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not self._waiting:
                self._pause()
                continue
            self._running = self._waiting.popleft()
            self._idle.clear()
            try:
                self._take(self._running)
            except NotFound:
                log.info("the target %s was deleted before its model was ready", self._running)
            except Exception:  # an error of one target must not stop all others
                log.exception("the model of the target %s cannot be prepared", self._running)
            finally:
                self._running = None
                self._idle.set()

    def _take(self, target_id: str) -> None:
        target = self._targets.get_by_id(target_id)
        if target["status"] not in UNREADY or self._is_removed():
            return
        try:
            self._prepare(target)
        except NotFound:
            raise
        except Exception as error:
            self._fail(target, f"The platform could not go on: {error}. Try again, or delete the target.")
            raise

    def _pause(self) -> None:
        self._wake.wait(POLL)
        self._wake.clear()

    def _is_removed(self) -> bool:
        return self._running in self._removed

    def _prepare(self, target: dict) -> None:
        name, work = target["base_model"], self._work_folder(target)
        if not self._models.has(name):  # else the platform was stopped after that
            try:
                # Again, as the folders that are allowed may be others since the platform was restarted.
                source = parse_source(target["model_uri"], target["hf_endpoint"], self._settings)
            except ValueError as problem:
                self._fail(target, f"{target['model_uri']}: {problem}")
                return
            self._say(target, "downloading", "Starting.")
            process = PreparationProcess(work, target["model_uri"], source)
            try:
                code = self._watch(target, process)
            finally:
                process.stop()
            if code is None:
                return
            if code != 0:
                self._fail(target, process.failure())
                return
            self._models.install(name, work / MODEL)
        model = self._models.get(name)
        self._publisher.publish(model)
        self._add_config(target, model)
        shutil.rmtree(work, ignore_errors=True)
        numbers = {"num_parameters": model.facts.num_parameters, "precision": model.precision}
        self._say(target, "ready", None, **numbers)
        log.info("%s is ready to be trained and served", name)

    def _watch(self, target: dict, process: PreparationProcess) -> int | None:
        """Follow the process. Returns its exit code, or None when the platform stops or the target is deleted."""
        said = None
        while not (self._stopping.is_set() or self._is_removed()):
            code = process.exit_code()
            message = process.message()
            if message and message != said:
                self._say(target, "downloading", message)
                said = message
            if code is not None:
                return code
            self._pause()
        return None

    def _fail(self, target: dict, reason: str) -> None:
        self._say(target, "failed", reason)
        log.warning("%s cannot be prepared: %s", target["base_model"], reason)

    def _say(self, target: dict, status: str, message: str | None, **values: Any) -> None:
        changes = {"status": status, "warning_message": message, **values}
        self._targets.update(target["namespace"], target["name"], changes)

    def _work_folder(self, target: dict) -> Path:
        return self._models.unfinished(target["id"])
