"""Live evaluations."""

from __future__ import annotations

from evaluator_support import METRIC, TASK, change, inline, refused, tool_config
from model_api import Target
from nemo_microservices import NeMoMicroservices


def test_a_live_evaluation_of_rows(sdk: NeMoMicroservices) -> None:
    check = ["{{ item.output }}", "contains", "{{ item.expected }}"]
    answer = sdk.evaluation.live(
        config={
            "type": "custom",
            "tasks": {"qa": {"type": "data", "metrics": {"ok": {"type": "string-check", "params": {"check": check}}}}},
        },
        target={
            "type": "rows",
            "rows": [{"output": "It is Paris.", "expected": "Paris"}, {"output": "", "expected": "R"}],
        },
    )
    assert answer.status == "completed", answer.status_details
    assert answer.result.tasks["qa"].metrics["ok"].scores["string-check"].value == 0.5
    assert answer.status_details.samples_processed == 2


def test_a_live_evaluation_of_a_model_leaves_no_job(sdk: NeMoMicroservices, target: Target) -> None:
    before = sdk.evaluation.jobs.list().pagination.total_results
    answer = sdk.evaluation.live(config=tool_config(limit=3), target=inline(target))
    assert answer.result.tasks[TASK].metrics[METRIC].scores["function_name_accuracy"].value == 1.0
    assert sdk.evaluation.jobs.list().pagination.total_results == before
    assert len(target.requests) == 3


def test_a_live_evaluation_that_fails_says_why(sdk: NeMoMicroservices, target: Target) -> None:
    config = change("tasks/TASK/params/template/tools", "{{ item.tuls | tojson }}")
    config["tasks"][TASK]["dataset"]["limit"] = 2
    answer = sdk.evaluation.live(config=config, target=inline(target))
    assert (answer.status, "'tuls'" in answer.status_details.message) == ("failed", True)


def test_a_live_evaluation_has_a_limit(sdk: NeMoMicroservices, target: Target) -> None:
    with refused() as error:
        sdk.evaluation.live(config=tool_config(), target=inline(target))
    assert "at most 100 samples" in str(error.value)
