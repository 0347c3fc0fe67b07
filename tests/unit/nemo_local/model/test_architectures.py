"""A model's folder is checked before anything is done with it, and every refusal says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
from chat_forms import CHATML
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, models

from nemo_local.model.architectures import ARCHITECTURES, ModelRefused, check_folder, facts, read_facts, require_memory
from nemo_local.model.tokenizer_files import load_tokenizer, stop_ids

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 6,
    "hidden_size": 8,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
}
# SmolLM2-135M-Instruct, on which the course's figures and the platform's limits were measured.
SMOLLM2 = CONFIG | {
    "vocab_size": 49_152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "max_position_embeddings": 8192,
}


def write_weights(folder: Path, config: dict = CONFIG, file: str = "model.safetensors", **changes: tuple) -> None:
    shapes = facts(config).tensor_shapes | changes
    tensors = {name: numpy.zeros(shape, "f2") for name, shape in shapes.items() if shape}
    save_file(tensors, folder / file, {"format": "pt"})


def write_json(file: Path, **fields: object) -> None:
    file.write_text(json.dumps(fields))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A complete one; its vocabulary is a, b, c and three special tokens, of which the last has no embedding."""
    write_json(tmp_path / "config.json", **CONFIG)
    write_weights(tmp_path)
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "c": 2, "d": 3}, unk_token="a"))
    special = [AddedToken(token, special=True) for token in ("<|im_start|>", "<|im_end|>", "<|image|>")]
    tokenizer.add_special_tokens(special)
    tokenizer.enable_truncation(1)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    write_json(tmp_path / "tokenizer_config.json", eos_token={"content": "<|im_end|>"}, add_bos_token=True)
    (tmp_path / "chat_template.jinja").write_text(CHATML)
    return tmp_path


def test_a_complete_folder_gives_its_facts(folder):
    model = check_folder(folder)
    assert model == read_facts(folder) == facts(CONFIG)
    assert (model.num_layers, model.head_dim, model.context_length, model.vocab_size) == (2, 4, 128, 6)


def test_the_limits_of_the_default_model_are_those_that_were_measured():
    model = facts(SMOLLM2)
    assert model.num_parameters == 134_515_008
    assert (model.kv_bytes_per_token, model.kv_blocks) == (23_040, 1024)
    assert (model.tokens_per_pass, model.answer_tokens_at_once) == (1700, 512)
    assert 4.2e9 < model.training_bytes < 4.8e9  # 4.4 GB


def test_what_is_kept_in_memory_does_not_grow_with_the_model():
    small = facts(SMOLLM2)
    big = replace(
        small, num_layers=36, hidden_size=2560, num_heads=32, num_kv_heads=8, head_dim=128, vocab_size=151_936
    )
    for model in (small, big):
        assert model.kv_blocks * 32 * model.kv_bytes_per_token <= small.kv_blocks * 32 * small.kv_bytes_per_token
        assert model.tokens_per_pass * model.kept_bytes_per_token <= 2.9e9
        assert model.answer_tokens_at_once * model.vocab_size <= 512 * 49_152
    assert replace(small, num_layers=2).kv_blocks == 1024


def test_memory_is_asked_for_in_gib():
    model = facts(SMOLLM2)
    require_memory(model, model.training_bytes)
    with pytest.raises(
        ModelRefused, match=r"training this model with 135 million .* 4\.3 GiB .* 4\.0 GiB are available"
    ):
        require_memory(model, 4 * 2**30)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"architectures": ["MambaForCausalLM"]}, "MambaForCausalLM; supported are " + ", ".join(ARCHITECTURES)),
        ({"architectures": None}, "no 'architectures'"),
        ({"model_type": "qwen2"}, "'model_type' 'qwen2'; that of a LlamaForCausalLM is 'llama'"),
        ({"auto_map": {"AutoModel": "x.Y"}}, "code of its own, which is never run"),
        ({"quantization_config": {"bits": 4}}, "quantized"),
        ({"hidden_size": None}, "'hidden_size' is missing"),
        ({"num_hidden_layers": "2"}, "'num_hidden_layers' is '2'"),
        ({"vocab_size": -1}, "'vocab_size' is -1"),
        ({"num_key_value_heads": 3}, "2 attention heads of 4 and 3 key-value heads"),
        ({"rope_scaling": {"type": "dynamic"}}, "of the type 'dynamic'"),
        ({"rope_parameters": {"full_attention": {"rope_type": "longrope"}}}, "of the type 'longrope'"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused(changes, reason):
    with pytest.raises(ModelRefused) as caught:
        facts(CONFIG | changes)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "window"),
    [
        ({"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "sliding_window": 64}, None),
        (
            {
                "architectures": ["Qwen3ForCausalLM"],
                "model_type": "qwen3",
                "sliding_window": 64,
                "use_sliding_window": True,
                "max_window_layers": 1,
            },
            64,
        ),
        ({"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text"}, 4096),
        ({"sliding_window": 64}, None),
    ],
)
def test_a_sliding_window_counts_where_some_layers_use_it(changes, window):
    assert facts(CONFIG | changes).sliding_window == window


def _shards(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    weight_map = {"model.norm.weight": "model-1.safetensors", "lm_head.weight": "model-2.safetensors"}
    write_json(folder / "model.safetensors.index.json", weight_map=weight_map)


def _instead_of_weights(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        if name:
            (folder / name).write_bytes(b"x")

    return change


def _cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def _token_without_embedding(folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text().replace('"d":3', '"d":9')
    (folder / "tokenizer.json").write_text(text.replace('"d": 3', '"d": 9'))


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no model": (lambda f: (f / "config.json").unlink(), "no config.json, so it is not the folder of a"),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "config.json is not valid JSON"),
    "pickles": (
        _instead_of_weights("pytorch_model.bin"),
        r"another format only \(pytorch_model.bin\).*save_pretrained",
    ),
    "no weights": (_instead_of_weights(""), "no weights: neither model.safetensors nor"),
    "no index": (
        _instead_of_weights("model-00001-of-00002.safetensors"),
        "model-00001-of-00002.safetensors, but neither",
    ),
    "a shard is missing": (_shards, "1 of 2 files that .* names are missing, such as model-2.safetensors"),
    "truncated": (_cut, "model.safetensors is not a complete safetensors file"),
    "empty": (lambda f: (f / "model.safetensors").write_bytes(b""), "not a complete safetensors file"),
    "a pointer": (
        lambda f: (f / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n"),
        "git lfs pull",
    ),
    "other sizes": (
        lambda f: write_weights(f, CONFIG | {"intermediate_size": 16}),
        r"layers.0.mlp.gate_proj.weight has the shape \(16, 8\), but config.json .* \(12, 8\)",
    ),
    "too few tensors": (
        lambda f: write_weights(f, CONFIG | {"num_hidden_layers": 1}),
        "lack the tensor model.layers.1.",
    ),
    "too many tensors": (
        lambda f: write_weights(f, CONFIG | {"attention_bias": True}),
        "hold 8 tensors .* such as model.layers.0.self_attn.k_proj.bias",
    ),
    "whole numbers": (
        lambda f: save_file({"model.norm.weight": numpy.zeros(8, "i1")}, f / "model.safetensors"),
        "numbers of the type I8",
    ),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer.json"),
    "code in the tokenizer": (
        lambda f: write_json(f / "tokenizer_config.json", auto_map={"AutoTokenizer": ["x.Y", None]}),
        "tokenizer_config.json has 'auto_map'",
    ),
    "no chat template": (lambda f: (f / "chat_template.jinja").unlink(), "no chat template .* -Instruct or -it"),
    "a token too many": (_token_without_embedding, "the token 'd', for which the model, with its 'vocab_size' of 6"),
    "a template with a token too many": (
        lambda f: (f / "chat_template.jinja").write_text(CHATML + "<|image|>"),
        "the token '<|image|>'".replace("|", r"\|"),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_folder_that_cannot_be_used_is_refused(folder, name):
    change, reason = REFUSALS[name]
    change(folder)
    with pytest.raises(ModelRefused, match=reason):
        check_folder(folder)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ModelRefused, match="there is no folder"):
        check_folder(tmp_path / "nothing")


def test_harmless_differences_are_accepted(folder):
    """Shared weights under both names, frequencies of the rotary embeddings, and a chat template in the older place."""
    frequencies = {"model.layers.0.self_attn.rotary_emb.inv_freq": (2,)}
    write_weights(folder, file="model-1.safetensors", **frequencies, **{"lm_head.weight": (6, 8)})
    (folder / "model.safetensors").unlink()
    write_json(folder / "model.safetensors.index.json", weight_map={"any": "model-1.safetensors"})
    (folder / "chat_template.jinja").unlink()
    templates = [{"name": "tool_use", "template": "?"}, {"name": "default", "template": CHATML}]
    write_json(folder / "tokenizer_config.json", chat_template=templates)
    check_folder(folder)


def test_the_tokenizer_returns_only_tokens_that_the_model_has(folder):
    tokenizer = load_tokenizer(folder, 6)
    assert tokenizer.encode("a<|im_end|><|image|>b").ids[:2] == [0, 5]
    assert max(tokenizer.encode("a<|im_end|><|image|>b").ids) == 5
    assert stop_ids(folder, tokenizer) == {5}
    write_json(folder / "generation_config.json", eos_token_id=[4, 2])
    assert stop_ids(folder, tokenizer) == {2, 4, 5}
