"""The routes of the NIM proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from nemo_local import __version__
from nemo_local.model.registry import BaseModels
from nemo_local.nim.answers import ClientGone, begin_chat, begin_completion, read_chat_answer
from nemo_local.nim.engine import PRECISION, Engine
from nemo_local.nim.errors import NimError, install_error_handlers
from nemo_local.nim.refresh import Refresher
from nemo_local.nim.safety.service import SafetyService
from nemo_local.nim.schemas import ChatBody, CompletionBody
from nemo_local.nim.served import Catalog, EnginePool, ServedModel, memory_budget
from nemo_local.nim.streaming import stream_chat, stream_completion
from nemo_local.settings import Settings
from tool_calling.safety_policy import LOCAL_MODEL


def create_app(settings: Settings, refresh_interval: float) -> FastAPI:
    """The NIM proxy.

    Args:
        settings: where the gateway answers, and where files are kept.
        refresh_interval: how often to ask the stores what to serve, in seconds.
    """

    models = BaseModels(settings)

    def load(model: ServedModel) -> Engine:
        return Engine(models.openvino_folder(model.base), model.adapter)

    catalog = Catalog()
    pool = EnginePool(load, memory_budget(models))
    folder = settings.service_dir("nim") / "adapters"
    folder.mkdir(exist_ok=True)
    refresher = Refresher(settings.gateway_url, folder, models, catalog, pool)

    safety = SafetyService()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(refresher.run(refresh_interval)), asyncio.create_task(safety.load())]
        yield
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await pool.close()

    app = FastAPI(title="NIM proxy on one machine", version=__version__, lifespan=lifespan)
    install_error_handlers(app, settings.log_file("nim"))
    app.add_exception_handler(ClientGone, lambda *_: Response(status_code=499))  # the client is gone

    @app.get("/v1/health/live")
    async def live() -> dict[str, str]:
        """200 if the process answers."""
        return {"object": "health.response", "message": "live"}

    @app.get("/v1/health/ready")
    async def ready() -> JSONResponse:
        """200 if requests can be served, or 503 with what is still missing."""
        missing = catalog.waiting_for or (f"the model {LOCAL_MODEL} to load" if safety.loading else None)
        message = f"Waiting for {missing}." if missing else "Service is ready."
        body = {"object": "health.response", "message": message, "status": "not_ready" if missing else "ready"}
        return JSONResponse(body, status_code=503 if missing else 200)

    @app.get("/v1/metadata")
    async def metadata() -> dict[str, Any]:
        """What the NIM is: its version, its models, and the number format that its language models compute in."""
        models = [{"shortName": name, "modelUrl": ""} for name in catalog.models]
        return {"version": __version__, "modelInfo": models, "inferencePrecision": PRECISION}

    @app.get("/v1/models")
    async def list_models() -> dict[str, Any]:
        """Every model that a request can name: deployed base models and their adapters."""
        return {"object": "list", "data": [model.view() for model in catalog.models.values()] + safety.views()}

    @app.get("/v1/models/{name:path}")
    async def retrieve_model(name: str) -> dict[str, Any]:
        """One of them."""
        if name == LOCAL_MODEL and safety.views():
            return safety.views()[0]
        return catalog.find(name).view()

    @app.post("/v1/chat/completions", response_model=None)
    async def chat(body: ChatBody, request: Request) -> dict[str, Any] | Response:
        """Answer a conversation, in text or in tool calls."""
        if body.model == LOCAL_MODEL:
            return await safety.chat(body)
        answer = await begin_chat(body, catalog, pool)
        if body.stream:
            return stream_chat(answer, request)
        text = await answer.text(request)
        message, finish_reason = read_chat_answer(body, text, answer.generation.finish_reason)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return {**answer.envelope("chat.completion", [choice]), "usage": answer.usage}

    @app.post("/v1/completions", response_model=None)
    async def complete(body: CompletionBody, request: Request) -> dict[str, Any] | Response:
        """Continue a text as it is, without a chat template."""
        answer = await begin_completion(body, catalog, pool)
        if body.stream:
            return stream_completion(answer, request)
        text = await answer.text(request)
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": answer.generation.finish_reason}
        return {**answer.envelope("text_completion", [choice]), "usage": answer.usage}

    @app.post("/v1/embeddings")
    async def embed() -> None:
        """Always refused: the platform has no embedding model."""
        raise NimError(
            501,
            "No embedding model is deployed on this platform. Its language models generate text, and vectors made from "
            "them would be of little use. Use an embedding NIM of a cluster, or a model on build.nvidia.com.",
            param="model",
            code="no_embedding_model",
        )

    return app
