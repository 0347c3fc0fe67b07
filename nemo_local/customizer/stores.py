"""What a new job asks of the Entity Store and the Data Store, over HTTP as on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import httpx

from nemo_local.common.errors import ApiError, Invalid
from nemo_local.common.hub_uri import parse_endpoint, parse_hub_uri


@dataclass(frozen=True)
class OutputModel:
    """Name of the model a job makes: repository ``namespace/name``, branch ``version``."""

    namespace: str
    name: str
    version: str

    @classmethod
    def parse(cls, text: str, namespace: str, job_id: str) -> OutputModel:
        """Read ``[namespace/]name[@version]``; the job's namespace and its id stand in for what is missing."""
        given, _, rest = text.rpartition("/")
        name, _, version = rest.partition("@")
        return cls(given or namespace, name, version or job_id)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}@{self.version}"


@dataclass(frozen=True)
class DatasetSource:
    """Where a job's rows come from. The revision is fixed when the job is made: a resumed job sees the same rows."""

    label: str
    files_url: str
    endpoint: str
    repo_id: str
    revision: str
    limit: int | None


async def find_dataset(gateway_url: str, namespace: str, name: str, limit: int | None) -> DatasetSource:
    """Look a dataset up by name, and the present revision of its files.

    Args:
        gateway_url: where Entity Store and Data Store are.
        namespace: namespace of the dataset.
        name: its name.
        limit: most rows of each split; the dataset's own limit if None.

    Raises:
        Invalid: the Entity Store does not know it, or its ``files_url`` leads nowhere.
        ApiError: 503 when a store does not answer.
    """
    label = f"{namespace}/{name}"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = await _get(http, f"{gateway_url}/v1/datasets/{label}", "Entity Store")
        if answer.status_code == 404:
            raise Invalid(
                "dataset",
                f"The dataset {label!r} is not in the Entity Store. Register it first with POST /v1/datasets (name, "
                "namespace, files_url).",
            )
        entity = answer.json()
        try:
            uri = parse_hub_uri(entity["files_url"], "dataset")
            endpoint = parse_endpoint(entity.get("hf_endpoint") or f"{gateway_url}/v1/hf")
        except ValueError as problem:
            raise Invalid("dataset", f"The address of the dataset {label!r} cannot be used: {problem}") from None
        repo_id, revision = uri.id, uri.revision or "main"
        url = f"{endpoint}/api/datasets/{repo_id}/revision/{quote(revision, safe='')}"
        answer = await _get(http, url, "Data Store")
    if answer.status_code in (401, 403, 404):
        raise Invalid(
            "dataset",
            f"The dataset {label!r} names the repository {repo_id!r} (revision {revision!r}), which {endpoint} does "
            f"not show ({answer.status_code}). Upload the files there first.",
        )
    try:
        sha = answer.raise_for_status().json()["sha"]
    except (httpx.HTTPStatusError, ValueError, LookupError, TypeError):
        raise Invalid(
            "dataset",
            f"{endpoint} answered GET {url} with {answer.status_code} and not as a Hub does. Check the hf_endpoint of "
            f"the dataset {label!r}.",
        ) from None
    return DatasetSource(
        label=label,
        files_url=entity["files_url"],
        endpoint=endpoint,
        repo_id=repo_id,
        revision=sha,
        limit=limit or entity.get("limit"),
    )


async def model_exists(gateway_url: str, model: OutputModel) -> bool:
    """Whether the Entity Store has a model of that name. Raises ApiError (503) when it does not answer."""
    url = f"{gateway_url}/v1/models/{model}"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return (await _get(http, url, "Entity Store")).is_success


async def _get(http: httpx.AsyncClient, url: str, service: str) -> httpx.Response:
    try:
        answer = await http.get(url, follow_redirects=True)
    except httpx.HTTPError as error:
        raise ApiError(503, f"The {service} did not answer GET {url} ({error!r}); try again in a moment.") from error
    if answer.status_code >= 500:
        raise ApiError(503, f"The {service} failed on GET {url} ({answer.status_code}: {answer.text[:300]}).")
    return answer
