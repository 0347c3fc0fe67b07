"""The training's shortcuts give the gradients of the plain computation; checkpoints restore a run."""

import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from nemo_local.customizer.training import checkpoint, loop, packing
from nemo_local.customizer.training.checkpoint import Progress, load_checkpoint, save_adapter, save_checkpoint
from nemo_local.customizer.training.datasets import DatasetError
from nemo_local.customizer.training.encoding import EncodedRow, common_prefix_length
from nemo_local.customizer.training.learner import add_gradients
from nemo_local.customizer.training.loop import (
    TrainingDiverged,
    epoch_order,
    learning_rate,
    read_rows,
    require_finite,
)
from nemo_local.customizer.training.lora import MergedForward
from nemo_local.customizer.training.loss import Limits, answer_loss
from nemo_local.customizer.training.packing import ATTENTION, pack, packed_length, split_into_passes
from nemo_local.model.jinja import ChatTemplateError

CPU = torch.device("cpu")
LIMITS = Limits(tokens_per_pass=1700, answer_tokens_at_once=512)
ROWS = [
    EncodedRow([1, 2, 3, 4, 10, 11, 12, 13, 14], 6),
    EncodedRow([1, 2, 3, 4, 20, 21, 22], 5),
    EncodedRow([1, 2, 3, 4, 10, 31, 32, 33, 34, 35, 36], 8),
]


def model(attention=ATTENTION, dtype=torch.float64):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        attn_implementation=attention,
    )
    tuned = get_peft_model(
        LlamaForCausalLM(config), LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear")
    ).to(dtype)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:  # zero at the start, where the gradient of A would be zero whatever the code does
            torch.nn.init.normal_(parameter, std=0.1)
    return tuned


def gradients(tuned):
    return {name: p.grad for name, p in tuned.named_parameters() if p.requires_grad}


@cache
def plain_gradients():
    """Transformers' own loss, one padding-free row at a time."""
    tuned = model(attention="eager")
    total = 0
    for row in ROWS:
        labels = [-100] * row.answer_start + row.ids[row.answer_start :]
        answer = len(row.ids) - row.answer_start
        loss = tuned(input_ids=torch.tensor([row.ids]), labels=torch.tensor([labels])).loss * answer
        loss.backward()
        total += loss.item()
    return total, gradients(tuned)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("attention", ["other devices", "kernel", 1, 3, 128])
def test_packed_rows_give_the_loss_and_gradients_of_separate_ones(monkeypatch, merge, attention):
    """With the attention of other devices, with the kernel's backward pass, and with products of so many queries."""
    if attention == "other devices":
        monkeypatch.setattr(packing, "_CpuAttention", SimpleNamespace(apply=packing.segment_attention))
    elif attention != "kernel":
        monkeypatch.setattr(packing, "OWN_BACKWARD", (torch.float64,))
        monkeypatch.setattr(packing, "QUERIES_AT_ONCE", attention)
    expected_loss, expected = plain_gradients()
    tuned = model()
    if merge:
        MergedForward(tuned)
    loss = answer_loss(tuned, pack(ROWS).to(CPU, torch.float64), LIMITS)
    loss.backward()
    assert loss.item() == pytest.approx(expected_loss, rel=1e-6)
    for name, gradient in gradients(tuned).items():
        torch.testing.assert_close(
            gradient, expected[name], rtol=1e-5, atol=1e-7, msg=lambda m, name=name: f"{name}: {m}"
        )


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_an_answer_token_counts_the_same_in_every_batch(batch_size):
    """An epoch's gradients, with the adapter left as it is, do not depend on which rows share a step."""
    total, expected = plain_gradients()
    answer_tokens = sum(len(row.ids) - row.answer_start for row in ROWS)
    tuned, loss, summed = model(), 0.0, {}
    for start in range(0, len(ROWS), batch_size):
        rows = ROWS[start : start + batch_size]
        tuned.zero_grad()
        passes = [pack(rows).to(CPU, torch.float64)]
        loss += len(rows) * add_gradients(tuned, passes, len(rows) * answer_tokens / len(ROWS), LIMITS)
        for name, gradient in gradients(tuned).items():
            summed[name] = summed.get(name, 0) + len(rows) * gradient
    assert loss / len(ROWS) == pytest.approx(total / answer_tokens, rel=1e-6)
    for name, gradient in summed.items():
        torch.testing.assert_close(gradient / len(ROWS), expected[name] / answer_tokens, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("limit", [1, 12, 19], ids=["longer rows", "two passes", "one pass"])
@pytest.mark.parametrize("answer_tokens", [2, 512])
def test_the_bounds_on_memory_change_no_gradient(merge, limit, answer_tokens):
    """However a step is divided, and whatever is computed twice, its loss and gradients are those of separate rows."""
    total, expected = plain_gradients()
    tuned = model()
    tuned.train()
    if merge:
        MergedForward(tuned)
    passes = [pack(group).to(CPU, torch.float64) for group in split_into_passes(ROWS, limit)]
    limits = Limits(limit, answer_tokens)
    assert add_gradients(tuned, passes, 8, limits, recompute=not merge) == pytest.approx(total / 8, rel=1e-6)
    for name, gradient in gradients(tuned).items():
        torch.testing.assert_close(gradient, expected[name] / 8, rtol=1e-5, atol=1e-7)


def test_a_pass_above_the_bound_keeps_less_for_its_backward_half():
    tuned = model()
    tuned.train()
    batch = pack([EncodedRow([*range(60)], 20)]).to(CPU, torch.float64)

    def kept(limit):
        numbers = []
        weights = {parameter.data_ptr() for parameter in tuned.parameters()}

        def keep(tensor):
            if tensor.data_ptr() not in weights:
                numbers.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            answer_loss(tuned, batch, Limits(limit, 512))
        return sum(numbers)

    assert kept(limit=59) < kept(limit=60) / 4
    # The next pass within the bound is computed as if there had been no other.
    assert kept(limit=60) == kept(limit=61)
    assert not tuned.get_base_model().model.embed_tokens._forward_hooks


def test_passes_hold_as_many_rows_as_fit_in_order():
    # Packed: 4 shared tokens, then 5, 3 and 7 of their own.
    assert packed_length(ROWS) == 19 and packed_length(ROWS[:2]) == 12
    assert list(split_into_passes(ROWS, 19)) == [ROWS]
    assert list(split_into_passes(ROWS, 18)) == [ROWS[:2], ROWS[2:]]
    assert list(split_into_passes(ROWS, 11)) == [[row] for row in ROWS]
    assert list(split_into_passes(ROWS, 1)) == [[row] for row in ROWS]  # a row is never cut


def test_the_merged_weight_follows_the_adapter():
    tuned = model()
    merged = MergedForward(tuned)
    batch = pack(ROWS).to(CPU, torch.float64)
    before = answer_loss(tuned, batch, LIMITS).item()
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                parameter.mul_(3)
    merged.refresh()
    assert answer_loss(tuned, batch, LIMITS).item() != pytest.approx(before)


def test_the_shared_prefix_ends_before_the_first_answer_or_difference():
    assert common_prefix_length(ROWS) == 4
    assert common_prefix_length([ROWS[1]]) == ROWS[1].answer_start - 1
    batch = pack(ROWS)
    assert batch.segments == [4, 5, 3, 7] and batch.input_ids.shape == (1, 19)
    assert batch.targets.tolist() == [12, 13, 14, 21, 22, 34, 35, 36]


def test_a_checkpoint_restores_adapter_optimizer_and_progress(tmp_path):
    def start():
        tuned = model(dtype=torch.float32)
        return tuned, torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad], lr=1e-2)

    def step(tuned, optimizer):
        answer_loss(tuned, pack(ROWS).to(CPU, torch.float32), LIMITS).backward()
        optimizer.step()
        optimizer.zero_grad()

    straight, optimizer = start()
    step(straight, optimizer)
    save_checkpoint(tmp_path / "checkpoint", straight, optimizer, Progress(step=1, best_val_loss=0.5))
    step(straight, optimizer)

    resumed, optimizer = start()
    progress = load_checkpoint(tmp_path / "checkpoint", resumed, optimizer)
    assert (progress.step, progress.best_val_loss) == (1, 0.5)
    step(resumed, optimizer)
    for one, other in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.fixture
def killed_between_renames(tmp_path):
    """A model and its optimizer, and what a kill between the two renames leaves of their checkpoint."""
    tuned = model(dtype=torch.float32)
    optimizer = torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad])
    answer_loss(tuned, pack(ROWS).to(CPU, torch.float32), LIMITS).backward()
    optimizer.step()
    save_checkpoint(tmp_path / "checkpoint", tuned, optimizer, Progress(step=7))
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    return tuned, optimizer


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path, killed_between_renames):
    tuned, optimizer = killed_between_renames
    assert load_checkpoint(tmp_path / "checkpoint", tuned, optimizer).step == 7
    assert load_checkpoint(tmp_path / "nothing", tuned, optimizer) is None


def test_a_second_kill_leaves_the_only_checkpoint(tmp_path, monkeypatch, killed_between_renames):
    tuned, optimizer = killed_between_renames

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "os", SimpleNamespace(rename=killed, replace=killed))
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(tmp_path / "checkpoint", tuned, optimizer, Progress(step=8))
    assert load_checkpoint(tmp_path / "checkpoint", tuned, optimizer).step == 7


def test_an_interrupted_training_goes_on_in_its_number_format(tmp_path, monkeypatch):
    spec = SimpleNamespace(
        seed=1, model_dir=tmp_path, training_file=tmp_path, validation_file=tmp_path, max_seq_length=9,
        checkpoint_dir=tmp_path / "checkpoint",
    )  # fmt: skip
    monkeypatch.setattr(loop, "row_encoder", lambda _: (None, 9))
    monkeypatch.setattr(loop, "read_rows", lambda *_: ROWS)
    taken = []

    def learner(_, dtype):
        taken.append(dtype)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "Learner", learner)
    for saved in (None, {"step": 3}, {"step": 3, "dtype": "bfloat16"}):  # the second one is of an earlier version
        if saved:
            spec.checkpoint_dir.mkdir(exist_ok=True)
            (spec.checkpoint_dir / "progress.json").write_text(json.dumps(saved))
        with pytest.raises(KeyboardInterrupt):
            loop.train(spec, print)
    assert taken == [None, None, torch.bfloat16]


def test_an_adapter_is_replaced_whole(tmp_path, monkeypatch):
    tuned = model(dtype=torch.float32)
    save_adapter(tmp_path / "adapter", tuned)
    before = {file.name: file.read_bytes() for file in (tmp_path / "adapter").iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors"} <= before.keys()

    def killed(folder, **_):
        (Path(folder) / "adapter_model.safetensors").write_bytes(b"the first half")
        raise KeyboardInterrupt

    monkeypatch.setattr(tuned, "save_pretrained", killed)
    with pytest.raises(KeyboardInterrupt):
        save_adapter(tmp_path / "adapter", tuned)
    assert {file.name: file.read_bytes() for file in (tmp_path / "adapter").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


def test_an_epochs_order_depends_on_seed_and_epoch_alone():
    assert epoch_order(50, 42, 0) == epoch_order(50, 42, 0)
    assert sorted(epoch_order(50, 42, 1)) == list(range(50))
    assert len({tuple(epoch_order(50, seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def test_the_learning_rate_warms_up_and_comes_down():
    class Spec:
        learning_rate, warmup_steps, min_learning_rate = 1e-3, 5, None

    rates = [learning_rate(step, 50, Spec) for step in range(50)]
    assert rates[0] == pytest.approx(2e-4) and max(rates) == rates[4] == pytest.approx(1e-3)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] == pytest.approx(1e-4, rel=0.05)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_training_with_what_to_change(value):
    spec = SimpleNamespace(learning_rate=1e30)
    with pytest.raises(TrainingDiverged, match=f"the training loss of step 2 is {value}.*learning_rate.*1e[+]30"):
        require_finite("training", value, 2, spec)
    assert require_finite("training", 0.5, 2, spec) == 0.5


def test_rows_beyond_the_limit_or_the_models_context_are_left_out(tmp_path):
    path, events = tmp_path / "training.jsonl", []
    rows = [
        {"messages": [{"role": "user", "content": "a" * n}, {"role": "assistant", "content": "b"}]} for n in (1, 9_000)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def encode(row):  # a token a character
        return EncodedRow([1] * sum(len(message["content"]) for message in row["messages"]), 1)

    kept = read_rows(path, encode, 1_000_000, 8192, events.append)
    assert len(kept) == 1 and "1 of 2 rows of training.jsonl are longer than 8192 tokens" in events[0]["message"]
    with pytest.raises(DatasetError, match="every row of training.jsonl is longer than 1 tokens"):
        read_rows(path, encode, 1, 8192, events.append)


def test_a_row_that_the_chat_template_refuses_ends_the_job_with_the_reason(tmp_path):
    def encode(_):
        raise ChatTemplateError("the model's chat template refuses this conversation: roles must alternate")

    (tmp_path / "training.jsonl").write_text("{}\n")
    with pytest.raises(
        DatasetError, match="a row of training.jsonl cannot be written for this model: .* must alternate"
    ):
        read_rows(tmp_path / "training.jsonl", encode, 100, 100, lambda _: None)
