"""A base model of one's own: added, trained, served and removed, by the official SDK."""

from __future__ import annotations

import time

import httpx
import pytest
from customizer_support import NAMESPACE, Customizer, tool_row
from nemo_microservices import ConflictError, NotFoundError, UnprocessableEntityError
from running import Running
from tiny_models import write_tiny_model

PLATFORM_SECONDS, PREPARATION_SECONDS, TRAINING_SECONDS, SERVED_SECONDS = 300, 240, 300, 90
NAME = "tiny/qwen3"
OPTION = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder that the operator allows, with a model in it, and one beside it."""
    root = tmp_path_factory.mktemp("machine")
    (root / "allowed").mkdir()
    write_tiny_model("Qwen3ForCausalLM", root / "allowed" / "Tiny Qwen3")
    return root


@pytest.fixture(scope="module")
def customizer(folders, tmp_path_factory):
    environment = {"FLYWHEEL_MODEL_FOLDERS": str(folders / "allowed"), "HF_TOKEN": "hub-secret-77"}
    server = Running("nemo_local", tmp_path_factory.mktemp("base-model-home"), environment=environment)
    ready = (f"{server.gateway_url}/health", f"{server.nim_url}/v1/health/ready")
    one = Customizer(server.start(*ready, seconds=PLATFORM_SECONDS))
    one.sdk.namespaces.create(id=NAMESPACE)
    rows = [tool_row(city) for city in ("Oslo", "Bern", "Lima")]
    one.add_dataset("tiny", {"training/a.jsonl": rows, "validation/b.jsonl": rows[:1]})
    yield one
    if server.process.poll() is None:
        server.stop()


def settled(customizer, name: str, namespace: str):
    """The target once it is ready or has failed, and everything that it said until then."""
    said, deadline = [], time.monotonic() + PREPARATION_SECONDS
    while True:
        target = customizer.sdk.customization.targets.retrieve(name, namespace=namespace)
        if target.warning_message and target.warning_message not in said:
            said.append(target.warning_message)
        if target.status in ("ready", "failed"):
            return target, said
        assert target.status in ("created", "pending", "downloading") and time.monotonic() < deadline, target
        time.sleep(0.2)


def wait_until(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def served(customizer) -> set[str]:
    return {model["id"] for model in httpx.get(f"{customizer.server.nim_url}/v1/models").json()["data"]}


def ask(customizer, model: str) -> str:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
    answer = httpx.post(f"{customizer.server.nim_url}/v1/chat/completions", json=body, timeout=120)
    return answer.raise_for_status().json()["choices"][0]["message"]["content"]


def test_a_model_from_a_folder_is_added_trained_served_and_removed(customizer, folders):
    api = customizer.sdk.customization
    target = api.targets.create(
        name="qwen3@v1.0.0",
        namespace="tiny",
        base_model=NAME,
        num_parameters=1,
        precision="bf16",
        model_uri=str(folders / "allowed" / "Tiny Qwen3"),
        enabled=True,
    )
    assert target.status in ("created", "pending", "downloading")
    own = api.configs.create(
        name="qwen3@v1.0.0+short",
        namespace="tiny",
        target="tiny/qwen3@v1.0.0",
        max_seq_length=1500,
        training_options=[OPTION],
    )
    with pytest.raises(UnprocessableEntityError, match="not ready to be trained"):
        customizer.create(config="tiny/qwen3@v1.0.0+short")
    with pytest.raises(ConflictError, match="already exists"):
        api.targets.create(
            name="other", namespace="tiny", base_model=NAME, num_parameters=1, precision="bf16", model_uri="hf://a/b"
        )

    target, said = settled(customizer, "qwen3@v1.0.0", "tiny")
    assert target.status == "ready" and target.warning_message is None, said
    assert target.num_parameters > 1000 and target.precision == "fp32"
    assert (target.model_facts["architecture"], target.model_facts["context_length"]) == ("Qwen3ForCausalLM", 2048)
    assert any(message.startswith("Converting") for message in said)

    record = customizer.sdk.models.retrieve("qwen3", namespace="tiny")
    assert record.spec.num_parameters == target.num_parameters and record.spec.context_size == 2048
    assert record.api_endpoint.url.startswith(customizer.server.nim_url) and record.api_endpoint.model_id == NAME
    wait_until(lambda: NAME in served(customizer), SERVED_SECONDS)
    assert isinstance(ask(customizer, NAME), str)
    default = api.configs.retrieve("qwen3@v1.0.0+CPU", namespace="tiny")
    assert (default.target.base_model, default.max_seq_length) == (NAME, 2048)

    fields = {"output_model": f"{NAMESPACE}/own@v1", "config": f"{NAME}@v1.0.0+CPU"}
    with pytest.raises(UnprocessableEntityError, match="matches no layer"):
        customizer.create(hyperparameters={"lora": {"target_modules": ["*.layers.7.*"]}}, **fields)
    job = customizer.create(hyperparameters={"epochs": 1}, **fields)
    with pytest.raises(ConflictError, match="qwen3@v1.0.0\\+short"):
        api.targets.delete("qwen3@v1.0.0", namespace="tiny")
    api.configs.delete(own.name, namespace="tiny")
    with pytest.raises(ConflictError, match="being trained by the job|is the base of"):
        api.targets.delete("qwen3@v1.0.0", namespace="tiny")
    customizer.wait(job.id, lambda found: found.status == "completed", TRAINING_SECONDS)
    adapter = customizer.sdk.models.retrieve("own@v1", namespace=NAMESPACE)
    assert adapter.base_model == NAME
    wait_until(lambda: f"{NAMESPACE}/own@v1" in served(customizer), SERVED_SECONDS)
    assert isinstance(ask(customizer, f"{NAMESPACE}/own@v1"), str)

    with pytest.raises(ConflictError, match=f"is the base of {NAMESPACE}/own@v1"):
        api.targets.delete("qwen3@v1.0.0", namespace="tiny")
    customizer.sdk.models.delete("own@v1", namespace=NAMESPACE)
    deployments = customizer.sdk.deployment.model_deployments
    deployments.create(name="another", namespace=NAMESPACE, config=NAME)
    with pytest.raises(ConflictError, match=f"is deployed by {NAMESPACE}/another too"):
        api.targets.delete("qwen3@v1.0.0", namespace="tiny")
    assert api.targets.retrieve("qwen3@v1.0.0", namespace="tiny").status == "ready"
    deployments.delete("another", namespace=NAMESPACE)
    api.targets.delete("qwen3@v1.0.0", namespace="tiny")
    for gone in (
        lambda: api.configs.retrieve("qwen3@v1.0.0+CPU", namespace="tiny"),
        lambda: customizer.sdk.models.retrieve("qwen3", namespace="tiny"),
        lambda: customizer.sdk.deployment.model_deployments.retrieve("qwen3", namespace="tiny"),
    ):
        with pytest.raises(NotFoundError):
            gone()
    wait_until(lambda: NAME not in served(customizer), SERVED_SECONDS)
    assert not list((customizer.server.home / "base-models").rglob("*.safetensors"))
    assert (folders / "allowed" / "Tiny Qwen3" / "model.safetensors").is_file()


def test_a_preparation_survives_a_restart_and_can_be_tried_again(customizer, folders):
    api = customizer.sdk.customization
    folder = folders / "allowed" / "later"
    body = {"namespace": "tiny", "num_parameters": 1, "precision": "bf16", "model_uri": str(folder)}
    api.targets.create(name="later", **body)
    target, _ = settled(customizer, "later", "tiny")
    assert target.status == "failed" and f"no folder {folder}" in target.warning_message
    write_tiny_model("LlamaForCausalLM", folder)
    assert api.targets.update("later", namespace="tiny", enabled=True).status != "failed"
    server = customizer.server
    server.kill()
    server.start(f"{server.gateway_url}/health", seconds=PLATFORM_SECONDS)
    target, _ = settled(customizer, "later", "tiny")
    assert target.status == "ready", target.warning_message
    assert api.configs.retrieve("later@v1.0.0+CPU", namespace="tiny").target.status == "ready"
    api.targets.delete("later", namespace="tiny")


def test_the_data_store_is_the_default_hub(customizer, folders):
    api = customizer.sdk.customization
    hub = customizer.hub
    hub.create_repo("tiny/hosted", repo_type="model")
    hub.upload_folder(repo_id="tiny/hosted", repo_type="model", folder_path=folders / "allowed" / "Tiny Qwen3")
    body = {"namespace": "tiny", "num_parameters": 1, "precision": "bf16"}
    api.targets.create(name="hosted", model_uri="hf://tiny/hosted", **body)
    target, said = settled(customizer, "hosted", "tiny")
    assert target.status == "ready", said
    api.targets.delete("hosted", namespace="tiny")
    api.targets.create(name="none", model_uri="hf://tiny/none", **body)
    target, _ = settled(customizer, "none", "tiny")
    assert target.status == "failed" and "Data Store" in target.warning_message
    api.targets.delete("none", namespace="tiny")
    assert "hub-secret-77" not in "".join(
        path.read_text(errors="replace") for path in customizer.server.home.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model_uri": "/etc"}, "model_uri"),
        ({"model_uri": "https://huggingface.co/a/b"}, "model_uri"),
        ({"model_uri": "hf://a/b", "hf_endpoint": "file:///etc"}, "model_uri"),
        ({"model_uri": "hf://a/b", "base_model": "Tiny/Upper"}, "base_model"),
        ({"model_uri": "hf://a/b", "base_model": "a/../b"}, "base_model"),
        ({"model_uri": "hf://a/b", "model_path": "/elsewhere"}, "model_path"),
        ({"base_model": "meta/llama"}, "base_model"),
        ({"hf_endpoint": "https://huggingface.co"}, "hf_endpoint"),
        ({"model_uri": "hf://a/b", "tokenizer": {"a": 1}}, "tokenizer"),
    ],
    ids=str,
)
def test_a_target_that_cannot_be_is_refused(customizer, change, field):
    body = {"name": "odd", "namespace": "tiny", "num_parameters": 1, "precision": "bf16", **change}
    with pytest.raises(UnprocessableEntityError) as caught:
        customizer.sdk.customization.targets.create(**body)
    assert field in caught.value.body["detail"][0]["loc"]
