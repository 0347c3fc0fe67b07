"""Deployments say what shall be served; the NIM proxy reads them, and its own list says what is served."""

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
from nemo_local.settings import Settings

#: The models that can be deployed; an adapter is served by the deployment of its base and needs none of its own.
DEPLOYABLE = (BASE_MODEL_NAME,)
_POLL_SECONDS = 2.0


class Deployments:
    """The rules of configs and deployments, and what the NIM proxy last said it serves."""

    def __init__(self, settings: Settings) -> None:
        folder = settings.service_dir("deployment")
        self.configs = DocumentStore(folder / "deployments.db", "deployment-config")
        self.deployments = DocumentStore(folder / "deployments.db", "model-deployment")
        self._seeded = folder / "seeded"
        self._nim_url = settings.nim_url
        #: None while the NIM proxy does not answer.
        self._served: frozenset[str] | None = None

    def check_config(self, body: dict) -> None:
        """Raise Invalid for a config that names no model this platform has."""
        if body.get("external_endpoint"):
            raise Invalid("external_endpoint", "is not available on one machine; give `model` and `nim_deployment`.")
        model = body.get("model")
        if isinstance(model, dict):
            model = f"{model.get('namespace')}/{model.get('name')}"
        if model is not None and model not in DEPLOYABLE:
            raise Invalid("model", f"unknown base model {model!r}; known ones: {', '.join(DEPLOYABLE)}.")

    def check_new_config(self, body: dict) -> None:
        """Raise Invalid like :meth:`check_config`, and when there is no model at all."""
        if not body.get("model"):
            raise Invalid("model", f"is required; known base models: {', '.join(DEPLOYABLE)}.")
        self.check_config(body)

    def prepare_deployment(self, body: dict) -> None:
        """Check the config of a deployment and write into ``body`` which models it serves."""
        body.pop("hf_token", None)  # a secret, and nothing here is fetched from the Hub: it is not kept
        config = body.get("config")
        if config is None:
            return
        if isinstance(config, str):
            config = self._find_config(config)
        else:
            self.check_new_config(config)
        model = config["model"]
        model = model if isinstance(model, str) else f"{model['namespace']}/{model['name']}"
        if body.get("models") not in (None, [model]):
            raise Invalid("models", f"the config deploys {model!r} and nothing else; leave `models` out.")
        body["models"] = [model]

    def _find_config(self, reference: str) -> dict:
        try:
            namespace, _, name = reference.rpartition("/")
            return self.configs.get(namespace or "default", name)
        except NotFound:
            known = ", ".join(f"{c['namespace']}/{c['name']}" for c in self.configs.list()) or "none yet"
            raise Invalid("config", f"there is no deployment config {reference!r}; known ones: {known}.") from None

    def refuse_used_config(self, config: dict) -> None:
        """Raise Conflict when a deployment names this config."""
        names = {f"{config['namespace']}/{config['name']}"}
        if config["namespace"] == "default":
            names.add(config["name"])
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
        """Keep up to date what the NIM proxy serves, until cancelled.

        Asked in the background and not by each request: the NIM proxy itself reads the deployments, and the two would
        wait for each other.
        """
        async with httpx.AsyncClient(base_url=self._nim_url, timeout=_POLL_SECONDS, trust_env=False) as client:
            while True:
                try:
                    answer = await client.get("/v1/models")
                    self._served = frozenset(model["id"] for model in answer.raise_for_status().json()["data"])
                except (httpx.HTTPError, ValueError, KeyError, TypeError):
                    self._served = None
                await asyncio.sleep(_POLL_SECONDS)


def create_service(settings: Settings) -> Service:
    """Deployment Management, with its database at ``home/deployment/deployments.db``."""
    rules = Deployments(settings)
    router = APIRouter(prefix="/v1/deployment")
    add_entity_routes(
        router,
        "configs",
        rules.configs,
        schemas.ConfigCreate,
        schemas.ConfigUpdate,
        check_create=rules.check_new_config,
        check_update=rules.check_config,
        check_delete=rules.refuse_used_config,
    )
    add_entity_routes(
        router,
        "model-deployments",
        rules.deployments,
        schemas.DeploymentCreate,
        schemas.DeploymentUpdate,
        view=rules.view,
        check_create=rules.prepare_deployment,
        check_update=rules.prepare_deployment,
    )
    watcher: list[asyncio.Task] = []

    async def startup() -> None:
        rules.seed()
        watcher.append(asyncio.create_task(rules.watch_nim()))

    async def shutdown() -> None:
        for task in watcher:
            task.cancel()

    return Service(name="deployment", router=router, startup=startup, shutdown=shutdown)
