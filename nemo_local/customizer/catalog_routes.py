"""``/v1/customization/targets`` and ``/v1/customization/configs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from nemo_local.common.entities import add_entity_routes
from nemo_local.customizer.catalog import Catalog, config_warning, merge_config, prepare_target
from nemo_local.customizer.schemas import ConfigBody, TargetBody
from nemo_local.customizer.speed import TrainingSpeed


def catalog_router(catalog: Catalog, speed: TrainingSpeed) -> APIRouter:
    """The routes, for the official SDK's ``customization.targets`` and ``customization.configs``.

    A configuration has one field that NeMo's has not: ``tokens_per_second``, how fast this machine trains.
    """
    router = APIRouter(prefix="/v1/customization")
    add_entity_routes(
        router,
        "targets",
        catalog.targets,
        TargetBody,
        prepare=prepare_target,
        check_delete=catalog.refuse_used_target,
        computed={"status": lambda target: target["status"]},
    )
    add_entity_routes(
        router,
        "configs",
        catalog.configs,
        ConfigBody,
        prepare=catalog.prepare_config,
        merge=merge_config,
        view=lambda config: {**catalog.resolved(config), "warning_message": config_warning(config), **speed.field()},
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


def _of_target(field: str) -> Callable[[dict], Any]:
    return lambda config: config["target"][field]
