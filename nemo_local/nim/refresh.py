"""Keeps the served models in step with what is deployed and registered, by asking the stores every few seconds."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import snapshot_download

from nemo_local.common.documents import read_time
from nemo_local.common.hub_uri import parse_hub_uri
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModels
from nemo_local.nim.adapters import CONFIG, WEIGHTS, check_adapter
from nemo_local.nim.errors import NimError
from nemo_local.nim.served import Catalog, EnginePool, ServedModel

log = logging.getLogger(__name__)

_PAGE_SIZE = 100
_LONGEST_RETRY_SECONDS = 120
_FAILED_BASE_SECONDS = 30


def refresh_seconds() -> float:
    """``NIM_PEFT_REFRESH_INTERVAL``, in seconds; the default is 2.

    Raises:
        ValueError: it is not a positive number.
    """
    text = os.environ.get("NIM_PEFT_REFRESH_INTERVAL", "2")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"NIM_PEFT_REFRESH_INTERVAL={text!r} is not a positive number of seconds")
    return seconds


@dataclass
class _Failure:
    """An adapter that could not be loaded, and when to try again."""

    retry_at: float
    wait: float


class Refresher:
    """Reads deployments and models, and updates the catalog.

    Args:
        gateway_url: where Deployment Management, Entity Store and Data Store answer.
        folder: where adapters are downloaded to.
        models: the base models of the platform.
    """

    def __init__(self, gateway_url: str, folder: Path, models: BaseModels, catalog: Catalog, pool: EnginePool) -> None:
        self._gateway_url, self._folder, self._models = gateway_url, folder, models
        self._catalog, self._pool = catalog, pool
        self._failures: dict[Path, _Failure] = {}
        self._answering = True
        catalog.waiting_for = f"the list of deployments of {gateway_url}"

    async def run(self, interval: float) -> None:
        """Refresh every ``interval`` seconds until cancelled. No failure ends it, or takes served models away."""
        async with httpx.AsyncClient(base_url=self._gateway_url, timeout=30, trust_env=False) as http:
            while True:
                try:
                    await self.refresh(http)
                    self._say_answering(None)
                except NimError:  # the built-in model could not be loaded; the log and `waiting_for` say why
                    await asyncio.sleep(_FAILED_BASE_SECONDS)
                except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                    self._say_answering(error)
                except Exception:
                    log.exception("a refresh failed; what is served stays as it is")
                await asyncio.sleep(interval)

    async def refresh(self, http: httpx.AsyncClient) -> None:
        """Ask the stores once and apply what has changed.

        Args:
            http: client of the gateway.

        Raises:
            httpx.HTTPError, ValueError, KeyError, TypeError: the gateway gave no usable answer.
            NimError: the built-in model could not be loaded.
        """
        deployments = await _all_pages(http, "/v1/deployment/model-deployments")
        named = {model for deployment in deployments for model in deployment["models"]}
        deployed = {name for name in named if self._models.has(name)}
        for name in deployed - {BASE_MODEL_NAME}:
            self._serve_base(name)
        if BASE_MODEL_NAME in deployed:
            await self._serve_built_in()
        entities = await _all_pages(http, "/v1/models")
        wanted = set(deployed)
        for entity in entities:
            if _is_adapter(entity) and entity["base_model"] in deployed:
                wanted.add(await self._serve_adapter(entity))
        for name in set(self._catalog.models) - wanted:
            await self._withdraw(name)
        self._catalog.waiting_for = None
        self._remove_unused_folders()
        await self._pool.unload_unused()

    async def _serve_built_in(self) -> None:
        """Serve the built-in model once its engine is loaded: its files may have to be made first, which takes a
        minute. Those of the others are complete."""
        if BASE_MODEL_NAME in self._catalog.models:
            return
        self._catalog.waiting_for = f"the model {BASE_MODEL_NAME} to load"
        model = self._model(BASE_MODEL_NAME, BASE_MODEL_NAME, time.time())
        try:
            await self._pool.get(model)
        except NimError as error:
            self._catalog.waiting_for = error.message
            raise
        self._catalog.models[model.id] = model
        log.info("serving %s", model.id)

    def _serve_base(self, name: str) -> None:
        if name not in self._catalog.models:
            self._catalog.models[name] = self._model(name, name, time.time())
            log.info("serving %s", name)

    async def _serve_adapter(self, entity: dict[str, Any]) -> str | None:
        """Serve an adapter of the Entity Store; its name, or None while it cannot be served."""
        name, files_url = f"{entity['namespace']}/{entity['name']}", entity["artifact"]["files_url"]
        # A new entity of the same name, other files, or another base are a new model: a loaded engine must not answer
        # for it.
        digest = hashlib.sha256(f"{entity['id']} {files_url} {entity['base_model']}".encode()).hexdigest()[:16]
        folder = self._folder / digest
        known = self._catalog.models.get(name)
        if known and known.adapter == folder:
            return name
        failure = self._failures.get(folder)
        if failure and time.monotonic() < failure.retry_at:
            return None
        try:
            await asyncio.to_thread(self._fetch, files_url, folder, entity["base_model"])
        # A user's file can be unusable for any reason; one bad adapter must not keep the others from being served.
        except Exception as error:
            wait = min(failure.wait * 2, _LONGEST_RETRY_SECONDS) if failure else 2.0
            self._failures[folder] = _Failure(time.monotonic() + wait, wait)
            log.warning("%s is not served: %s. Next try in %.0f s.", name, error, wait)
            return None
        self._failures.pop(folder, None)
        if known:
            await self._withdraw(name)
        created = read_time(entity["created_at"]).timestamp()
        self._catalog.models[name] = self._model(name, entity["base_model"], created, folder)
        log.info("serving %s from %s", name, files_url)
        return name

    def _fetch(self, files_url: str, folder: Path, base: str) -> None:
        if not folder.is_dir():
            uri = parse_hub_uri(files_url, "model")
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            snapshot_download(
                uri.id,
                revision=uri.revision,
                endpoint=f"{self._gateway_url}/v1/hf",
                local_dir=unfinished,
                allow_patterns=[CONFIG, WEIGHTS],
                token=False,
            )
            try:
                check_adapter(unfinished, self._models.openvino_folder(base))
            except ValueError:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
            unfinished.rename(folder)

    def _model(self, name: str, base: str, created: float, adapter: Path | None = None) -> ServedModel:
        return ServedModel(name, base, int(created), adapter, self._models.get(base).facts.serving_bytes)

    async def _withdraw(self, name: str) -> None:
        model = self._catalog.models.pop(name)
        log.info("no longer serving %s", name)
        await self._pool.discard(model)

    def _remove_unused_folders(self) -> None:
        used = {model.adapter for model in self._catalog.models.values()}
        for folder in self._folder.iterdir():
            if folder not in used:
                shutil.rmtree(folder, ignore_errors=True)

    def _say_answering(self, error: Exception | None) -> None:
        """Log once when the stores stop or start answering, not at every refresh."""
        if self._answering != (error is None):
            self._answering = error is None
            if error is None:
                log.info("%s answers again", self._gateway_url)
            else:
                log.warning("%s gives no usable answer (%r); what is served stays as it is", self._gateway_url, error)


def _is_adapter(entity: dict[str, Any]) -> bool:
    artifact, peft = entity.get("artifact") or {}, entity.get("peft") or {}
    return (
        isinstance(entity.get("base_model"), str)
        and peft.get("finetuning_type") == "lora"
        and artifact.get("status") == "upload_completed"
        and str(artifact.get("files_url", "")).startswith("hf://")
    )


async def _all_pages(http: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = await http.get(path, params={"page": page, "page_size": _PAGE_SIZE})
        body = answer.raise_for_status().json()
        documents += body["data"]
        if page >= body["pagination"]["total_pages"]:
            return documents
        page += 1
