"""Configs and targets of the Customizer over real HTTP, by the official SDK."""

from __future__ import annotations

import httpx
import pytest
from customizer_support import BASE_MODEL, CONFIG, ENDLESS, NAMESPACE
from nemo_microservices import ConflictError, NotFoundError, UnprocessableEntityError


def test_the_base_model_has_a_target_and_a_config(customizer):
    api = customizer.sdk.customization
    (config,) = api.configs.list(filter={"target_base_model": BASE_MODEL})
    assert f"{config.namespace}/{config.name}" == CONFIG
    (option,) = config.training_options
    assert (option.training_type, option.finetuning_type, option.num_gpus) == ("sft", "lora", 0)
    assert config.target.base_model == BASE_MODEL and config.max_seq_length == 2048
    target = api.targets.retrieve(config.target.name, namespace="huggingfacetb")
    assert (target.status, target.enabled, target.num_parameters) == ("ready", True, 134_515_008)
    assert not api.configs.list(filter={"target_base_model": "meta/none"}).data


def test_configs_and_targets_can_be_made_changed_and_deleted(customizer):
    api = customizer.sdk.customization
    option = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}
    target = api.targets.create(name="mine@1", namespace=NAMESPACE, num_parameters=1, precision="fp16")
    config = api.configs.create(
        name="short", namespace=NAMESPACE, target=f"{NAMESPACE}/mine@1", max_seq_length=64, training_options=[option]
    )
    assert config.target.id == target.id
    with pytest.raises(ConflictError):
        api.configs.create(
            name="short", namespace=NAMESPACE, target="mine@1", max_seq_length=64, training_options=[option]
        )
    with pytest.raises(ConflictError, match="short"):
        api.targets.delete("mine@1", namespace=NAMESPACE)
    changed = api.configs.update("short", namespace=NAMESPACE, max_seq_length=128, pod_spec={"annotations": {"a": "b"}})
    assert changed.max_seq_length == 128 and "pod_spec" in changed.warning_message

    job = customizer.create(config="short")
    customizer.jobs.cancel(job.id)
    assert (job.config, job.config_snapshot.max_seq_length) == (f"{NAMESPACE}/short", 128)
    api.targets.update("mine@1", namespace=NAMESPACE, enabled=False)
    with pytest.raises(UnprocessableEntityError, match="not enabled"):
        customizer.create(config="short")
    inline = {"target": CONFIG.removesuffix("+CPU"), "max_seq_length": 96, "training_options": [option]}
    job = customizer.create(config=inline)
    customizer.jobs.cancel(job.id)
    assert job.config_snapshot.max_seq_length == 96

    api.configs.delete("short", namespace=NAMESPACE)
    api.targets.delete("mine@1", namespace=NAMESPACE)
    with pytest.raises(NotFoundError):
        api.configs.retrieve("short", namespace=NAMESPACE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"training_options": [{"training_type": "dpo"}]}, "training_options"),
        ({"training_options": [{"finetuning_type": "all_weights"}]}, "training_options"),
        ({"training_options": [{"num_gpus": -1}]}, "num_gpus"),
        ({"training_options": []}, "training_options"),
        ({"training_precision": "int7"}, "training_precision"),
        ({"chat_prompt_template": "x"}, "chat_prompt_template"),
        ({"target": "meta/llama"}, "target"),
        ({"max_seq_length": 0}, "max_seq_length"),
        ({"dataset_schemas": []}, "dataset_schemas"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_config_this_machine_cannot_honour_is_refused(customizer, change, field):
    option = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}
    body = {"target": CONFIG.removesuffix("+CPU"), "max_seq_length": 64, "training_options": [option], **change}
    body["training_options"] = [{**option, **extra} for extra in body["training_options"]]
    with pytest.raises(UnprocessableEntityError) as caught:
        customizer.sdk.customization.configs.create(name="odd", namespace=NAMESPACE, **body)
    assert field in caught.value.body["detail"][0]["loc"]


def test_how_a_cluster_would_train_is_accepted_with_a_warning(customizer):
    """As NVIDIA's data flywheel asks for it; the weights that are learned do not depend on it."""
    api = customizer.sdk.customization
    option = {
        "training_type": "sft",
        "finetuning_type": "lora",
        "num_gpus": 2,
        "num_nodes": 1,
        "tensor_parallel_size": 2,
        "data_parallel_size": 1,
        "use_sequence_parallel": False,
        "micro_batch_size": 1,
    }
    body = {
        "target": CONFIG.removesuffix("+CPU"),
        "max_seq_length": 64,
        "training_options": [option],
        "training_precision": "bf16-mixed",
        "prompt_template": "{prompt} {completion}",
    }
    config = api.configs.create(name="cluster", namespace=NAMESPACE, **body)
    assert (config.training_precision, config.training_options[0].num_gpus) == ("bf16-mixed", 2)
    assert config.prompt_template == "{prompt} {completion}"
    for name in ("training_precision", "prompt_template", "num_gpus", "tensor_parallel_size"):
        assert name in config.warning_message
    for name in ("num_nodes", "data_parallel_size", "use_sequence_parallel", "micro_batch_size"):
        assert name not in config.warning_message
    for given in (f"{NAMESPACE}/cluster", body):
        job = customizer.create(config=given)
        customizer.jobs.cancel(job.id)
        assert config.warning_message in [warning.message for warning in job.warnings]
        assert job.config_snapshot.prompt_template == "{prompt} {completion}"
    api.configs.delete("cluster", namespace=NAMESPACE)


def test_training_options_can_be_added_and_taken_away(customizer):
    api = customizer.sdk.customization
    option = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}
    target = CONFIG.removesuffix("+CPU")
    place = {"name": "options", "namespace": NAMESPACE}
    api.configs.create(**place, target=target, max_seq_length=64, training_options=[option])
    added = api.configs.update("options", namespace=NAMESPACE, add_training_options=[{**option, "micro_batch_size": 2}])
    assert [found.micro_batch_size for found in added.training_options] == [1, 2]
    assert "micro_batch_size" in added.warning_message
    removal = [{"training_type": "sft", "finetuning_type": "lora"}]
    with pytest.raises(UnprocessableEntityError, match="training_options"):
        api.configs.update("options", namespace=NAMESPACE, remove_training_options=removal)
    swapped = api.configs.update(
        "options", namespace=NAMESPACE, remove_training_options=removal, add_training_options=[option]
    )
    assert len(swapped.training_options) == 1 and swapped.max_seq_length == 64
    api.configs.delete("options", namespace=NAMESPACE)


def test_jobs_and_configs_are_found_by_what_they_show(customizer):
    api = customizer.sdk.customization
    job = customizer.create("chat", ENDLESS, project="found-by-this")
    customizer.jobs.cancel(job.id)
    shown = {"project": "found-by-this", "dataset": f"{NAMESPACE}/chat", "epochs": ENDLESS["epochs"], "batch_size": 2}
    assert [found.id for found in customizer.jobs.list(filter=shown)] == [job.id]
    assert not customizer.jobs.list(filter={**shown, "batch_size": 3}).data
    sent_back = httpx.get(f"{customizer.server.gateway_url}/v1/customization/jobs/{job.id}").json()
    again = httpx.post(f"{customizer.server.gateway_url}/v1/customization/jobs", json={**sent_back, "name": None})
    assert again.status_code == 200, again.text
    customizer.jobs.cancel(again.json()["id"])
    assert again.json()["hyperparameters"] == sent_back["hyperparameters"]
    assert len(api.configs.list(filter={"target_enabled": True, "finetuning_type": "lora"}).data) == 1
    assert not api.configs.list(filter={"target_enabled": False}).data
    assert [target.enabled for target in api.targets.list(filter={"enabled": True})] == [True]
    assert len(api.configs.list(sort="-num_parameters").data) == 1
    # The names in NVIDIA's guides.
    asked = {"filter[base_model]": BASE_MODEL, "filter[enabled]": "true"}
    assert len(api.configs.list(extra_query=asked).data) == 1
    assert not api.configs.list(extra_query={**asked, "filter[enabled]": "false"}).data
    with pytest.raises(UnprocessableEntityError, match="no field 'colour'"):
        api.configs.list(extra_query={"filter[colour]": "red"})


def test_a_target_other_than_the_base_model_is_refused(customizer):
    with pytest.raises(UnprocessableEntityError, match=BASE_MODEL):
        customizer.sdk.customization.targets.create(
            name="llama", namespace=NAMESPACE, base_model="meta/llama", num_parameters=1, precision="bf16"
        )
