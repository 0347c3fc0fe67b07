"""What the other services are told about a base model: its record in the Entity Store, and its deployment."""

from __future__ import annotations

from typing import Any

import httpx

from nemo_local.common.errors import ApiError
from nemo_local.model.registry import BaseModel

_CONFIGS, _DEPLOYMENTS = "/v1/deployment/configs", "/v1/deployment/model-deployments"


class Publisher:
    """Registers base models with the Entity Store and Deployment Management, over HTTP as on a cluster.

    Args:
        gateway_url: where they answer.
    """

    def __init__(self, gateway_url: str) -> None:
        self._gateway_url = gateway_url

    def publish(self, model: BaseModel) -> None:
        """Register and deploy a model. Repeating it changes nothing. Raises ApiError where a service does not agree."""
        namespace, name = model.name.split("/")
        named = {"namespace": namespace, "name": name}
        with self._client() as http:
            _ask(http, "POST", "/v1/namespaces", 409, json={"id": namespace})
            body = {**named, "description": f"A base model of the platform, from {model.source}.", "spec": model.spec}
            if _ask(http, "POST", "/v1/models", 409, json=body).status_code == 409:  # by an attempt before, or by hand
                _ask(http, "PATCH", f"/v1/models/{model.name}", json={"spec": model.spec})
            _ask(http, "POST", _CONFIGS, 409, json={**named, "model": model.name})
            _ask(http, "POST", _DEPLOYMENTS, 409, json={**named, "config": model.name})

    def withdraw(self, name: str) -> None:
        """Remove a model's deployment and record. Repeating it changes nothing. Raises ApiError."""
        with self._client() as http:
            for path in (_DEPLOYMENTS, _CONFIGS, "/v1/models"):
                _ask(http, "DELETE", f"{path}/{name}", 404)

    def adapters(self, name: str) -> list[str]:
        """Names of the models that were trained on a base model. Raises ApiError."""
        with self._client() as http:
            query = {"filter[base_model]": name, "page_size": 1000}
            found: list[dict[str, Any]] = _ask(http, "GET", "/v1/models", params=query).json()["data"]
        return [f"{model['namespace']}/{model['name']}" for model in found]

    def other_deployments(self, name: str) -> list[str]:
        """Names of the deployments of a model that somebody else has made. Raises ApiError."""
        with self._client() as http:
            found = _ask(http, "GET", _DEPLOYMENTS, params={"page_size": 1000}).json()["data"]
        labels = [f"{one['namespace']}/{one['name']}" for one in found if name in one["models"]]
        return [label for label in labels if label != name]

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._gateway_url, timeout=30, trust_env=False)


def _ask(http: httpx.Client, method: str, path: str, also: int | None = None, **content: Any) -> httpx.Response:
    """The answer, if it is a success or its status is ``also``. Raises ApiError."""
    try:
        answer = http.request(method, path, **content)
    except httpx.HTTPError as error:
        raise ApiError(503, f"{method} {path} was not answered ({error!r}); try again in a moment.") from error
    if not answer.is_success and answer.status_code != also:
        raise ApiError(503, f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
    return answer
