"""Jobs of the Customizer over real HTTP, by the official SDK: real, tiny trainings, and what can go wrong with them."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import psutil
import pytest
from customizer_support import BASE_MODEL, CONFIG, ENDLESS, NAMESPACE, chat_row, messages, said, worker_pid
from nemo_microservices import ConflictError, NotFoundError, UnprocessableEntityError


def test_a_training_ends_with_a_registered_model(customizer, tmp_path):
    asked = {
        "epochs": 2,
        "learning_rate": 1e-3,
        "batch_size": 1,
        "max_steps": 3,
        "log_every_n_steps": 1,
        "val_check_interval": 2,
        "seed": 7,
        "lora": {"adapter_dim": 8, "alpha": 32, "target_modules": ["linear_qkv"]},
    }
    job = customizer.create(hyperparameters=asked, output_model=f"{NAMESPACE}/weather@v1", custom_fields={"a": "b"})
    assert job.status == "created"
    assert job.output_model == f"{NAMESPACE}/weather@v1"
    assert job.hyperparameters.lora.target_modules == ["linear_qkv"]
    assert job.config_snapshot.base_model == BASE_MODEL

    job = customizer.wait_for(job.id, "completed")
    details = customizer.jobs.status(job.id)
    assert details.status == "completed"
    assert (details.percentage_done, details.steps_completed, details.steps_per_epoch) == (100, 3, 3)
    assert details.epochs_completed == details.best_epoch == 1
    curves = details.metrics.metrics
    assert [point.step for point in curves.train_loss] == [1, 2, 3]
    assert [point.step for point in curves.val_loss] == [2, 3]
    assert details.val_loss == min(point.value for point in curves.val_loss) < curves.train_loss[0].value
    assert details.elapsed_time > details.metrics.training_seconds > 0
    assert details.metrics.tokens > 500 and details.metrics.tokens_per_second > 0

    model = customizer.sdk.models.retrieve("weather@v1", namespace=NAMESPACE)
    assert model.base_model == BASE_MODEL
    assert model.artifact.files_url == f"hf://{NAMESPACE}/weather@v1"
    assert model.artifact.status == "upload_completed"
    assert (model.peft.finetuning_type, model.peft.lora.alpha) == ("lora", 32)
    assert (model.custom_fields["customization_id"], model.custom_fields["dataset"]) == (job.id, f"{NAMESPACE}/tiny")
    files = customizer.hub.list_repo_files(f"{NAMESPACE}/weather", revision="v1")
    assert {"adapter_config.json", "adapter_model.safetensors"} <= set(files)
    path = customizer.hub.hf_hub_download(
        f"{NAMESPACE}/weather", "adapter_config.json", revision="v1", local_dir=tmp_path
    )
    adapter = json.loads(Path(path).read_text())
    assert (adapter["r"], adapter["lora_alpha"]) == (8, 32)
    assert sorted(adapter["target_modules"]) == ["k_proj", "q_proj", "v_proj"]

    logs = customizer.jobs.container_logs(job.id)
    entry = logs.entries["training"]
    assert "type=val_loss" in entry.logs["worker"] and logs.error is None
    assert [event.message for event in entry.events][0] == "Job created"

    with pytest.raises(ConflictError, match="already exists"):
        customizer.create(output_model=f"{NAMESPACE}/weather@v1")
    assert customizer.jobs.list(filter={"status": "completed", "base_model": BASE_MODEL}).data[0].id == job.id
    assert not customizer.jobs.list(filter={"status": "completed", "epochs": 3}).data


def test_a_second_job_waits_and_both_can_be_cancelled(customizer):
    first = customizer.create("chat", ENDLESS, output_model=f"{NAMESPACE}/never@v1")
    second = customizer.create("chat", ENDLESS)
    third = customizer.create("chat", ENDLESS)
    for job, place in ((second, "place 1 of 2 in the queue"), (third, "place 2 of 2 in the queue")):
        waiting = customizer.wait(job.id, lambda job, place=place: said(job, place))
        assert waiting.status == "pending" and said(waiting, f"Waiting for the job {first.id} (")
    with pytest.raises(ConflictError, match=first.id):
        customizer.create("chat", output_model=f"{NAMESPACE}/never@v1")

    assert customizer.jobs.cancel(second.id).status == "cancelled"
    next_one = customizer.wait(third.id, lambda job: said(job, "left); place 1 of 1 in the queue"))
    assert len([message for message in messages(next_one) if message.startswith("Waiting")]) == 1
    assert customizer.jobs.cancel(third.id).status == "cancelled"
    pid = worker_pid(customizer.wait(first.id, lambda job: (job.status_details.steps_completed or 0) > 0))
    assert customizer.jobs.cancel(first.id).status == "cancelling"
    stopped = customizer.wait_for(first.id, "cancelled")
    assert not psutil.pid_exists(pid)
    assert said(stopped, "the training process was stopped")
    assert customizer.jobs.cancel(first.id).status == "cancelled"
    with pytest.raises(NotFoundError):
        customizer.sdk.models.retrieve("never@v1", namespace=NAMESPACE)


def test_a_killed_process_is_resumed_once_and_then_fails_the_job_with_the_reason(customizer):
    job = customizer.create("chat", {**ENDLESS, "max_steps": 50_000})
    checkpoint = customizer.job_dir(job.id) / "checkpoint" / "progress.json"
    first = worker_pid(customizer.wait(job.id, lambda _: checkpoint.exists()))
    os.kill(first, 9)
    resumed = customizer.wait(job.id, lambda job: said(job, "Training resumed from the checkpoint of step"))
    assert said(resumed, "was killed by SIGKILL; it starts again from its last checkpoint, but only this once.")
    assert resumed.status == "running" and worker_pid(resumed) != first
    os.kill(worker_pid(resumed), 9)
    failed = customizer.wait_for(job.id, "failed")
    assert said(failed, "killed by SIGKILL while it used") and said(failed, "lora.adapter_dim")
    with pytest.raises(ConflictError, match="nothing to cancel"):
        customizer.jobs.cancel(job.id)


def test_a_training_that_diverges_fails_with_what_to_change(customizer):
    job = customizer.create("chat", {"learning_rate": 1e30, "max_steps": 3, "val_check_interval": 1})
    failed = customizer.wait_for(job.id, "failed")
    assert said(failed, "so the training diverged") and said(failed, "learning_rate")
    assert customizer.jobs.container_logs(job.id).error.exception_type == "TrainingDiverged"


def test_a_malformed_row_fails_the_job_with_file_line_and_reason(customizer):
    good = json.dumps(chat_row(1))
    customizer.add_dataset("broken", {"training/part-2.jsonl": f'{good}\n{good}\n{{"tools": []}}\n'.encode()})
    failed = customizer.wait_for(customizer.create("broken").id, "failed")
    assert said(failed, "training/part-2.jsonl line 3: 'messages' is missing")
    error = customizer.jobs.container_logs(failed.id).error
    assert error.exception_type == "DatasetError" and "line 3" in error.message


def test_a_model_that_cannot_be_registered_fails_the_job_and_keeps_the_adapter(customizer):
    job = customizer.create("chat", {"max_steps": 1}, output_model=f"{NAMESPACE}/taken@v1")
    customizer.sdk.models.create(name="taken@v1", namespace=NAMESPACE, base_model=BASE_MODEL)
    failed = customizer.wait_for(job.id, "failed")
    assert said(failed, "was registered by someone else")
    assert (customizer.job_dir(job.id) / "adapter" / "adapter_model.safetensors").is_file()


def test_a_job_goes_on_after_the_platform_was_killed(customizer, start_gateway):
    job = customizer.create("chat", {**ENDLESS, "max_steps": 50_000}, output_model=f"{NAMESPACE}/resumed")
    assert job.output_model == f"{NAMESPACE}/resumed@{job.id}"
    waiting = customizer.create("chat", ENDLESS)
    checkpoint = customizer.job_dir(job.id) / "checkpoint" / "progress.json"
    pid = worker_pid(customizer.wait(job.id, lambda _: checkpoint.exists()))

    customizer.server.kill()
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    # As if the run had come nearly to its end: thousands of steps would only take time.
    progress = json.loads(checkpoint.read_text())
    assert progress["step"] > 0
    checkpoint.write_text(json.dumps({**progress, "step": 49_998}))

    start_gateway(customizer.server.home, again=customizer.server)
    done = customizer.wait_for(job.id, "completed")
    assert said(done, "The platform was stopped while this job was running")
    assert said(done, "Training resumed from the checkpoint of step 49998")
    assert done.status_details.steps_completed == 50_000
    assert customizer.sdk.models.retrieve(f"resumed@{job.id}", namespace=NAMESPACE).base_model == BASE_MODEL

    customizer.wait_for(waiting.id, "running")
    assert customizer.server.stop() in (0, -signal.SIGTERM)
    start_gateway(customizer.server.home, again=customizer.server)
    again = customizer.wait(waiting.id, lambda job: job.status == "running" and said(job, "was stopped"))
    customizer.jobs.cancel(again.id)
    customizer.wait_for(again.id, "cancelled")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"finetuning_type": "all_weights"}, "finetuning_type"),
        ({"training_type": "dpo"}, "training_type"),
        ({"epochs": 0}, "epochs"),
        ({"lora": {"adapter_dim": 12}}, "adapter_dim"),
        ({"lora": {"target_modules": ["wq"]}}, "target_modules"),
        ({"optimizer": "adam_with_flat_lr"}, "optimizer"),
        ({"grpo": {}}, "grpo"),
        ({"no_such_thing": 1}, "no_such_thing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_hyperparameter_is_a_422_that_names_it(customizer, values, field):
    with pytest.raises(UnprocessableEntityError) as caught:
        customizer.create(hyperparameters=values)
    assert [detail["loc"][0] for detail in caught.value.body["detail"]] == ["body"]
    assert caught.value.body["detail"][0]["loc"][-1] == field


@pytest.mark.parametrize(
    ("fields", "named", "message"),
    [
        ({"config": "huggingfacetb/other@v1"}, "config", re.escape(CONFIG)),
        ({"dataset": f"{NAMESPACE}/nothing"}, "dataset", "not in the Entity Store"),
        ({"dataset": f"{NAMESPACE}/no-files"}, "dataset", "Upload the files"),
        ({"dataset": f"{NAMESPACE}/elsewhere"}, "dataset", "hf://datasets"),
        ({"dataset": f"hf://{NAMESPACE}/tiny"}, "dataset", "hf://datasets"),
        ({"dataset": f"hf://datasets/{NAMESPACE}/tiny@v1"}, "dataset", "names a revision"),
        ({"dataset": {"name": "tiny", "namespace": NAMESPACE, "files_url": "hf://x"}}, "files_url", "Entity Store has"),
        ({"output_model": "a/b/c"}, "output_model", "not a valid name"),
        ({"dataset_parameters": {"num_hard_negatives": 3}}, "dataset_parameters", "leave it out"),
        ({"extra_body": {"priority": "high"}}, "priority", "not permitted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_cannot_be_done_is_refused_with_the_reason(customizer, fields, named, message):
    for name, url in (("no-files", f"hf://datasets/{NAMESPACE}/no-files"), ("elsewhere", "https://example.com/rows")):
        if not [d for d in customizer.sdk.datasets.list(filter={"namespace": NAMESPACE}) if d.name == name]:
            customizer.sdk.datasets.create(name=name, namespace=NAMESPACE, files_url=url)
    with pytest.raises(UnprocessableEntityError, match=message) as caught:
        customizer.create(**fields)
    assert named in caught.value.body["detail"][0]["loc"]


def test_what_has_no_effect_is_said_in_warnings(customizer):
    job = customizer.create(
        hyperparameters={"max_steps": 5, "val_check_interval": 100, "sequence_packing_enabled": True},
        integrations=[{"type": "wandb", "wandb": {"project": "x"}}],
        wandb_api_key="secret-key",
    )
    customizer.jobs.cancel(job.id)
    warnings = [warning.message for warning in job.warnings]
    for word in ("wandb", "val_check_interval", "sequence_packing_enabled"):
        assert any(word in text for text in warnings)
    assert job.hyperparameters.val_check_interval == 4
    assert job.hyperparameters.sequence_packing_enabled is False, "as NeMo answers where it cannot pack"
    assert "secret-key" not in job.model_dump_json()


def test_jobs_may_have_the_same_name_with_the_base_model_in_it(customizer):
    name = f"customization-assistant-{BASE_MODEL}"  # as NVIDIA's data flywheel Blueprint names each of its runs
    jobs = [customizer.create("chat", ENDLESS, name=name) for _ in range(2)]
    for job in jobs:
        customizer.jobs.cancel(job.id)
    assert {job.name for job in jobs} == {customizer.jobs.retrieve(jobs[0].id).name} == {name}
    assert {job.id for job in customizer.jobs.list(filter={"namespace": NAMESPACE}) if job.name == name} == {
        job.id for job in jobs
    }
    for wrong in ("a b", "/a", "a..b"):
        with pytest.raises(UnprocessableEntityError, match="not a valid name"):
            customizer.create("chat", name=wrong)


def test_unknown_jobs_are_404(customizer):
    for call in (
        customizer.jobs.retrieve,
        customizer.jobs.status,
        customizer.jobs.cancel,
        customizer.jobs.container_logs,
    ):
        with pytest.raises(NotFoundError, match="cust-none"):
            call("cust-none")
