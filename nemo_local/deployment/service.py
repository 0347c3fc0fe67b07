"""Deployments say what should be served; the NIM proxy reads them, and its own list says what is served."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
from fastapi import APIRouter

from nemo_local.common.documents import DocumentStore
from nemo_local.common.entities import add_entity_routes
from nemo_local.common.errors import Conflict, Invalid, NotFound
from nemo_local.common.service import Service
from nemo_local.deployment import schemas
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModels
from nemo_local.settings import Settings

_POLL_SECONDS = 2.0


class Deployments:
    """The rules for configs and deployments, and the models that the NIM proxy last reported."""

    def __init__(self, settings: Settings) -> None:
        folder = settings.service_dir("deployment")
        self.configs = DocumentStore(folder / "deployments.db", "deployment-config")
        self.deployments = DocumentStore(folder / "deployments.db", "model-deployment")
        self._seeded = folder / "seeded"
        self._nim_url = settings.nim_url
        # What can be deployed. An adapter is served by the deployment of its base model.
        self._models = BaseModels(settings)
        # None while the NIM proxy does not answer.
        self._served: frozenset[str] | None = None

    def prepare_config(self, body: schemas.Config) -> dict:
        """What to store for a config. Raises Invalid when it names no model that this platform has."""
        if body.external_endpoint:
            raise Invalid("external_endpoint", "is not available on one machine; give `model` and `nim_deployment`.")
        if body.model and self._models.has(_model_name(body.model)):
            return body.stored()
        known = f"known base models: {', '.join(model.name for model in self._models.all())}."
        if not body.model:
            raise Invalid("model", f"is required; {known}")
        raise Invalid("model", f"unknown base model {_model_name(body.model)!r}; {known}")

    def prepare_deployment(self, body: schemas.Deployment) -> dict:
        """What to store for a deployment, with the models that its config deploys. Raises Invalid."""
        if isinstance(body.config, str):
            config = self._find_config(body.config)
        else:
            config = self.prepare_config(body.config)
        model = _model_name(config["model"])
        if body.models not in (None, [model]):
            raise Invalid("models", f"the config deploys {model!r} and nothing else; leave `models` out.")
        return {**body.stored(), "models": [model]}

    def _find_config(self, reference: str) -> dict:
        try:
            namespace, _, name = reference.rpartition("/")
            return self.configs.get(namespace or "default", name)
        except NotFound:
            known = ", ".join(f"{c['namespace']}/{c['name']}" for c in self.configs.list()) or "none yet"
            raise Invalid("config", f"there is no deployment config {reference!r}; known ones: {known}.") from None

    def refuse_used_config(self, config: dict) -> None:
        """Raise Conflict when a deployment names this config."""
        names = [f"{config['namespace']}/{config['name']}"]
        if config["namespace"] == "default":
            names.append(config["name"])
        for deployment in self.deployments.list():
            if deployment["config"] in names:
                label = f"{deployment['namespace']}/{deployment['name']}"
                raise Conflict(f"The deployment {label} uses this config. Delete the deployment first.")

    def view(self, document: dict) -> dict:
        """The deployment as it is shown: with its address and whether the NIM proxy serves it yet."""
        missing = [model for model in document["models"] if model not in (self._served or ())]
        if self._served is None:
            status, description = "pending", f"The NIM proxy at {self._nim_url} does not answer yet."
        elif missing:
            status, description = "pending", f"The NIM proxy is loading {', '.join(missing)}."
        else:
            status, description = "ready", f"Served at {self._nim_url}."
        return {
            **document,
            "url": self._nim_url,
            "deployed": status == "ready",
            "status_details": {"status": status, "description": description},
        }

    def seed(self) -> None:
        """Deploy the base model on the first start; a deployment that was deleted later stays deleted."""
        if self._seeded.exists():
            return
        name = BASE_MODEL_NAME.split("/")[1]
        with contextlib.suppress(Conflict):  # a first start that was interrupted
            self.configs.create("default", name, {"model": BASE_MODEL_NAME})
        with contextlib.suppress(Conflict):
            body = {"config": f"default/{name}", "models": [BASE_MODEL_NAME]}
            self.deployments.create("default", name, body)
        self._seeded.touch()

    async def watch_nim(self) -> None:
        """Keep the list of what the NIM proxy serves up to date, until cancelled.

        This asks in the background and not in each request, because the NIM proxy itself reads the deployments: the
        two would wait for each other.
        """
        async with httpx.AsyncClient(base_url=self._nim_url, timeout=_POLL_SECONDS, trust_env=False) as client:
            while True:
                try:
                    answer = await client.get("/v1/models")
                    self._served = frozenset(model["id"] for model in answer.raise_for_status().json()["data"])
                except (httpx.HTTPError, ValueError, KeyError, TypeError):
                    self._served = None
                await asyncio.sleep(_POLL_SECONDS)


def _model_name(model: str | dict) -> str:
    return model if isinstance(model, str) else f"{model.get('namespace')}/{model.get('name')}"


def create_service(settings: Settings) -> Service:
    """Deployment Management, with its database at ``home/deployment/deployments.db``."""
    rules = Deployments(settings)
    router = APIRouter(prefix="/v1/deployment")
    add_entity_routes(
        router,
        "configs",
        rules.configs,
        schemas.Config,
        prepare=rules.prepare_config,
        before_delete=rules.refuse_used_config,
    )
    add_entity_routes(
        router,
        "model-deployments",
        rules.deployments,
        schemas.Deployment,
        prepare=rules.prepare_deployment,
        # The config decides the models; those of the old one must not speak against a new one.
        merge=lambda document, patch: {**document, "models": None, **patch},
        view=rules.view,
    )
    watcher: list[asyncio.Task] = []

    async def startup() -> None:
        rules.seed()
        watcher.append(asyncio.create_task(rules.watch_nim()))

    async def shutdown() -> None:
        for task in watcher:
            task.cancel()

    return Service(name="deployment", router=router, startup=startup, shutdown=shutdown)
