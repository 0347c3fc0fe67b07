"""Every architecture is trained and served with the results that transformers and PEFT compute, on tiny models."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tiny_models import FAMILIES, tiny_model, write_tiny_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from nemo_local.customizer.target_modules import HF_NAMES
from nemo_local.customizer.training import learner, packing
from nemo_local.customizer.training.encoding import EncodedRow
from nemo_local.customizer.training.learner import Learner, TrainingSpec
from nemo_local.customizer.training.loop import row_encoder
from nemo_local.customizer.training.lora import MergedForward
from nemo_local.customizer.training.loss import Limits, answer_loss
from nemo_local.customizer.training.packing import ATTENTION, pack
from nemo_local.model.architectures import ARCHITECTURES, check_folder, facts
from nemo_local.model.export import write_openvino_model
from nemo_local.nim import engine as engine_module
from nemo_local.nim.adapters import AdapterError, check_adapter
from nemo_local.nim.engine import Engine, Sampling
from nemo_local.nim.structured_output.grammars import tool_call_grammar
from nemo_local.nim.text import TextStream

CPU = torch.device("cpu")
LIMITS = Limits(tokens_per_pass=1700, answer_tokens_at_once=512)
SHARED = [7, 3, 9, 1, 5, 2, 8, 4, 6, 3]
ROWS = [
    EncodedRow([*SHARED, 10, 11, 12, 13, 14], 12),
    EncodedRow([*SHARED, 20, 21, 22], 11),
    EncodedRow([*SHARED, 10, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40], 14),
]
PROMPTS = [f"Toy prompt number {n}: " + "abc " * n for n in range(1, 7)]
ANSWER_TOKENS = 10
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
ROW = {
    "messages": [
        {"role": "user", "content": "Call it."},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
    ],
    "tools": [TOOL],
}
# Fields of the configurations that change what a model is made of, or what it computes.
VARIANTS = [
    {},
    {"attention_bias": True, "mlp_bias": True},
    {"tie_word_embeddings": True},
    {"tie_word_embeddings": False},
]

every_architecture = pytest.mark.parametrize("architecture", FAMILIES)
# The number formats whose backward pass of attention does without PyTorch's kernel: the one that is used here, or none.
own_backward_or_not = pytest.mark.parametrize("own", [(torch.float64,), ()], ids=["products", "kernel"])


def test_there_is_a_tiny_model_of_every_architecture():
    assert set(FAMILIES) == set(ARCHITECTURES)


@every_architecture
def test_the_facts_are_those_of_transformers_model(architecture):
    for changes in VARIANTS:
        config = FAMILIES[architecture].config(num_hidden_layers=2, **changes)
        with torch.device("meta"):
            model = FAMILIES[architecture].model(config)
        found = facts({**config.to_dict(), "architectures": [architecture]})
        assert found.tensor_shapes == {name: tuple(one.shape) for name, one in model.named_parameters()}
        assert found.num_parameters == model.num_parameters()
        assert found.context_length == config.max_position_embeddings
        sparse = {name: value for name, value in config.to_dict().items() if value is not None}
        for name in ("max_position_embeddings", "tie_word_embeddings", "sliding_window", "attention_bias", "mlp_bias"):
            if config.to_dict().get(name) == FAMILIES[architecture].config().to_dict().get(name):
                sparse.pop(name, None)  # a configuration file may leave out what is the default
        assert facts({**sparse, "architectures": [architecture]}) == found


def adapted(architecture: str, attention: str, **changes) -> PeftModel:
    settings = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear")
    tuned = get_peft_model(tiny_model(architecture, 48, attention, **changes), settings).to(torch.float64)
    torch.manual_seed(0)
    for name, parameter in tuned.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1)
        elif parameter.dim() == 2:  # or attention would be so sharp that rounding decides its gradients
            parameter.data *= 0.25
    return tuned


def separate(tuned: PeftModel, rows: list[EncodedRow]) -> torch.Tensor:
    """Transformers' own loss, summed over the answer tokens of rows that are computed one by one."""
    total = torch.zeros((), dtype=torch.float64)
    for row in rows:
        labels = [-100] * row.answer_start + list(row.ids[row.answer_start :])
        loss = tuned(input_ids=torch.tensor([row.ids]), labels=torch.tensor([labels])).loss
        total = total + loss * (len(row.ids) - row.answer_start)
    return total


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        *((architecture, {}) for architecture in FAMILIES),
        ("Gemma3ForCausalLM", {"final_logit_softcapping": 3.0}),
        ("Qwen3ForCausalLM", {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1}),
    ],
)
@pytest.mark.parametrize("merge", [False, True])
@own_backward_or_not
def test_packed_rows_give_the_loss_and_gradients_of_separate_ones(monkeypatch, architecture, changes, merge, own):
    monkeypatch.setattr(packing, "OWN_BACKWARD", own)
    plain, packed = adapted(architecture, "eager", **changes), adapted(architecture, ATTENTION, **changes)
    config = packed.get_base_model().config
    window = facts({**config.to_dict(), "architectures": [architecture]}).sliding_window
    assert (window is not None) == (architecture == "Gemma3ForCausalLM" or bool(changes))
    if merge:
        MergedForward(packed)
    expected = separate(plain, ROWS)
    expected.backward()
    loss = answer_loss(packed, pack(ROWS, window).to(CPU, torch.float64), LIMITS)
    loss.backward()

    check_equal(packed, loss, plain, expected)


def check_equal(packed, loss, plain, expected):
    """The loss and the gradients of packed rows are those of separate ones."""
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    wanted = {name: one.grad for name, one in plain.named_parameters() if one.requires_grad}
    for name, parameter in packed.named_parameters():
        if parameter.requires_grad:
            torch.testing.assert_close(parameter.grad, wanted[name], rtol=1e-4, atol=1e-6, msg=f"gradient of {name}")


@own_backward_or_not
def test_a_window_that_is_far_behind_is_left_out_of_long_rows(monkeypatch, own):
    """Longer than the blocks in which the processor's attention works, so that some of them are masked out entirely."""
    monkeypatch.setattr(packing, "OWN_BACKWARD", own)
    ids = torch.randint(0, 48, (1100,), generator=torch.Generator().manual_seed(1)).tolist()
    rows = [EncodedRow(ids[:700], 690), EncodedRow(ids[:600] + ids[800:], 880)]
    plain = adapted("Gemma3ForCausalLM", "eager", sliding_window=30)
    packed = adapted("Gemma3ForCausalLM", ATTENTION, sliding_window=30)
    loss, expected = answer_loss(packed, pack(rows, 30).to(CPU, torch.float64), LIMITS), separate(plain, rows)
    loss.backward()
    expected.backward()
    check_equal(packed, loss, plain, expected)
    with pytest.raises(ValueError, match="packed for windows of None, not of 30"):
        answer_loss(packed, pack(rows).to(CPU, torch.float64), LIMITS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Makes the folder of a tiny model once."""
    made: dict[str, Path] = {}

    def folder(architecture: str) -> Path:
        if architecture not in made:
            made[architecture] = write_tiny_model(architecture, tmp_path_factory.mktemp(architecture) / "hf")
        return made[architecture]

    return folder


def spec(folder: Path, output: Path) -> TrainingSpec:
    return TrainingSpec(
        model_dir=folder, base_model_name="some/model", training_file=output, validation_file=output,
        output_dir=output, checkpoint_dir=output, epochs=1, batch_size=2, learning_rate=1e-2, adapter_dim=8,
        adapter_dropout=0.0, alpha=16, target_modules=HF_NAMES, warmup_steps=0, max_steps=None, seed=0,
        log_every_n_steps=1, val_check_interval=1.0, weight_decay=0.0, max_seq_length=2048, min_learning_rate=None,
        adam_beta1=0.9, adam_beta2=0.99,
    )  # fmt: skip


@every_architecture
def test_training_learns_the_answer(folders, tmp_path, monkeypatch, architecture):
    monkeypatch.setattr(learner, "pick_device", lambda: (CPU, torch.float32))
    folder = folders(architecture)
    model = check_folder(folder)
    encode, context_length = row_encoder(folder)
    row = encode(ROW)
    torch.manual_seed(0)
    trained = Learner(spec(folder, tmp_path))
    losses = [trained.step([row, row], 2 * (len(row.ids) - row.answer_start)) for _ in range(8)]
    trained.model.save_pretrained(tmp_path, save_embedding_layers=False)

    assert context_length == model.context_length == 2048
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.decode(row.ids[row.answer_start :]).endswith("]" + FAMILIES[architecture].end)
    bos = tokenizer.bos_token_id
    assert bos is None or row.ids.count(bos) == 1
    assert losses[-1] < 0.9 * losses[0]
    check_adapter(tmp_path, folder)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == "some/model"


class RecordedText(TextStream):
    """Keeps the tokens of every answer."""

    answers: list[list[int]] = []

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.answers.append([])
        self._answer = self.answers[-1]

    def add(self, tokens) -> str:
        self._answer += tokens
        return super().add(tokens)


async def generate(engine: Engine, prompts: list[str], sampling: Sampling) -> list[tuple[str, str]]:
    async def one(prompt: str) -> tuple[str, str]:
        generation = engine.submit(engine.encode(prompt), sampling)
        return "".join([piece async for piece in generation]), generation.finish_reason

    return await asyncio.gather(*map(one, prompts))


def peft_answers(folder: Path, adapter: Path | None, prompts: list[str]) -> list[list[int] | None]:
    """The tokens that transformers and PEFT generate greedily, one prompt at a time. None for an answer that rounding
    may change, because two tokens were nearly as likely: the engine keeps keys and values in float16."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    if adapter:
        model = PeftModel.from_pretrained(model, adapter)
    answers = []
    for prompt in prompts:
        tokens = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
        output = model.generate(
            **tokens, max_new_tokens=ANSWER_TOKENS, do_sample=False, output_scores=True, return_dict_in_generate=True
        )
        scores = torch.cat(output.scores)
        first, second = scores.topk(2).values.T
        clear = ((first - second) / scores.std(dim=1)).min() > 0.01
        answers.append(output.sequences[0, tokens.input_ids.shape[1] :].tolist() if clear else None)
    return answers


def save_adapter(folder: Path, adapter: Path) -> Path:
    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(folder)
    settings = LoraConfig(r=4, lora_alpha=12, target_modules="all-linear", task_type="CAUSAL_LM")
    tuned = get_peft_model(base, settings)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    tuned.save_pretrained(adapter)
    return adapter


@every_architecture
def test_the_answers_are_those_of_peft(folders, tmp_path, monkeypatch, architecture):
    folder, adapter = folders(architecture), save_adapter(folders(architecture), tmp_path / "adapter")
    served = tmp_path / "openvino"
    served.mkdir()
    write_openvino_model(folder, served)
    check_adapter(adapter, served)
    monkeypatch.setattr(engine_module, "TextStream", RecordedText)
    monkeypatch.setattr(RecordedText, "answers", [])

    answers = []
    for one in (None, adapter):
        engine = Engine(served, one)
        assert engine.context_length == 2048
        prompts = [engine.template.render([{"role": "user", "content": prompt}]) for prompt in PROMPTS]
        asyncio.run(generate(engine, prompts, Sampling(max_tokens=ANSWER_TOKENS)))
        answers.append(list(RecordedText.answers))
        wanted = peft_answers(folder, one, prompts)
        assert len(wanted) - wanted.count(None) >= 2
        assert [want or found for want, found in zip(wanted, answers[-1], strict=True)] == answers[-1]
        # An answer under a grammar must be able to end, whatever the family's token for that.
        sampling = Sampling(max_tokens=500, temperature=1.0, seed=1, grammar=tool_call_grammar([TOOL]))
        ((text, reason),) = asyncio.run(generate(engine, prompts[:1], sampling))
        assert reason == "stop" and json.loads(text)[0] == {"name": "f", "arguments": {}}
        RecordedText.answers.clear()
        engine.close()

    assert all(base != tuned for base, tuned in zip(*answers, strict=True))


def test_an_adapter_of_another_architecture_is_refused(folders, tmp_path):
    adapter = save_adapter(folders("Qwen3ForCausalLM"), tmp_path)
    with pytest.raises(AdapterError, match=r"lora_B.weight has the shape \((128|64), 4\); the base model needs"):
        check_adapter(adapter, folders("LlamaForCausalLM"))
