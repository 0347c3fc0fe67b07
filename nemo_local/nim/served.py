"""What is served: the models by name, and the loaded engines, only a few of them at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModels
from nemo_local.nim.engine import PRECISION, Engine
from nemo_local.nim.errors import NimError

log = logging.getLogger(__name__)

# Engines in memory at the same time, if the memory allows it. One of the built-in model takes about 0.9 GB, more while
# it answers many requests.
CAPACITY = 3

# An engine that nobody has asked for so long is unloaded: a training job on the same machine needs the memory more.
UNUSED_SECONDS = 120.0


@dataclass(frozen=True)
class ServedModel:
    """One model that requests can name.

    Args:
        id: the name: of the base model, or ``namespace/name@version`` of an adapter.
        base: name of the base model.
        created: seconds since 1970.
        adapter: folder of the PEFT adapter; None for the base model itself.
        memory: what its engine takes with the cache full, in bytes.
    """

    id: str
    base: str
    created: int
    adapter: Path | None = None
    memory: int = 0

    def view(self) -> dict[str, Any]:
        """The model as ``/v1/models`` shows it."""
        namespace = self.id.split("/")[0]
        parent = self.base if self.adapter else None
        return {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": namespace,
            "root": self.base,
            "parent": parent,
        }


class Catalog:
    """The served models by name.

    Attributes:
        models: the models.
        waiting_for: what is missing before all of them are known; None when nothing is.
    """

    def __init__(self) -> None:
        self.models: dict[str, ServedModel] = {}
        self.waiting_for: str | None = None

    def find(self, name: str) -> ServedModel:
        """The model of that name.

        Raises:
            NimError: 404, with the names of the served models; 503 while it may be one that is about to be served.
        """
        try:
            return self.models[name]
        except KeyError:
            if self.waiting_for:  # clients repeat a 503, and take a 404 for the end of the model
                message = f"The model {name!r} is not served yet: the NIM is waiting for {self.waiting_for}. Try again."
                raise NimError(503, message, code="not_ready") from None
            known = ", ".join(sorted(self.models)) or "none yet"
            message = (
                f"The model {name!r} is not served here. Served: {known}. A model that has just been trained or "
                "deployed appears after a while; GET /v1/models lists what is there."
            )
            raise NimError(404, message, param="model", code="model_not_found") from None


def memory_budget(models: BaseModels) -> int:
    """Memory that all engines together may take, in bytes: half of the machine's, and never less than what as many of
    the built-in model take as there may be."""
    built_in = models.get(BASE_MODEL_NAME).facts.serving_bytes
    return max(CAPACITY * built_in, psutil.virtual_memory().total // 2)


class EnginePool:
    """An engine per served model, loaded on first use. The least recently used one is unloaded to make room, and so is
    any that nobody has asked for a while.

    Models do not share an engine: within one continuous batch a single adapter configuration applies to every request,
    so requests for different adapters would silently get each other's answers.

    Call all methods in one event loop.

    Args:
        load: makes an engine.
        budget: memory that all engines together may take, in bytes; a single one may exceed it.
        capacity: most engines at the same time.
        unused_seconds: after which an idle engine is unloaded.
    """

    def __init__(
        self,
        load: Callable[[ServedModel], Engine],
        budget: int = 0,
        capacity: int = CAPACITY,
        unused_seconds: float = UNUSED_SECONDS,
    ) -> None:
        self._load = load
        self._budget, self._capacity = budget, capacity
        self._unused_seconds = unused_seconds
        self._engines: OrderedDict[ServedModel, Engine] = OrderedDict()
        self._last_used: dict[ServedModel, float] = {}  # `time.monotonic()`
        self._lock = asyncio.Lock()  # first come, first served: no request waits indefinitely

    async def get(self, model: ServedModel) -> Engine:
        """The engine of ``model``. Submit to it before the next ``await``: after that it may be closing.

        Raises:
            NimError: 503, the engine could not be loaded.
        """
        if model in self._engines and self._engines[model].broken:
            await self._retire(model)
        if model not in self._engines:
            async with self._lock:
                if model not in self._engines:
                    while self._engines and not self._has_room(model):
                        await self._retire(self._least_used())
                    self._engines[model] = await self._loaded(model)
        self._engines.move_to_end(model)
        self._last_used[model] = time.monotonic()
        return self._engines[model]

    async def discard(self, model: ServedModel) -> None:
        """Unload ``model``, if it is loaded, once its last request is finished."""
        if model in self._engines:
            await self._retire(model)

    async def unload_unused(self) -> None:
        """Unload the engines that have had nothing to do for a while. Call it from time to time."""
        now = time.monotonic()
        for model, engine in list(self._engines.items()):
            if model not in self._last_used:
                continue  # unloaded by a request for another model, while this waited for one to be unloaded
            if not engine.idle:
                self._last_used[model] = now
            elif now - self._last_used[model] > self._unused_seconds:
                await self.discard(model)

    async def close(self) -> None:
        """Unload everything; requests in progress are cancelled."""
        for engine in self._engines.values():
            engine.cancel_all()
        for model in list(self._engines):
            await self._retire(model)

    def _has_room(self, model: ServedModel) -> bool:
        together = sum(one.memory for one in (model, *self._engines))
        return len(self._engines) < self._capacity and together <= self._budget

    def _least_used(self) -> ServedModel:
        return next((model for model, engine in self._engines.items() if engine.idle), next(iter(self._engines)))

    async def _retire(self, model: ServedModel) -> None:
        # Remove it from the dictionary first, so that no request joins; those in its batch are finished.
        self._last_used.pop(model, None)
        await asyncio.to_thread(self._engines.pop(model).close)
        log.info("unloaded %s", model.id)

    async def _loaded(self, model: ServedModel) -> Engine:
        try:
            engine = await asyncio.to_thread(self._load, model)
        except Exception as error:
            log.exception("%s could not be loaded", model.id)
            message = f"The model {model.id} could not be loaded: {error}"
            raise NimError(503, message, code="model_not_loaded") from error
        log.info("loaded %s, which computes in %s", model.id, PRECISION)
        return engine
