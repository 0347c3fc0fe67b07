"""Which API a target means: looked up in the Entity Store, and checked to serve the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from nemo_local.common import api_keys
from nemo_local.common.connections import KEEPALIVE_EXPIRY
from nemo_local.common.errors import ApiError, Invalid
from nemo_local.common.urls import is_loopback, split_url
from nemo_local.evaluator.schemas import Dataset, Model

_CHECK_TIMEOUT = 15.0  # seconds, for lookups; evaluation requests have their own
_ENDINGS = ("/chat/completions", "/completions")
# An OpenAI-compatible API, and that of Guardrails in front of one.
_BASES = ("/v1", "/v1/guardrail")


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible API and the model to ask there.

    Args:
        url: up to and including ``/v1``, or ``/v1/guardrail``.
        model_id: the model's name there.
        api_key: bearer token, kept in memory only.
    """

    url: str
    model_id: str
    api_key: str | None = field(default=None, repr=False)

    def client(self, timeout: float, connections: int) -> httpx.AsyncClient:
        """A client for this API. ``timeout`` is in seconds, for each read and write."""
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self.api_key}"} if self.api_key else {},
            timeout=httpx.Timeout(timeout, connect=_CHECK_TIMEOUT, pool=None),
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=KEEPALIVE_EXPIRY,
            ),
            # No proxy from the environment may stand between this machine and itself.
            trust_env=not is_loopback(urlsplit(self.url).hostname or ""),
        )


def api_base(url: str, location: str) -> str:
    """The part of an API URL up to ``/v1``, or to ``/v1/guardrail``: a guarded model can be evaluated like any other.

    Args:
        url: ends there, or in ``/chat/completions`` or ``/completions`` after it.
        location: dotted path of the URL in the request, for errors.

    Raises:
        Invalid: another form, or a URL with a password in it.
    """
    base = url.rstrip("/")
    for ending in _ENDINGS:
        if base.endswith(tuple(start + ending for start in _BASES)):
            base = base.removesuffix(ending)
            break
    parts = split_url(base)
    if parts and (parts.username or parts.password):
        raise Invalid(location, "must not hold a user name or password; use api_key.")
    if not parts or not base.endswith(_BASES) or parts.query:
        raise Invalid(
            location,
            f"{url!r} is not the URL of an OpenAI-compatible API; it ends in /v1, /v1/chat/completions or "
            "/v1/completions, for example http://127.0.0.1:8000/v1.",
        )
    return base


async def resolve(model: str | Model, gateway_url: str, api_key: str | None, location: str) -> Endpoint:
    """The API behind the model of a target.

    A base model needs an ``api_endpoint`` in the Entity Store. A tuned one (with ``base_model``) is served by the API
    of its base model, under its own name.

    Args:
        model: ``namespace/name`` in the Entity Store, or an inline model.
        gateway_url: where the Entity Store answers.
        api_key: the key given with an inline model, if any. That of a registered model was given with it.
        location: dotted path of the model in the request, for errors.

    Raises:
        Invalid: the model is unknown, or has no ``api_endpoint``.
        ApiError: 503 when the Entity Store does not answer.
    """
    if isinstance(model, Model):
        if model.api_endpoint:
            url = api_base(model.api_endpoint.url, f"{location}.api_endpoint.url")
            return Endpoint(url, model.api_endpoint.model_id, api_key)
        if not model.name:
            raise Invalid(location, "needs an api_endpoint {url, model_id}, or the name of a registered model.")
        model = f"{model.namespace}/{model.name}"
    entity = await _entity(gateway_url, "models", model, location)
    endpoint = entity.get("api_endpoint")
    if endpoint:
        key = api_keys.find(entity["id"], endpoint["url"])
        return Endpoint(api_base(endpoint["url"], location), endpoint["model_id"], key)
    if not entity.get("base_model"):
        raise _not_registered(model, location)
    base_name = _name_of(entity["base_model"])
    base = await _entity(gateway_url, "models", base_name, location)
    if not base.get("api_endpoint"):
        raise _not_registered(base_name, location, tuned=model)
    key = api_keys.find(base["id"], base["api_endpoint"]["url"])
    return Endpoint(api_base(base["api_endpoint"]["url"], location), model, key)


async def resolve_dataset(reference: str, gateway_url: str, location: str) -> Dataset:
    """A dataset ``namespace/name`` of the Entity Store. Raises as ``resolve`` does."""
    entity = await _entity(gateway_url, "datasets", reference, location)
    return Dataset(files_url=entity["files_url"], hf_endpoint=entity.get("hf_endpoint"), limit=entity.get("limit"))


def _not_registered(name: str, location: str, tuned: str | None = None) -> Invalid:
    why = f" (the base model of {tuned})" if tuned else ""
    return Invalid(
        location,
        f"model {name!r}{why} is not registered with an api_endpoint. Register it in the Entity Store first: "
        f"PATCH /v1/models/{name} with {{'api_endpoint': {{'url': '<NIM URL>/v1/chat/completions', "
        f"'model_id': '{name}'}}}}.",
    )


def _name_of(base_model: Any) -> str:
    if isinstance(base_model, dict):
        return f"{base_model.get('namespace', 'default')}/{base_model.get('name')}"
    return base_model


async def _entity(gateway_url: str, kind: str, reference: str, location: str) -> dict:
    namespace, _, name = reference.partition("/")
    if not namespace or not name or "/" in name or ".." in (namespace, name):
        raise Invalid(location, f"{reference!r} is not a name of the form <namespace>/<name>.")
    path = f"/v1/{kind}/{quote(namespace, safe='')}/{quote(name, safe='')}"
    try:
        async with httpx.AsyncClient(base_url=gateway_url, timeout=_CHECK_TIMEOUT, trust_env=False) as client:
            response = await client.get(path)
    except httpx.HTTPError as error:
        raise ApiError(503, f"The Entity Store at {gateway_url} does not answer: {_reason(error)}.") from error
    if response.status_code == 404:
        how = " is not registered with an api_endpoint: it" if kind == "models" else ""
        raise Invalid(
            location, f"{kind[:-1]} {reference!r}{how} is not in the Entity Store. Create it first (POST /v1/{kind})."
        )
    if response.is_error:
        raise ApiError(503, f"The Entity Store answered {response.status_code} to GET {path}: {response.text[:300]}")
    return response.json()


async def served_models(endpoint: Endpoint) -> list[str]:
    """The names of the models an API serves.

    Raises:
        ApiError: 503 when it does not answer or errs; 422 when it refuses the key or does not speak the protocol.
    """
    url = f"{endpoint.url}/models"
    try:
        async with endpoint.client(_CHECK_TIMEOUT, 1) as client:
            response = await client.get(url)
    except httpx.HTTPError as error:
        raise ApiError(
            503, f"The target does not answer at {url}: {_reason(error)}. Start it, or correct the URL of the target."
        ) from error
    if response.status_code in (401, 403):
        raise ApiError(
            422,
            f"The target refused the key: GET {url} answered {response.status_code}. Give the right api_key with the "
            "target, or with the registered model; keys are kept in memory only, so give it again after a restart of "
            "the platform.",
        )
    if response.status_code >= 500 or response.status_code == 429:
        answer = f"{response.status_code}: {response.text[:300]}"
        raise ApiError(503, f"The target is not ready: GET {url} answered {answer}")
    try:
        return [model["id"] for model in response.json()["data"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError(
            422,
            f"The target does not speak the OpenAI protocol: GET {url} answered {response.status_code} "
            f"{response.text[:200]!r} instead of a list of models. Correct the URL of the target.",
        ) from error


async def check_served(endpoint: Endpoint, location: str) -> None:
    """Raise Invalid, naming the models there are, unless the API serves the model; or as ``served_models`` does."""
    known = await served_models(endpoint)
    if endpoint.model_id not in known:
        raise Invalid(
            location,
            f"{endpoint.url} does not serve the model {endpoint.model_id!r}; it serves: {', '.join(known) or 'none'}. "
            "A new adapter takes a moment until it is served.",
        )


def _reason(error: httpx.HTTPError) -> str:
    # Some httpx errors, time-outs among them, carry no text of their own.
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
