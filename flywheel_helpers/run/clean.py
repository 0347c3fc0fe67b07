"""Listing everything that one attendee has created on a platform, and removing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flywheel_helpers import polling
from flywheel_helpers.errors import ConfigError, Conflict, NotFound, ServiceError, WaitTimeout
from flywheel_helpers.services import customizer, data_store, entity_store, evaluator
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.jobs import ACTIVE

CANCEL_DEADLINE = 120.0  # seconds that a cancelled job may take to stop
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Item:
    """Something to remove.

    Args:
        kind: such as "dataset", or "training" for a running one.
        name: its full name or id.
        remove: removes it; does nothing if it no longer exists.
    """

    kind: str
    name: str
    remove: Callable[[], None]

    @property
    def verb(self) -> str:
        """What happens to it. Running jobs are cancelled first; the Customizer never deletes its jobs."""
        return "cancel" if self.kind in ("training", "evaluation") else "delete"


def find(nemo: Connection) -> list[Item]:
    """Everything in the namespace of config.py, in an order in which it can be removed; nothing without a namespace.

    Raises:
        ConfigError: the course did not create the namespace for this attendee.
    """
    settings = nemo.settings
    record = entity_store.find_namespace(nemo)
    if record is None:
        return []
    entity_store.check_owner(nemo)
    if entity_store.owner(record) is None:
        raise ConfigError(
            f"The namespace {settings.namespace} was not created by the course.",
            "What is in it may belong to somebody else. Delete by hand what is yours.",
        )
    return [*_jobs(nemo), *_entities(nemo), *_repositories(nemo), *_namespaces(nemo)]


def _jobs(nemo: Connection) -> Iterator[Item]:
    for job in customizer.list_jobs(nemo):
        if job["status"] in ACTIVE:
            yield Item("training", job["id"], lambda job_id=job["id"]: _stop(nemo, customizer, job_id))
    for job in nemo.all_pages(evaluator.SERVICE, "/v1/evaluation/jobs"):
        if _ours(nemo, job):
            if job["status"] in ACTIVE:
                yield Item("evaluation", job["id"], lambda job_id=job["id"]: _stop(nemo, evaluator, job_id))
            yield _item(nemo, "evaluation job", evaluator.SERVICE, f"/v1/evaluation/jobs/{job['id']}", job["id"])


def _entities(nemo: Connection) -> Iterator[Item]:
    for kind, service, path in (
        ("evaluation config", evaluator.SERVICE, "/v1/evaluation/configs"),
        ("evaluation target", evaluator.SERVICE, "/v1/evaluation/targets"),
        ("guardrail config", "Guardrails", "/v1/guardrail/configs"),
        ("deployment", "Deployment Management", "/v1/deployment/model-deployments"),
        ("deployment config", "Deployment Management", "/v1/deployment/configs"),
        ("model", entity_store.SERVICE, "/v1/models"),
        ("dataset", entity_store.SERVICE, "/v1/datasets"),
        ("project", entity_store.SERVICE, "/v1/projects"),
    ):
        try:
            documents = nemo.all_pages(service, path)
        except NotFound:  # this platform does not have the service
            continue
        for document in documents:
            if _ours(nemo, document):
                name = f"{document['namespace']}/{document['name']}"
                yield _item(nemo, kind, service, f"{path}/{name}", name)


def _repositories(nemo: Connection) -> Iterator[Item]:
    api = data_store.hub(nemo)
    with data_store.hub_errors(nemo):
        found = {
            "dataset": [repo.id for repo in api.list_datasets(author=nemo.settings.namespace)],
            "model": [repo.id for repo in api.list_models(author=nemo.settings.namespace)],
        }
    for kind, names in found.items():
        for name in names:
            yield Item(f"{kind} files", name, lambda kind=kind, name=name: _delete_repository(nemo, name, kind))


def _namespaces(nemo: Connection) -> Iterator[Item]:
    name = nemo.settings.namespace
    yield _item(nemo, "namespace of files", data_store.SERVICE, f"/v1/datastore/namespaces/{name}", name)
    yield _item(nemo, "namespace", entity_store.SERVICE, f"/v1/namespaces/{name}", name)


def _ours(nemo: Connection, document: dict[str, Any]) -> bool:
    return document.get("namespace") == nemo.settings.namespace


def _item(nemo: Connection, kind: str, service: str, path: str, name: str) -> Item:
    def remove() -> None:
        try:
            nemo.request(service, "DELETE", path, retry=True)
        except NotFound:
            pass
        except Conflict as error:  # a training that has just ended may have created its model after the listing
            error.hint = "Run flywheel clean again: something was created meanwhile, or is still in use."
            raise
        except ServiceError as error:
            # Not every release of the Data Store can delete a namespace, and an empty one does no harm.
            if service != data_store.SERVICE or error.status not in (405, 501):
                raise

    return Item(kind, name, remove)


def _delete_repository(nemo: Connection, name: str, kind: str) -> None:
    with data_store.hub_errors(nemo):
        data_store.hub(nemo).delete_repo(name, repo_type=kind, missing_ok=True)


def _stop(nemo: Connection, service: ModuleType, job_id: str) -> None:
    """Cancel a job and wait until it has stopped: a training that is about to end would still create its model."""
    try:
        service.cancel(nemo, job_id)
    except Conflict:  # it has just ended by itself
        return
    for _ in polling.attempts(CANCEL_DEADLINE, POLL_SECONDS):
        if service.get_job(nemo, job_id)["status"] not in (*ACTIVE, "cancelling"):
            return
    raise WaitTimeout(f"The job {job_id} has not stopped after {CANCEL_DEADLINE:.0f} s.", "Run flywheel clean again.")
