"""Deletes targets, and with one that brought a base model all that was made of it."""

from __future__ import annotations

from contextlib import suppress

from nemo_local.common.errors import Conflict, NotFound
from nemo_local.customizer.catalog import Catalog, default_config_label, label
from nemo_local.customizer.jobs import Jobs
from nemo_local.customizer.targets.preparations import Preparations
from nemo_local.customizer.targets.publishing import Publisher
from nemo_local.model.registry import BaseModels


class Removal:
    """Called before a target is deleted."""

    def __init__(
        self, catalog: Catalog, jobs: Jobs, models: BaseModels, preparations: Preparations, publisher: Publisher
    ) -> None:
        self._catalog, self._jobs, self._models = catalog, jobs, models
        self._preparations, self._publisher = preparations, publisher

    def __call__(self, target: dict) -> None:
        """Remove what belongs to a target: the model that it brought, with its files, record, deployment and default
        configuration. Repeating it after a failure completes it.

        Raises:
            Conflict: a configuration, another target, a job, a deployment or an adapter uses it.
            ApiError: another service did not agree.
        """
        brings_model = bool(target.get("model_uri"))
        own_config = default_config_label(target) if brings_model else None
        for config in self._catalog.configs.list():
            if config["target"] == label(target) and label(config) != own_config:
                raise Conflict(f"The target {label(target)} is used by {label(config)}: delete that config first.")
        if brings_model:
            self._remove_model(target)

    def _remove_model(self, target: dict) -> None:
        name = target["base_model"]
        self._refuse_used_model(target)
        self._catalog.targets.update(target["namespace"], target["name"], {"status": "deleting"})
        self._preparations.discard(target)
        self._publisher.withdraw(name)
        with suppress(NotFound):
            self._catalog.configs.delete(*default_config_label(target).split("/"))
        self._models.remove(name)

    def _refuse_used_model(self, target: dict) -> None:
        name = target["base_model"]
        others = [t for t in self._catalog.targets.list() if t["base_model"] == name and t["id"] != target["id"]]
        if others:
            raise Conflict(f"The model {name} is used by the target {label(others[0])}: delete that first.")
        jobs = [job["id"] for job in self._jobs.unfinished() if job["config_snapshot"]["base_model"] == name]
        if jobs:
            raise Conflict(f"The model {name} is being trained by the job {jobs[0]}: wait for it, or cancel it.")
        if deployments := self._publisher.other_deployments(name):
            raise Conflict(f"The model {name} is deployed by {', '.join(deployments)} too: delete that first.")
        adapters = self._publisher.adapters(name)
        if adapters:
            shown = ", ".join(adapters[:5]) + (" and more" if len(adapters) > 5 else "")
            raise Conflict(
                f"The model {name} is the base of {shown}: they cannot answer without it. Delete them first."
            )
