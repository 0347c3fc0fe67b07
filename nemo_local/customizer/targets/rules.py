"""What a target may be, and what is done when one is made, changed or deleted."""

from __future__ import annotations

from typing import Any

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import Conflict, Invalid, NotFound
from nemo_local.common.names import check_name
from nemo_local.customizer.schemas import TargetBody
from nemo_local.customizer.targets.preparations import Preparations
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.preparation.source import parse_source
from nemo_local.model.registry import BaseModels, UnknownModel
from nemo_local.settings import Settings

# What a target is made of; another one of these is another target.
FIXED = ("base_model", "model_path", "model_uri", "hf_endpoint")


class TargetRules:
    """Checks the bodies of targets, and begins the preparation of the models that they bring.

    Args:
        targets: their documents.
        models: the base models that are there.
        preparations: makes those that are not.
        settings: of the platform.
    """

    def __init__(
        self, targets: DocumentStore, models: BaseModels, preparations: Preparations, settings: Settings
    ) -> None:
        self._targets, self._models, self._preparations = targets, models, preparations
        self._settings = settings

    def prepare(self, body: TargetBody) -> dict:
        """What to store for a target that is new, or changed.

        Raises:
            Invalid: it names no base model that is there or could be added.
            Conflict: another target brings the same one.
        """
        try:
            known = self._targets.get(*body.identity()) if body.name else None
        except NotFound:
            known = None
        if known:
            return {**body.stored(), **{field: known.get(field) for field in FIXED}}
        if body.model_uri is None:
            return self._of_known_model(body)
        return self._of_new_model(body)

    def stored(self, target: dict, _: TargetBody) -> None:
        """Begin to prepare the model of a target that is new, or that failed and was changed."""
        if target.get("model_uri") and target["status"] in ("created", "failed"):
            if target["status"] == "failed":
                again = {"status": "created", "warning_message": None}
                target |= self._targets.update(target["namespace"], target["name"], again)
            self._preparations.submit(target)

    def view(self, target: dict) -> dict:
        """A target as it is shown: with the facts of its model, once they are known."""
        try:
            model = self._models.get(target["base_model"])
        except UnknownModel:
            return {**target, "model_facts": None}
        facts = model.facts
        return {
            **target,
            "model_facts": {
                "architecture": facts.architecture,
                "context_length": facts.context_length,
                "training_bytes": facts.training_bytes,
                "serving_bytes": facts.serving_bytes,
                "source": model.source,
                "license": model.license,
            },
        }

    def _of_known_model(self, body: TargetBody) -> dict:
        name = body.base_model or BASE_MODEL_NAME
        try:
            self._models.get(name)
        except UnknownModel as problem:
            raise Invalid("base_model", f"{problem} To add another one, say in model_uri where it is.") from None
        path = self._models.model_path(name)
        if body.model_path not in (None, path):
            raise Invalid("model_path", f"the platform chooses where it keeps the weights of {name}: leave it out.")
        if body.hf_endpoint:
            raise Invalid("hf_endpoint", f"the platform has the weights of {name} already: leave it out.")
        for field in ("num_parameters", "precision"):
            if getattr(body, field) is None:
                raise Invalid(field, "is required, except beside model_uri.")
        return self._document(body, name, "ready")

    def _of_new_model(self, body: TargetBody) -> dict:
        name = _new_name(body)
        path = self._models.model_path(name)
        if body.model_path not in (None, path):
            raise Invalid("model_path", "the platform chooses where it keeps the weights: leave it out.")
        try:
            parse_source(body.model_uri, body.hf_endpoint, self._settings)
        except ValueError as problem:
            raise Invalid("model_uri", str(problem)) from None
        rival = next((t for t in self._targets.list() if t.get("model_uri") and t["base_model"] == name), None)
        if rival or self._models.has(name):
            of = f"the target {rival['namespace']}/{rival['name']} ({rival['status']})" if rival else "the platform"
            raise Conflict(
                f"The base model {name} already exists: it belongs to {of}. Use it, delete it, or give base_model "
                "another name."
            )
        return self._document(body, name, "created")

    def _document(self, body: TargetBody, name: str, status: str) -> dict[str, Any]:
        return {
            **body.stored(),
            "base_model": name,
            "model_path": self._models.model_path(name),
            "model_uri": body.model_uri,
            "hf_endpoint": body.hf_endpoint,
            "model_type": "hf",
            "status": status,
            "warning_message": None,
        }


def _new_name(body: TargetBody) -> str:
    """The name of the model that a target brings: its ``base_model`` or, without one, the target's own name."""
    if not (body.base_model or body.name):
        raise Invalid("name", "is required beside model_uri, where base_model does not name the model.")
    name = body.base_model or f"{body.namespace}/{body.name.partition('@')[0]}".lower()
    parts = name.split("/")
    try:
        if len(parts) != 2 or name != name.lower():
            raise ValueError("write namespace/name in lower case, as the model is to be called in requests")
        for part in parts:
            check_name(part)
    except ValueError as problem:
        raise Invalid("base_model", f"{name!r} is not the name of a base model: {problem}.") from None
    return name
