"""Stored configurations, targets and results."""

from __future__ import annotations

import nemo_microservices
import pytest
from evaluator_support import TASK, refused, tool_config
from model_api import Target
from nemo_microservices import NeMoMicroservices


@pytest.mark.parametrize("kind", ["configs", "targets"])
def test_stored_entities(sdk: NeMoMicroservices, target: Target, kind: str) -> None:
    resource = getattr(sdk.evaluation, kind)
    body = tool_config() if kind == "configs" else {"type": "model", "model": "team/base"}
    created = [resource.create(name=f"{kind}-{n}", namespace="crud", **body) for n in (1, 2, 3)]
    with pytest.raises(
        nemo_microservices.ConflictError,
        match=f"evaluation {kind[:-1]} already exists: crud/{kind}-1",
    ):
        resource.create(name=f"{kind}-1", namespace="crud", **body)

    listed = resource.list(filter={"namespace": "crud"}, sort="created_at", page_size=2)
    assert [entity.name for entity in listed.data] == [f"{kind}-1", f"{kind}-2"]
    assert listed.pagination.total_results == 3
    assert [entity.id for entity in listed] == [entity.id for entity in created]
    assert [entity.name for entity in resource.list(search={"name": "S-2"})] == [f"{kind}-2"]

    place = {"namespace" if kind == "targets" else "path_namespace": "crud"}  # the SDK names it differently
    updated = resource.update(f"{kind}-1", **place, description="better")
    assert (updated.id, updated.description, updated.type) == (created[0].id, "better", body["type"])
    assert resource.retrieve(f"{kind}-1", namespace="crud") == updated
    with refused():
        resource.update(f"{kind}-1", **place, extra_body={"name": "other"})
    assert resource.delete(f"{kind}-1", namespace="crud").id == created[0].id
    with pytest.raises(nemo_microservices.NotFoundError, match=f"crud/{kind}-1"):
        resource.retrieve(f"{kind}-1", namespace="crud")


def test_a_config_update_is_checked_like_a_new_one(sdk: NeMoMicroservices) -> None:
    sdk.evaluation.configs.create(name="checked", namespace="crud", **tool_config())
    with refused() as error:
        sdk.evaluation.configs.update("checked", path_namespace="crud", tasks={TASK: {"type": "chat"}})
    assert error.value.body["detail"][0]["loc"] == ["body", "tasks", TASK, "type"]
    assert sdk.evaluation.configs.retrieve("checked", namespace="crud").tasks[TASK].type == "chat-completion"


def test_results_by_hand(sdk: NeMoMicroservices) -> None:
    tasks = {"t": {"metrics": {"m": {"scores": {"s": {"value": 0.5, "stats": {"count": 2, "sum": 1}}}}}}}
    result = sdk.evaluation.results.create(job="eval-elsewhere", namespace="crud", tasks=tasks)
    assert sdk.evaluation.results.retrieve(result.id).tasks["t"].metrics["m"].scores["s"].value == 0.5
    assert sdk.evaluation.results.update(result.id, description="by hand").description == "by hand"
    assert [found.id for found in sdk.evaluation.results.list(filter={"job_id": "eval-elsewhere"})] == [result.id]
    sdk.evaluation.results.delete(result.id)
    with pytest.raises(nemo_microservices.NotFoundError):
        sdk.evaluation.results.retrieve(result.id)
