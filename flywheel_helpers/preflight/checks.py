"""The checks of the preflight. Each returns what it found, or raises an error with the cause and the fix."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx

from flywheel_helpers.attendees import ALONE, owner_mark
from flywheel_helpers.checkout import ROOT
from flywheel_helpers.errors import ConfigError, FlywheelError, NotFound, ServiceError, Unauthorized
from flywheel_helpers.services import customizer, data_store, entity_store, nim
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.tls import NO_PROXY_MOUNTS, hub_client, origin, tls_context

# Bytes. The local platform writes the exported model and two checkpoints of a training run. With a platform elsewhere,
# only the dataset and the executed notebooks are written here.
NEEDED_DISK = {"local": 5 * 1024**3, "pcai": 200 * 1024**2}
# A read-only request to each service that the notebooks use, which no other service would answer.
PROBES = {
    "Entity Store": "/v1/namespaces?page_size=1",
    "Data Store": "/v1/datastore/namespaces/{namespace}",
    "Customizer": "/v1/customization/configs?page_size=1",
    "Evaluator": "/v1/evaluation/configs?page_size=1",
    "Guardrails": "/v1/guardrail/configs?page_size=1",
    "Deployment Management": "/v1/deployment/model-deployments?page_size=1",
    "NIM proxy": "/v1/models",
}


@dataclass(frozen=True)
class Remark:
    """A finding that is not a failure.

    Args:
        verdict: "ok" or "warning".
        found: what was found.
        fix: the change to make, if any.
    """

    verdict: str
    found: str
    fix: str = ""


def service(nemo: Connection, name: str) -> str | Remark:
    """Whether a service answers, how fast, and its version."""
    path = PROBES[name].format(namespace=nemo.settings.namespace)
    started = time.monotonic()
    try:
        nemo.json(name, "GET", path)
    except ServiceError as error:
        if name == "Guardrails" and nemo.settings.profile == "pcai":
            return Remark("warning", f"{error.reason} ({error.request}) Notebooks 00 to 03 do not need it", error.hint)
        # The Data Store answers 404, in JSON, until the namespace is created.
        if name != "Data Store" or not isinstance(error, NotFound) or not error.server_message:
            raise
    milliseconds = (time.monotonic() - started) * 1000
    return f"{nemo.settings.url(name)} answers in {milliseconds:.0f} ms, version {_version(nemo, name)}"


def _version(nemo: Connection, name: str) -> str:
    """The service's version from its OpenAPI description, if it publishes one."""
    try:
        return str(nemo.json(name, "GET", "/openapi.json")["info"]["version"])
    except (FlywheelError, KeyError, TypeError):
        return "unknown"


def namespace(nemo: Connection) -> str | Remark:
    """Whether the namespace is ours, or does not exist yet."""
    name, record = nemo.settings.namespace, entity_store.find_namespace(nemo)
    found = f"{name}: does not exist yet, notebook 01 creates it"
    if record is not None:
        entity_store.check_owner(nemo)
        ours = entity_store.owner(record) == owner_mark(nemo.settings.attendee)
        found = f"{name}: {'yours' if ours else 'exists, not created by the course'}"
    if nemo.settings.profile == "pcai" and name == ALONE:
        return Remark(
            "warning",
            f"{found}. Everyone without a name shares it",
            "In a workshop, set ATTENDEE in config.py to your own name, so that nobody else changes your work.",
        )
    return found


def base_model_served(nemo: Connection) -> str:
    """Whether the NIM proxy serves the base model."""
    served = nim.list_models(nemo)
    if nemo.settings.base_model not in served:
        raise ConfigError(
            f"{nemo.settings.base_model} is not served. Served: {', '.join(served) or 'nothing'}.",
            "After an installation it may still be starting: wait, or ask whoever runs the workshop. Otherwise see "
            "docs/pcai.md (Deploying the base model), or set BASE_MODEL to a model that is served.",
        )
    return nemo.settings.base_model


def base_model_registered(nemo: Connection) -> str:
    """Whether the Entity Store knows the base model's address. If not, notebook 03 registers it: this never fails."""
    record = entity_store.find_model(nemo, nemo.settings.base_model)
    url = ((record or {}).get("api_endpoint") or {}).get("url")
    if url is None:
        return f"{'without an api_endpoint' if record else 'not yet'}: notebook 03 registers it"
    return url if url == entity_store.endpoint_url(nemo) else f"{url}; notebook 03 changes it"


def base_model_trainable(nemo: Connection) -> str:
    """Whether the Customizer has a configuration for our base model and version."""
    return customizer.config_name(customizer.pick_config(nemo))


def uploads(nemo: Connection) -> Iterator[str]:
    """Two findings: where the Data Store's upload links lead, and whether a file is stored unchanged."""
    with _probe_repository(nemo) as repo:
        content = secrets.token_bytes(1024)
        yield _try_link(nemo, repo, content)
        api = data_store.hub(nemo)
        with data_store.hub_errors(nemo), tempfile.TemporaryDirectory() as folder:
            api.upload_file(path_or_fileobj=content, path_in_repo="probe.bin", repo_id=repo, repo_type="dataset")
            copy = Path(api.hf_hub_download(repo, "probe.bin", repo_type="dataset", local_dir=folder))
            if copy.read_bytes() != content:
                raise ConfigError("the downloaded file differs", "See the Data Store's log, and its storage.")
    # Only after the removal: the program may end as soon as this row is known.
    yield "1 KiB was uploaded, downloaded and removed"


@contextmanager
def _probe_repository(nemo: Connection) -> Iterator[str]:
    """A dataset repository in our namespace that exists while the block runs."""
    entity_store.check_owner(nemo)
    repo = f"{nemo.settings.namespace}/preflight-{secrets.token_hex(4)}"
    made_namespace = data_store.ensure_namespace(nemo)
    api = data_store.hub(nemo)
    try:
        with data_store.hub_errors(nemo):
            api.create_repo(repo, repo_type="dataset")
        yield repo
    finally:
        with data_store.hub_errors(nemo):
            api.delete_repo(repo, repo_type="dataset", missing_ok=True)
        if made_namespace:
            # Not every release can delete a namespace. It is empty, and notebook 01 creates it anyway.
            with suppress(ServiceError):
                nemo.request("Data Store", "DELETE", f"/v1/datastore/namespaces/{nemo.settings.namespace}")


def _try_link(nemo: Connection, repo: str, content: bytes) -> str:
    """Request an upload link, as huggingface_hub does for a large file, and upload to it."""
    wanted = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    answer = nemo.json(
        "Data Store",
        "POST",
        f"/v1/hf/datasets/{repo}.git/info/lfs/objects/batch",
        json={"operation": "upload", "transfers": ["basic"], "objects": [wanted], "hash_algo": "sha256"},
        headers={"Accept": "application/vnd.git-lfs+json", "Content-Type": "application/vnd.git-lfs+json"},
    )
    try:
        action = answer["objects"][0]["actions"]["upload"]
        link = action["href"]
    except (KeyError, IndexError, TypeError):
        raise ConfigError("the answer contains no upload link", "Check NEMO_DATA_STORE_URL in config.py.") from None
    with data_store.hub_errors(nemo), hub_client(nemo.settings) as client:
        client.put(link, content=content, headers=action.get("header")).raise_for_status()
    return f"links lead to {origin(link)}, which accepts files"


def credential(nemo: Connection, name: str) -> str | Remark:
    """Whether a credential is set and accepted. Its value is never shown.

    With its default settings the course needs none of them, so a refused one is a warning.
    """
    if not getattr(nemo.settings, name.lower()):
        return "not set (optional)"
    if name not in _TRIALS:
        return "set"
    try:
        works = _TRIALS[name](nemo)
    except Unauthorized:
        works = False
    except (ServiceError, httpx.HTTPError, ValueError) as error:
        return Remark("warning", f"set, but could not be checked ({type(error).__name__})")
    return "set and accepted" if works else Remark("warning", "set, but refused", f"Renew or unset {name}.")


def _try_hf_token(nemo: Connection) -> bool:
    host = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    bearer = {"Authorization": f"Bearer {nemo.settings.hf_token}"}
    answer = _outside(nemo, "GET", f"{host}/api/whoami-v2", headers=bearer)
    return answer.status_code not in (401, 403) and answer.raise_for_status().is_success


def _try_wandb_key(nemo: Connection) -> bool:
    host = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")
    question = {"query": "query { viewer { id } }"}
    answer = _outside(nemo, "POST", f"{host}/graphql", json=question, auth=("api", nemo.settings.wandb_api_key))
    if answer.status_code in (401, 403):
        return False
    return bool((answer.raise_for_status().json().get("data") or {}).get("viewer"))


def _outside(nemo: Connection, method: str, url: str, **content: Any) -> httpx.Response:
    verify = tls_context(nemo.settings)
    with httpx.Client(timeout=5.0, verify=verify, mounts=NO_PROXY_MOUNTS, follow_redirects=True) as client:
        return client.request(method, url, **content)


def _asked(service: str, path: str) -> Callable[[Connection], bool]:
    return lambda nemo: nemo.request(service, "GET", path).is_success


_TRIALS: dict[str, Callable[[Connection], bool]] = {
    "HF_TOKEN": _try_hf_token,
    "WANDB_API_KEY": _try_wandb_key,
    "NDS_TOKEN": _asked("Data Store", "/v1/hf/api/datasets?limit=1"),
    "NEMO_TOKEN": _asked("Entity Store", PROBES["Entity Store"]),
}


def disk(folders: list[Path], profile: str) -> str:
    """Whether there is enough disk space for what the course writes.

    Args:
        folders: where it writes. They need not exist yet.
        profile: the local platform needs more than the notebooks alone.
    """
    needed, least = NEEDED_DISK[profile], float("inf")
    for folder in folders:
        there = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
        free = shutil.disk_usage(there).free
        if free < needed:
            raise ConfigError(
                f"{free / 1024**3:.1f} GiB free", f"Free some space: {folder} needs {needed / 1024**3:.1f} GiB."
            )
        least = min(least, free)
    return f"{least / 1024**3:.0f} GiB"


def packages(profile: str) -> str | Remark:
    """Whether the installed packages have the versions that the course was tested with.

    Args:
        profile: the local platform needs more packages than the notebooks alone.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = project["dependencies"] + (project["optional-dependencies"]["local"] if profile == "local" else [])
    others = []
    for name, _, tested in (pin.partition("==") for pin in pins):
        try:
            installed = metadata.version(name).partition("+")[0]  # without a build such as +cpu
        except metadata.PackageNotFoundError:
            installed = "missing"
        if installed != tested:
            others.append(f"{name} {installed} (tested: {tested})")
    if others:
        return Remark("warning", ", ".join(others), "Install the tested versions: pip install --editable .")
    return "as tested"
