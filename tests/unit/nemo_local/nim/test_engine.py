"""The engine on a toy model of random weights, whose right answers PEFT computes."""

from __future__ import annotations

import asyncio
import json
import random
import weakref
from pathlib import Path

import jsonschema
import openvino_genai
import pytest
import torch
from chat_forms import CHATML
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from nemo_local.nim.adapters import AdapterError, check_adapter
from nemo_local.nim.engine import PRECISION, Engine, EngineError, Generation, Sampling
from nemo_local.nim.structured_output.grammars import tool_call_grammar

PROMPTS = [f"Toy prompt number {n}: " + "abc " * n for n in range(1, 7)]


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Path:
    """Folder with a Llama of two small layers, in the forms of transformers (``hf``) and OpenVINO, and two adapters."""
    import openvino
    from openvino_tokenizers import convert_tokenizer
    from optimum.intel import OVModelForCausalLM

    folder = tmp_path_factory.mktemp("toy")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: n for n, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|im_end|>", special=True)])
    end = tokenizer.token_to_id("<|im_end|>")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>", chat_template=CHATML
    )

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=end + 1,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        initializer_range=0.3,
        eos_token_id=end,
        pad_token_id=end,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    model = OVModelForCausalLM.from_pretrained(folder / "hf", export=True, compile=False, load_in_8bit=False)
    model.save_pretrained(folder / "openvino")
    tokenizer.save_pretrained(folder / "openvino")
    for part, name in zip(
        convert_tokenizer(tokenizer, with_detokenizer=True), ("tokenizer", "detokenizer"), strict=True
    ):
        openvino.save_model(part, folder / "openvino" / f"openvino_{name}.xml")
    for name, seed in (("one", 1), ("two", 2)):
        _save_adapter(folder, name, seed)
    return folder


def _save_adapter(toy: Path, name: str, seed: int, **changes) -> Path:
    torch.manual_seed(seed)
    base = AutoModelForCausalLM.from_pretrained(toy / "hf")
    settings = {"r": 4, "lora_alpha": 12, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **changes}
    adapted = get_peft_model(base, LoraConfig(**settings))
    for parameter_name, parameter in adapted.named_parameters():
        if "lora_B" in parameter_name:
            torch.nn.init.normal_(parameter, std=0.2)
    adapted.save_pretrained(toy / name)
    return toy / name


def peft_answers(toy: Path, adapter: str | None) -> list[str]:
    """What transformers and PEFT generate greedily, one prompt at a time."""
    model = AutoModelForCausalLM.from_pretrained(toy / "hf")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(toy / "hf")
    if adapter:
        model = PeftModel.from_pretrained(model, toy / adapter)
    answers = []
    for prompt in PROMPTS:
        tokens = tokenizer(prompt, return_tensors="pt")
        output = model.generate(**tokens, max_new_tokens=24, do_sample=False)
        answers.append(tokenizer.decode(output[0, tokens.input_ids.shape[1] :], skip_special_tokens=True))
    return answers


async def text_of(generation: Generation) -> str:
    return "".join([piece async for piece in generation])


async def answer_all(engine: Engine, prompts: list[str], sampling: Sampling) -> list[str]:
    """All prompts in one batch."""
    return await asyncio.gather(*(text_of(engine.submit(engine.encode(prompt), sampling)) for prompt in prompts))


@pytest.mark.parametrize("adapter", [None, "one", "two"])
def test_the_answers_are_those_of_peft(toy, adapter):
    engine = Engine(toy / "openvino", toy / adapter if adapter else None)
    batch = asyncio.run(answer_all(engine, PROMPTS, Sampling(max_tokens=24)))
    engine.close()

    assert batch == peft_answers(toy, adapter)
    assert adapter is None or batch != peft_answers(toy, None)


def test_the_number_format_does_not_depend_on_the_machine(monkeypatch, toy):
    asked = []
    monkeypatch.setattr(openvino_genai, "ContinuousBatchingPipeline", lambda *parts: asked.append(parts[-1]))
    for options in ({}, {"precision": "bf16"}):
        Engine(toy / "openvino", **options).close()
    assert [properties["INFERENCE_PRECISION_HINT"] for properties in asked] == [PRECISION, "bf16"] == ["f32", "bf16"]


@pytest.fixture(scope="module")
def engine(toy):
    engine = Engine(toy / "openvino")
    yield engine
    engine.close()


def test_a_seed_gives_the_same_answer_whatever_else_is_in_the_batch(engine):
    async def with_company(company: int) -> str:
        sampling = Sampling(max_tokens=30, temperature=1.0, seed=5)
        others = [engine.submit(engine.encode(p), Sampling(max_tokens=30, temperature=1.0)) for p in PROMPTS[:company]]
        wanted = engine.submit(engine.encode("Say something"), sampling)
        texts = await asyncio.gather(text_of(wanted), *(text_of(other) for other in others))
        return texts[0]

    alone, in_company = asyncio.run(with_company(0)), asyncio.run(with_company(5))

    assert alone == in_company
    other_seed = Sampling(max_tokens=30, temperature=1.0, seed=6)
    assert [alone] != asyncio.run(answer_all(engine, ["Say something"], other_seed))
    unseeded = asyncio.run(answer_all(engine, ["Say something"] * 2, Sampling(max_tokens=30, temperature=1.0)))
    assert unseeded[0] != unseeded[1]


def test_a_cancelled_answer_leaves_the_batch(engine):
    async def cancel_after_a_few_pieces() -> Generation:
        generation = engine.submit(engine.encode("Go on"), Sampling(max_tokens=4000, temperature=1.0, seed=1))
        pieces = aiter(generation)
        for _ in range(3):
            await anext(pieces)
        generation.cancel()
        [_ async for _ in pieces]
        return generation

    assert asyncio.run(cancel_after_a_few_pieces()).completion_tokens < 1000
    assert engine.idle


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(engine):
    async def submit() -> None:
        engine.submit([5] * 8192, Sampling(max_tokens=1))

    with pytest.raises(ValueError, match="8192 tokens; prompt and answer may have 8192"):
        asyncio.run(submit())


def test_the_engine_goes_on_after_a_step_that_failed(engine):
    before = asyncio.run(answer_all(engine, PROMPTS, Sampling(max_tokens=8)))

    with pytest.raises(EngineError, match="missing"):
        asyncio.run(answer_all(engine, PROMPTS, Sampling(max_tokens=8, grammar="root ::= missing")))

    assert asyncio.run(answer_all(engine, PROMPTS, Sampling(max_tokens=8))) == before


class Broken:
    """A pipeline whose steps fail."""

    add_request = staticmethod(lambda *_: None)
    step = staticmethod(lambda: 1 / 0)


def test_an_engine_that_cannot_be_made_again_fails_its_answers_and_takes_no_more(toy, monkeypatch):
    made = []

    def pipeline(*_: object) -> Broken:
        assert made.count("alive") == 0, "two pipelines at once need twice the memory"
        if made:
            raise MemoryError("there is no memory for the model")
        broken = Broken()
        made.append("alive")
        weakref.finalize(broken, made.__setitem__, 0, "freed")
        return broken

    monkeypatch.setattr(openvino_genai, "ContinuousBatchingPipeline", pipeline)
    engine = Engine(toy / "openvino")

    async def ask() -> list[object]:
        with engine._changed:  # so that all of them are in before the first step fails
            waiting = [text_of(engine.submit(engine.encode(prompt), Sampling(max_tokens=4))) for prompt in PROMPTS]
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 20)

    assert all(isinstance(answer, EngineError) for answer in asyncio.run(ask()))
    assert made == ["freed"]
    assert engine.broken and engine.idle
    with pytest.raises(EngineError, match="takes no more requests"):
        asyncio.run(ask())
    engine.close()


PARAMETERS = {
    "nothing": {"type": "object", "properties": {}},
    "scalars": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 2, "maxLength": 5},
            "count": {"type": "integer", "minimum": 1, "maximum": 9},
            "rate": {"type": "number", "minimum": 0},
            "sure": {"type": "boolean"},
            'unit "é"': {"enum": ["°C", "a\nb", 3, None]},
        },
        "required": ["count", 'unit "é"'],
    },
    "nested lists": {
        "type": "object",
        "properties": {
            "matrix": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3},
                "maxItems": 3,
            }
        },
        "required": ["matrix"],
    },
    "all optional": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "null"}, "c": {"type": "boolean"}},
        "additionalProperties": False,
    },
    "maps and unions": {
        "type": "object",
        "properties": {
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "value": {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"enum": ["x", "y"]}, "maxItems": 2}]},
            "either": {"type": ["integer", "null"]},
            "pair": {"type": "array", "prefixItems": [{"type": "boolean"}, {"const": "end"}]},
        },
        "required": ["value", "either", "pair"],
    },
    "references": {
        "type": "object",
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
        "properties": {"points": {"type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 1, "maxItems": 2}},
        "required": ["points"],
    },
    "anything": {"type": "object", "properties": {"any": {}}, "required": ["any"]},
    "bounds": {
        "type": "object",
        "properties": {
            "year": {"type": "integer", "minimum": 1987, "maximum": 2041},
            "share": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
            "price": {"type": "number", "minimum": 0.99},
            "below": {"type": "number", "maximum": -7},
        },
        "required": ["year", "share", "price", "below"],
    },
    "every form": {
        "type": "object",
        "properties": {
            "true": True,
            "list": {"type": "array", "items": True, "maxItems": 2},
            "tuple": {"type": "array", "prefixItems": [{"type": "null"}], "items": False},
            "both": {"allOf": [{"type": "integer"}, {"minimum": 2}, {"maximum": 3}]},
            '\x01\x7f\u2028\N{SLIGHTLY SMILING FACE}\\"[^]': {"enum": ['\x01\x7f\u2028\\"', "{}"]},
        },
        "required": ["true", "tuple", "both", '\x01\x7f\u2028\N{SLIGHTLY SMILING FACE}\\"[^]'],
    },
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_calls_under_the_grammar_always_fit_the_schema_and_the_form(engine, name):
    """A model of random weights, sampled, is the worst writer there is: it goes wherever the grammar lets it."""
    schema = PARAMETERS[name]
    grammar = tool_call_grammar([{"function": {"name": "f", "parameters": schema}}, {"function": {"name": "g"}}])

    async def sample() -> list[tuple[str, str]]:
        generations = [
            engine.submit(engine.encode(f"{n}"), Sampling(max_tokens=8000, temperature=1.0, seed=n, grammar=grammar))
            for n in range(4)
        ]
        texts = await asyncio.gather(*map(text_of, generations))
        return [(text, generation.finish_reason) for text, generation in zip(texts, generations, strict=True)]

    for text, finish_reason in asyncio.run(sample()):
        assert finish_reason == "stop"
        calls = json.loads(text)
        assert 1 <= len(calls) <= 5
        for call in calls:
            assert set(call) == {"name", "arguments"}
            jsonschema.validate(call["arguments"], schema if call["name"] == "f" else {"maxProperties": 0})
        if not any(character in text for character in ".\\"):  # numbers and escapes have more than one spelling
            assert text == json.dumps(calls, indent=2, ensure_ascii=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"target_modules": ["lm_head"]}, "no place for the tensor"),
        ({"target_modules": ["q_proj"], "layers_to_transform": [0], "r": 3}, None),
    ],
)
def test_an_adapter_is_checked_tensor_by_tensor(toy, changes, message):
    adapter = _save_adapter(toy, f"checked-{random.Random(str(changes)).random()}", 3, **changes)
    if message is None:
        check_adapter(adapter, toy / "openvino")
    else:
        with pytest.raises(AdapterError, match=message):
            check_adapter(adapter, toy / "openvino")


def test_an_adapter_of_another_model_is_refused_with_the_shapes(toy, tmp_path):
    config = json.loads((toy / "openvino" / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": 128}))
    with pytest.raises(AdapterError, match=r"has the shape .* the base model needs"):
        check_adapter(toy / "one", tmp_path)
