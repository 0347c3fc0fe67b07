"""Targets (what can be trained) and configurations (how): their documents, the seeded ones, and name lookup."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import Conflict, Invalid
from nemo_local.customizer.schemas import ConfigCreate
from nemo_local.model.base_model import BASE_MODEL_NAME, HF_FOLDER, NUM_PARAMETERS

log = logging.getLogger(__name__)

BASE_NAMESPACE, BASE_NAME = BASE_MODEL_NAME.split("/")
VERSION = "v1.0.0"
#: Longest row trained on, in tokens. A tool-calling row of five tools takes 300 to 1,500.
MAX_SEQ_LENGTH = 2048

#: A row as the worker checks it (``dataset.py``), told to clients as JSON Schema.
ROW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "messages": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "role": {"enum": ["system", "developer", "user", "assistant", "tool"]},
                    "content": {"type": ["string", "array", "null"]},
                    "tool_calls": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["role"],
            },
        },
        "tools": {"type": "array", "items": {"type": "object", "required": ["type", "function"]}},
    },
    "required": ["messages"],
}


class Catalog:
    """Targets and configurations in one database.

    Args:
        database: the SQLite file.
    """

    def __init__(self, database: Path) -> None:
        self.targets = DocumentStore(database, "customization-target")
        self.configs = DocumentStore(database, "customization-config")

    def seed(self) -> None:
        """Make sure of the base model's target and configuration."""
        gpu = _has_cuda()
        target = {
            "base_model": BASE_MODEL_NAME,
            "enabled": True,
            "num_parameters": NUM_PARAMETERS,
            "precision": "fp16",
            "model_path": HF_FOLDER,
            "model_type": "hf",
            "status": "ready",
            "description": "SmolLM2-135M-Instruct, the base model of the local platform.",
        }
        config = {
            "target": f"{BASE_NAMESPACE}/{BASE_NAME}@{VERSION}",
            "max_seq_length": MAX_SEQ_LENGTH,
            "training_options": [
                {
                    "training_type": "sft",
                    "finetuning_type": "lora",
                    "num_gpus": int(gpu),
                    "num_nodes": 1,
                    "tensor_parallel_size": 1,
                    "micro_batch_size": 1,
                }
            ],
            "dataset_schemas": [ROW_SCHEMA],
            "prompt_template": None,
            "description": f"LoRA on this machine's {'GPU' if gpu else 'CPU'}.",
        }
        for store, name, body in (
            (self.targets, f"{BASE_NAME}@{VERSION}", target),
            (self.configs, f"{BASE_NAME}@{VERSION}+{'GPU' if gpu else 'CPU'}", config),
        ):
            try:
                store.create(BASE_NAMESPACE, name, body)
            except Conflict:
                log.debug("%s/%s was seeded before", BASE_NAMESPACE, name)

    def target(self, reference: str | dict, namespace: str, field: str) -> dict:
        """The target a configuration names.

        Args:
            reference: ``name``, ``namespace/name``, or an object with these two fields.
            namespace: where a name without a namespace is looked for first.
            field: the request's field, for the error.

        Raises:
            Invalid: there is no such target; the message lists those there are.
        """
        if isinstance(reference, dict):
            namespace, reference = reference.get("namespace") or namespace, str(reference.get("name") or "")
        return _find(self.targets.list(), reference, namespace, field, "customization target")

    def config(self, reference: str, namespace: str) -> dict:
        """The configuration a job names, its target resolved.

        Raises:
            Invalid: there is no such configuration; the message lists those there are.
        """
        return self.resolved(_find(self.configs.list(), reference, namespace, "config", "customization config"))

    def resolved(self, config: dict) -> dict:
        """A configuration document with its target's document in place of the target's name."""
        return {**config, "target": self.target(config["target"], config["namespace"], "target")}

    def checked(self, body: ConfigCreate) -> dict:
        """A new or inline configuration as a document, after checking that this machine can do what it asks.

        Raises:
            Invalid: it cannot, or the target does not exist.
        """
        target = self.target(body.target, body.namespace, "target")
        check_training_options([option.model_dump() for option in body.training_options])
        values = body.model_dump(exclude_none=True, exclude={"name", "namespace", "id", "created_at", "updated_at"})
        values.setdefault("dataset_schemas", [ROW_SCHEMA])
        return {**values, "target": f"{target['namespace']}/{target['name']}"}

    def delete_target(self, namespace: str, name: str) -> dict:
        """Remove a target that no configuration uses. Raises NotFound and Conflict."""
        users = [c for c in self.configs.list() if c["target"] == f"{namespace}/{name}"]
        if users:
            raise Conflict(f"The target {namespace}/{name} is used by {_label(users[0])}: delete that config first.")
        return self.targets.delete(namespace, name)


def check_training_options(options: list[dict]) -> None:
    """Raise Invalid for a way of training that the local platform does not have."""
    for option in options:
        if (option["training_type"], option["finetuning_type"]) != ("sft", "lora"):
            raise Invalid(
                "training_options",
                f"{option['training_type']}/{option['finetuning_type']} is not possible on the local platform, which "
                "trains sft/lora only.",
            )
        if option["num_gpus"] > 1 or (option["num_gpus"] == 1 and not _has_cuda()):
            raise Invalid("training_options", f"num_gpus={option['num_gpus']} is more than this platform can use.")


def check_target(body: dict) -> None:
    """Raise Invalid for a target that is not the base model: its weights are the only ones the platform has."""
    if body.get("base_model") not in (None, BASE_MODEL_NAME):
        raise Invalid("base_model", f"the local platform trains {BASE_MODEL_NAME} only, not {body['base_model']!r}.")
    if body.get("model_path") not in (None, HF_FOLDER):
        raise Invalid("model_path", f"the local platform has the weights of {BASE_MODEL_NAME} only: leave it out.")
    for field in ("model_uri", "hf_endpoint"):
        if body.get(field) is not None:
            raise Invalid(field, f"the local platform brings the weights of {BASE_MODEL_NAME} itself: leave it out.")


def config_warning(config: dict) -> str | None:
    """What a configuration says that has no effect on one machine."""
    idle = [name for name in ("pod_spec",) if config.get(name)]
    if any(option["micro_batch_size"] > 1 for option in config["training_options"]):
        idle.append("micro_batch_size")  # a whole batch is packed into one sequence
    return f"Without effect on the local platform: {', '.join(idle)}." if idle else None


def _find(documents: list[dict], reference: str, namespace: str, field: str, kind: str) -> dict:
    matching = [d for d in documents if _label(d) == reference or d["name"] == reference]
    exact = [d for d in matching if _label(d) in (reference, f"{namespace}/{reference}")]
    found = exact or matching
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(_label(d) for d in (found or documents))) or "none"
    if found:
        raise Invalid(field, f"{reference!r} is the name of several: {known}. Name one with its namespace.")
    raise Invalid(field, f"There is no {kind} {reference!r}. Known: {known}.")


def _label(document: dict) -> str:
    return f"{document['namespace']}/{document['name']}"


def _has_cuda() -> bool:
    """Whether torch can use a GPU. Asked in a process of its own, and only where there is a driver: torch would take
    seconds and hundreds of megabytes of the gateway."""
    if shutil.which("nvidia-smi") is None:
        return False
    question = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([sys.executable, "-c", question], timeout=120, check=False).returncode == 0
