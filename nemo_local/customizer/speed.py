"""The speed of training each base model on this machine, so that a client can tell how many rows fit into its time."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import re
import shutil
import subprocess
import threading
from pathlib import Path

from nemo_local.common.child import start_child
from nemo_local.customizer.worker_process import EXIT_BUSY, worker_environment
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModels
from nemo_local.settings import Settings

log = logging.getLogger(__name__)

# Change it whenever the training becomes faster or slower.
VERSION = 3
_PROGRAM = "nemo_local.customizer.training.speed"


class TrainingSpeeds:
    """The speeds of all base models. One is measured at a time: two at once would each find the machine busy.

    Args:
        settings: of the platform.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._models = settings, BaseModels(settings)
        self._speeds: dict[str, TrainingSpeed] = {}
        self._lock = threading.Lock()

    def field(self, model: str) -> dict[str, float | None]:
        """``{"tokens_per_second": ...}`` of a model's configurations, as :meth:`TrainingSpeed.field` has it; None while
        another one is being measured, and no such field of a model that is not there."""
        with self._lock:
            if not self._models.has(model):
                self._speeds.pop(model, None)  # one that is added under this name later is another model
                return {}
            speed = self._speeds.setdefault(model, TrainingSpeed(self._settings, model))
            if not speed.file.exists() and set(self.running) - {model}:
                return {"tokens_per_second": None}
            return speed.field()

    @property
    def running(self) -> list[str]:
        """The models whose speed is being measured: one at most."""
        return [model for model, speed in self._speeds.items() if speed.running]

    def stop(self) -> None:
        """End a measurement that is under way."""
        for speed in self._speeds.values():
            speed.stop()


def _processor() -> str:
    """What tells this machine's processor from another: a virtual machine may come back on other hardware."""
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # it is Linux that has this file
        found = [platform.processor()]
    else:
        found = sorted(set(re.findall(r"^(?:model name|flags|Features)\s*:.*", known, re.MULTILINE)))
    return hashlib.sha256(f"{found} {shutil.which('nvidia-smi')}".encode()).hexdigest()[:8]


class TrainingSpeed:
    """Measures once, when first asked after the base model was made, in a process of its own: about 20 s on 2 cores for
    the built-in model.

    The result is kept beside the base model, as it holds for every home on this machine. It is never measured again: a
    client that asks twice must not choose other rows the second time. While other programs compute, nothing is kept,
    and the next start of the platform tries again.

    Args:
        settings: of the platform.
        model: name of the base model.

    Attributes:
        file: where the result is kept.
    """

    def __init__(self, settings: Settings, model: str = BASE_MODEL_NAME) -> None:
        hardware = f"{platform.machine()}-{os.cpu_count()}cores-{_processor()}"
        self._settings, self._model, self._models = settings, model, BaseModels(settings)
        name = f"training-speed-{VERSION}-{model.replace('/', '-')}-{hardware}.json"
        self.file = self._models.folder(model) / name
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def field(self) -> dict[str, float | None]:
        """``{"tokens_per_second": ...}`` of a configuration: None as long as it is being measured, and no such field if
        that failed."""
        try:
            return {"tokens_per_second": json.loads(self.file.read_text(encoding="utf-8"))["tokens_per_second"]}
        except FileNotFoundError:
            return {"tokens_per_second": None} if self._measuring() else {}
        except (OSError, ValueError, KeyError):
            log.exception("%s cannot be read", self.file)
            return {}

    @property
    def pid(self) -> int | None:
        """Process id of the measurement; None if this process has not run one."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether a measurement is under way."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End a measurement that is under way."""
        with self._lock:
            if self._process and self.running:
                self._process.kill()
                self._process.wait()

    def _measuring(self) -> bool:
        """Whether a result will come. Starts the measurement unless this process has already run one."""
        with self._lock:
            if self._process is None:
                if not self._models.made(self._model):
                    return True  # the NIM is just making it
                folders = {"FLYWHEEL_HOME": str(self._settings.home), "FLYWHEEL_MODELS": str(self._settings.models_dir)}
                environ = worker_environment(self._settings.gateway_url) | folders
                arguments = (self._model, str(self.file), str(os.getpid()))
                self._process = start_child(_PROGRAM, *arguments, output=None, environ=environ)
            code = self._process.poll()
            if code:
                reason = "other programs kept the processor busy" if code == EXIT_BUSY else f"exit code {code}"
                log.warning("the speed of training %s could not be measured (%s)", self._model, reason)
            return not code
