"""``/v1/customization/targets`` and ``/v1/customization/configs``."""

from __future__ import annotations

from fastapi import APIRouter, Request

from nemo_local.common.entities import deleted
from nemo_local.common.errors import Invalid
from nemo_local.common.listing import list_page
from nemo_local.customizer.catalog import Catalog, check_target, check_training_options, config_warning
from nemo_local.customizer.schemas import ConfigCreate, ConfigUpdate, TargetCreate, TargetUpdate
from nemo_local.model.base_model import BASE_MODEL_NAME, HF_FOLDER

TARGETS = "/v1/customization/targets"
CONFIGS = "/v1/customization/configs"


def list_with_keys(request: Request, documents: list[dict], keys) -> dict:
    """A page of documents that can also be filtered by values that lie deeper in them.

    Args:
        request: the list request.
        documents: everything there is.
        keys: function of a document to ``{filter name: value}``.
    """
    page = list_page(request, [{**document, **keys(document)} for document in documents])
    originals = {document["id"]: document for document in documents}
    return {**page, "data": [originals[document["id"]] for document in page["data"]]}


def catalog_router(catalog: Catalog) -> APIRouter:
    """The routes, for the official SDK's ``customization.targets`` and ``customization.configs``."""
    router = APIRouter(tags=["customizer"])

    @router.post(TARGETS)
    def create_target(body: TargetCreate) -> dict:
        values = body.model_dump(exclude_none=True, exclude={"name", "namespace"})
        check_target(values)
        defaults = {"base_model": BASE_MODEL_NAME, "model_path": HF_FOLDER, "enabled": True}
        return catalog.targets.create(
            body.namespace, body.name, {**defaults, **values, "model_type": "hf", "status": "ready"}
        )

    @router.get(TARGETS)
    def list_targets(request: Request) -> dict:
        return list_page(request, catalog.targets.list())

    @router.get(TARGETS + "/{namespace}/{name}")
    def retrieve_target(namespace: str, name: str) -> dict:
        return catalog.targets.get(namespace, name)

    @router.patch(TARGETS + "/{namespace}/{name}")
    def update_target(namespace: str, name: str, body: TargetUpdate) -> dict:
        values = body.model_dump(exclude_none=True)
        check_target(values)
        return catalog.targets.update(namespace, name, values)

    @router.delete(TARGETS + "/{namespace}/{name}")
    def delete_target(namespace: str, name: str) -> dict:
        return deleted(catalog.delete_target(namespace, name))

    def shown(config: dict) -> dict:
        return {**catalog.resolved(config), "warning_message": config_warning(config)}

    @router.post(CONFIGS)
    def create_config(body: ConfigCreate) -> dict:
        return shown(catalog.configs.create(body.namespace, body.name, catalog.checked(body)))

    @router.get(CONFIGS)
    def list_configs(request: Request) -> dict:
        def keys(config: dict) -> dict:
            target, options = config["target"], config["training_options"]
            return {
                "target_base_model": target["base_model"],
                "target_name": target["name"],
                "target_enabled": target["enabled"],
                "training_type": options[0]["training_type"],
                "finetuning_type": options[0]["finetuning_type"],
            }

        return list_with_keys(request, [shown(config) for config in catalog.configs.list()], keys)

    @router.get(CONFIGS + "/{namespace}/{name}")
    def retrieve_config(namespace: str, name: str) -> dict:
        return shown(catalog.configs.get(namespace, name))

    @router.patch(CONFIGS + "/{namespace}/{name}")
    def update_config(namespace: str, name: str, body: ConfigUpdate) -> dict:
        config = catalog.configs.get(namespace, name)
        values = body.model_dump(exclude_none=True, exclude={"add_training_options", "remove_training_options"})
        options = values.get("training_options") or config["training_options"]
        removed = [option.model_dump() for option in body.remove_training_options or []]
        options = [o for o in options if not any(removal.items() <= o.items() for removal in removed)]
        options += [option.model_dump() for option in body.add_training_options or []]
        if not options:
            raise Invalid("remove_training_options", "would leave the config without any training option.")
        check_training_options(options)
        return shown(catalog.configs.update(namespace, name, {**values, "training_options": options}))

    @router.delete(CONFIGS + "/{namespace}/{name}")
    def delete_config(namespace: str, name: str) -> dict:
        return deleted(catalog.configs.delete(namespace, name))

    return router
