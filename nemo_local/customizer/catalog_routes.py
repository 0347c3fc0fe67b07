"""``/v1/customization/targets`` and ``/v1/customization/configs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from nemo_local.common.entities import add_entity_routes
from nemo_local.customizer.catalog import Catalog, config_warning, merge_config
from nemo_local.customizer.schemas import ConfigBody, TargetBody
from nemo_local.customizer.speed import TrainingSpeeds
from nemo_local.customizer.targets.removal import Removal
from nemo_local.customizer.targets.rules import FIXED, TargetRules


def catalog_router(catalog: Catalog, rules: TargetRules, removal: Removal, speeds: TrainingSpeeds) -> APIRouter:
    """The routes, for the official SDK's ``customization.targets`` and ``customization.configs``.

    Each has one field that NeMo does not have: a target ``model_facts``, and a configuration ``tokens_per_second``, how
    fast this machine trains its model.
    """
    router = APIRouter(prefix="/v1/customization")
    add_entity_routes(
        router,
        "targets",
        catalog.targets,
        TargetBody,
        prepare=rules.prepare,
        on_stored=rules.stored,
        view=rules.view,
        before_delete=removal,
        fixed=("name", "namespace", *FIXED),
        computed={"status": lambda target: target["status"]},
    )
    add_entity_routes(
        router,
        "configs",
        catalog.configs,
        ConfigBody,
        prepare=catalog.prepare_config,
        merge=merge_config,
        view=lambda config: _shown(catalog.resolved(config), speeds),
        computed={
            "target_base_model": _of_target("base_model"),
            "target_name": _of_target("name"),
            "target_enabled": _of_target("enabled"),
            # The same by the names in NVIDIA's guides, which the SDK's types do not have.
            "base_model": _of_target("base_model"),
            "enabled": _of_target("enabled"),
            "num_parameters": _of_target("num_parameters"),
            "training_type": lambda config: config["training_options"][0]["training_type"],
            "finetuning_type": lambda config: config["training_options"][0]["finetuning_type"],
        },
    )
    return router


def _shown(config: dict, speeds: TrainingSpeeds) -> dict:
    speed = speeds.field(config["target"]["base_model"])
    return {**config, "warning_message": config_warning(config), **speed}


def _of_target(field: str) -> Callable[[dict], Any]:
    return lambda config: config["target"][field]
