"""Every hyperparameter is honoured or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from nemo_local.customizer.hyperparameters import Hyperparameters, limit_val_check_interval
from nemo_local.customizer.target_modules import HF_NAMES, adapts_mlp, check_target_modules, expand_target_modules
from nemo_local.customizer.training.datasets import RowFiles
from nemo_local.customizer.training.errors import JobError
from nemo_local.customizer.training.worker import training_values

REFUSED = [
    ({"finetuning_type": "all_weights"}, "finetuning_type"),
    ({"finetuning_type": "lora_merged"}, "finetuning_type"),
    ({"training_type": "dpo"}, "training_type"),
    ({"training_type": "grpo"}, "training_type"),
    ({"training_type": "distillation"}, "training_type"),
    ({"epochs": 0}, "epochs"),
    ({"epochs": 1.5}, "epochs"),
    ({"epochs": True}, "epochs"),
    ({"epochs": "3"}, "epochs"),
    ({"batch_size": 0}, "batch_size"),
    ({"learning_rate": 0}, "learning_rate"),
    ({"learning_rate": -1e-4}, "learning_rate"),
    ({"learning_rate": float("nan")}, "learning_rate"),
    ({"learning_rate": float("inf")}, "learning_rate"),
    ({"optimizer": "sgd"}, "optimizer"),
    ({"optimizer": "adam_with_cosine_annealing"}, "optimizer"),
    ({"optimizer": "adam_with_flat_lr"}, "optimizer"),
    ({"learning_rate": 1e-4, "min_learning_rate": 1e-4}, "min_learning_rate"),
    ({"min_learning_rate": 1e-2}, "min_learning_rate"),
    ({"optimizer": "adamw_with_flat_lr", "min_learning_rate": 1e-6}, "min_learning_rate"),
    ({"warmup_steps": -1}, "warmup_steps"),
    ({"weight_decay": -0.1}, "weight_decay"),
    ({"adam_beta1": 1.0}, "adam_beta1"),
    ({"adam_beta2": -0.1}, "adam_beta2"),
    ({"max_steps": 2.5}, "max_steps"),
    ({"val_check_interval": 0}, "val_check_interval"),
    ({"val_check_interval": 0.05}, "val_check_interval"),
    ({"val_check_interval": 2.5}, "val_check_interval"),
    ({"log_every_n_steps": 0}, "log_every_n_steps"),
    ({"seed": -1}, "seed"),
    ({"seed": 2**32}, "seed"),
    ({"sequence_packing_enabled": "yes"}, "sequence_packing_enabled"),
    ({"dpo": {"ref_policy_kl_penalty": 0.1}}, "dpo"),
    ({"grpo": {}}, "grpo"),
    ({"distillation": {"teacher": "x"}}, "distillation"),
    ({"sft": {"attention_dropout": 0.1}}, "sft.attention_dropout"),
    ({"sft": {"hidden_dropout": 0.1}}, "sft.hidden_dropout"),
    ({"lora": {"adapter_dim": 12}}, "lora.adapter_dim"),
    ({"lora": {"adapter_dim": 0}}, "lora.adapter_dim"),
    ({"lora": {"adapter_dim": 1024}}, "lora.adapter_dim"),
    ({"lora": {"adapter_dropout": 1.0}}, "lora.adapter_dropout"),
    ({"lora": {"alpha": 0}}, "lora.alpha"),
    ({"lora": {"target_modules": ["wq"]}}, "lora.target_modules"),
    ({"lora": {"target_modules": []}}, "lora.target_modules"),
    ({"lora": {"rank": 8}}, "lora.rank"),
    ({"learning_rat": 1e-4}, "learning_rat"),
]


@pytest.mark.parametrize(("values", "field"), REFUSED, ids=[f"{field}={list(v.values())[-1]}" for v, field in REFUSED])
def test_refused_values_name_their_field(values, field):
    with pytest.raises(ValidationError) as caught:
        Hyperparameters.model_validate({"finetuning_type": "lora", **values})
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [field]


def test_every_field_is_tested_for_refusal():
    tested = {field for _, field in REFUSED}
    fields = {name for name in Hyperparameters.model_fields if name not in ("lora", "sft")}
    assert fields <= tested


def test_complete_keeps_what_was_named_and_fills_the_rest():
    asked = Hyperparameters.model_validate(
        {"finetuning_type": "lora", "epochs": 7, "learning_rate": 2e-4, "max_steps": None, "lora": {"adapter_dim": 32}}
    )
    values = asked.complete()
    assert (values["epochs"], values["learning_rate"], values["lora"]["adapter_dim"]) == (7, 2e-4, 32)
    assert values["min_learning_rate"] == pytest.approx(2e-5)
    assert values["lora"]["target_modules"] == list(HF_NAMES)
    assert 0 <= values["seed"] < 2**31


def test_digest_tells_different_requests_apart_and_equal_ones_not():
    def digest(**values):
        return Hyperparameters.model_validate({"finetuning_type": "lora", **values}).digest()

    assert digest() == digest() == digest(epochs=3)
    assert digest() != digest(epochs=4)
    assert digest(seed=1) != digest(seed=2) != digest()


def test_zero_and_negative_max_steps_mean_no_limit():
    for value in (0, -1):
        asked = Hyperparameters.model_validate({"finetuning_type": "lora", "max_steps": value})
        assert "max_steps" not in asked.complete()


def test_val_check_interval_is_cut_below_max_steps():
    values = Hyperparameters.model_validate(
        {"finetuning_type": "lora", "max_steps": 10, "val_check_interval": 50}
    ).complete()
    assert "val_check_interval was 50" in limit_val_check_interval(values)
    assert values["val_check_interval"] == 9
    assert limit_val_check_interval(values) is None


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["linear_qkv"], ["q_proj", "k_proj", "v_proj"]),
        (["linear_proj"], ["o_proj"]),
        (["linear_fc1", "linear_fc2"], ["gate_proj", "up_proj", "down_proj"]),
        (["*_proj"], list(HF_NAMES)),
        (["linear_*"], list(HF_NAMES)),
        (["v_proj", "q_proj", "q_proj"], ["q_proj", "v_proj"]),
        (["*.layers.0.*.linear_proj"], ["model.layers.0.self_attn.o_proj"]),
        (["*.layers.29.mlp.up_proj"], ["model.layers.29.mlp.up_proj"]),
    ],
)
def test_target_modules_become_hugging_face_names(patterns, expected):
    assert expand_target_modules(patterns, 30) == expected


def test_a_layer_number_is_not_a_prefix():
    assert expand_target_modules(["*.layers.1.*.linear_proj"], 30) == ["model.layers.1.self_attn.o_proj"]


def test_a_module_is_chosen_in_all_layers_that_the_model_has():
    patterns = ["*.layers.0.*.o_proj", "*.layers.1.*.o_proj"]
    assert expand_target_modules(patterns, 2) == ["o_proj"]
    assert len(expand_target_modules(patterns, 3)) == 2
    check_target_modules(["*.layers.30.*"])  # which model it is for is not known yet
    with pytest.raises(ValueError, match=r"layers\.30\.\*' matches no layer"):
        expand_target_modules(["*.layers.30.*"], 30)


def test_adapts_mlp():
    for patterns in (["q_proj", "model.layers.3.mlp.up_proj"], ["linear_fc2"], ["*_proj"]):
        assert adapts_mlp(patterns)
    assert not adapts_mlp(["q_proj", "linear_proj", "*.layers.1.*.linear_qkv"])


def _spec_values(tmp_path: Path, rows: int = 20, **named):
    files = RowFiles(tmp_path / "training.jsonl", tmp_path / "validation.jsonl", held_out=False)
    files.training.write_text("{}\n" * rows)
    files.validation.write_text("{}\n")
    asked = Hyperparameters.model_validate({"finetuning_type": "lora", **named})
    order = {"hyperparameters": asked.complete(), "max_seq_length": 512}
    return training_values(order, tmp_path, files, num_layers=30)


def test_every_value_reaches_the_training(tmp_path):
    named = {
        "epochs": 4,
        "batch_size": 2,
        "learning_rate": 3e-4,
        "min_learning_rate": 1e-5,
        "warmup_steps": 5,
        "max_steps": 9,
        "seed": 11,
        "log_every_n_steps": 2,
        "val_check_interval": 3,
        "weight_decay": 0.2,
        "adam_beta1": 0.8,
        "adam_beta2": 0.95,
    }
    lora = {"adapter_dim": 64, "adapter_dropout": 0.1, "alpha": 128, "target_modules": ["linear_qkv"]}
    values = _spec_values(tmp_path, **named, lora=lora)
    assert {name: values[name] for name in named} == named
    assert values["target_modules"] == ("q_proj", "k_proj", "v_proj")
    assert (values["adapter_dim"], values["adapter_dropout"], values["alpha"]) == (64, 0.1, 128)
    assert values["max_seq_length"] == 512


def test_a_layer_that_the_base_model_does_not_have_fails_the_job(tmp_path):
    with pytest.raises(JobError, match=r"target_modules: '\*\.layers\.30\.\*' matches no layer"):
        _spec_values(tmp_path, lora={"target_modules": ["*.layers.30.*"]})


def test_flat_learning_rate_never_falls(tmp_path):
    from nemo_local.customizer.training.learner import TrainingSpec
    from nemo_local.customizer.training.loop import learning_rate

    values = _spec_values(tmp_path, optimizer="adamw_with_flat_lr", learning_rate=5e-4)
    spec = TrainingSpec(**values, model_dir=tmp_path, base_model_name="base")
    assert [learning_rate(step, 10, spec) for step in range(10)] == pytest.approx([5e-4] * 10)


def test_an_interval_longer_than_an_epoch_means_every_epoch(tmp_path):
    assert _spec_values(tmp_path, rows=20, batch_size=4, val_check_interval=6)["val_check_interval"] == 1.0
    assert _spec_values(tmp_path, rows=20, batch_size=4, val_check_interval=5)["val_check_interval"] == 5


def test_sequence_packing_is_accepted_and_changes_nothing():
    plain, packed = (
        Hyperparameters(finetuning_type="lora"),
        Hyperparameters.model_validate({"finetuning_type": "lora", "sequence_packing_enabled": True}),
    )
    assert packed.complete()["sequence_packing_enabled"] is False and packed.digest() == plain.digest()
