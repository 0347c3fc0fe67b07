"""What the platform has to know about a language model, read from its configuration.

The five architectures share one decoder block (RMS norms, grouped-query attention with rotary embeddings, a gated
feed-forward network) and its parameter names. They differ in a few biases and norms, which the table below lists, and
in what a configuration file may leave out.

Only JSON is read here. The torch model of a configuration would tell the same, seconds later: the platform's servers do
not load torch, and the test suite compares the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nemo_local.model.errors import ModelRefused


@dataclass(frozen=True)
class _Architecture:
    """What sets an architecture apart.

    Args:
        model_type: by which transformers chooses its code.
        defaults: values of fields that a configuration may leave out, as transformers' configuration class has them.
        qkv_bias: queries, keys and values always have biases, whatever the configuration says.
        head_norms: queries and keys are normalized.
        sandwich_norms: the outputs of attention and feed-forward network are normalized, too.
    """

    model_type: str
    defaults: dict[str, Any]
    qkv_bias: bool = False
    head_norms: bool = False
    sandwich_norms: bool = False


_ARCHITECTURES = {
    "LlamaForCausalLM": _Architecture("llama", {"max_position_embeddings": 2048}),
    "Qwen2ForCausalLM": _Architecture("qwen2", {"max_position_embeddings": 32_768}, qkv_bias=True),
    "Qwen3ForCausalLM": _Architecture("qwen3", {"max_position_embeddings": 32_768, "head_dim": 128}, head_norms=True),
    "Gemma3ForCausalLM": _Architecture(
        "gemma3_text",
        {
            "max_position_embeddings": 131_072,
            "head_dim": 256,
            "num_key_value_heads": 4,
            "sliding_window": 4096,
            "tie_word_embeddings": True,
            "vocab_size": 262_208,
            "num_attention_heads": 8,
        },
        head_norms=True,
        sandwich_norms=True,
    ),
    "SmolLM3ForCausalLM": _Architecture("smollm3", {"max_position_embeddings": 32_768, "tie_word_embeddings": True}),
}
ARCHITECTURES = tuple(_ARCHITECTURES)

# Rotary embeddings whose angles depend on nothing but the position. Those of the other types change with the length of
# the text, so that an answer would depend on what it is computed together with.
_ROPE_TYPES = ("default", "linear", "llama3", "yarn")

# KV cache of one engine, allocated as it fills: at most 1,024 blocks of 32 tokens and at most 0.75 GB, which is what so
# many blocks of SmolLM2-135M take.
KV_BLOCK_TOKENS = 32
_MAX_KV_BLOCKS = 1024
_MAX_KV_BYTES = 1024 * 32 * 23_040

# What one forward and backward pass of the training may keep: 2.9 GB. A training of SmolLM2-135M then takes 4.4 GB,
# half of a laptop with 8 GiB, which also runs the platform and a notebook. Any two rows of the course's data set fit in
# one pass of that model (1,700 tokens; the rows have at most 995 each, of which they share 252).
_PASS_BYTES = 1700 * 1_704_960
# Logits that are in memory together in the training, of which the loss needs about four copies in float32: 0.4 GB.
_LOGITS_AT_ONCE = 512 * 49_152
# A process with torch, or with OpenVINO: 0.35 GB.
_PROCESS_BYTES = 350_000_000


@dataclass(frozen=True)
class ModelFacts:
    """A model's sizes. Names are those of Hugging Face configurations, where those have one.

    Attributes:
        architecture: as in ``architectures`` of ``config.json``.
        context_length: most tokens of prompt and answer together.
        num_parameters: tied embeddings counted once.
        sliding_window: tokens that some layers attend to at most; None if all layers attend to all.
        qkv_bias, o_bias, mlp_bias: whether these linear layers have biases.
        tied_embeddings: whether the output layer uses the weights of the embedding.
    """

    architecture: str
    num_layers: int
    hidden_size: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    context_length: int
    sliding_window: int | None
    qkv_bias: bool
    o_bias: bool
    mlp_bias: bool
    tied_embeddings: bool

    @property
    def projections(self) -> dict[str, tuple[int, int]]:
        """Input and output size of every linear layer of a block."""
        queries, keys = self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        return {
            "q_proj": (self.hidden_size, queries),
            "k_proj": (self.hidden_size, keys),
            "v_proj": (self.hidden_size, keys),
            "o_proj": (queries, self.hidden_size),
            "gate_proj": (self.hidden_size, self.intermediate_size),
            "up_proj": (self.hidden_size, self.intermediate_size),
            "down_proj": (self.intermediate_size, self.hidden_size),
        }

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor of a checkpoint."""
        shapes: dict[str, tuple[int, ...]] = {
            "model.embed_tokens.weight": (self.vocab_size, self.hidden_size),
            "model.norm.weight": (self.hidden_size,),
        }
        if not self.tied_embeddings:
            shapes["lm_head.weight"] = (self.vocab_size, self.hidden_size)
        block = self._block_shapes()
        for layer in range(self.num_layers):
            shapes |= {f"model.layers.{layer}.{name}": shape for name, shape in block.items()}
        return shapes

    def _block_shapes(self) -> dict[str, tuple[int, ...]]:
        special = _ARCHITECTURES[self.architecture]
        biased = dict.fromkeys(("q_proj", "k_proj", "v_proj"), self.qkv_bias) | {"o_proj": self.o_bias}
        shapes: dict[str, tuple[int, ...]] = {}
        for name, (size_in, size_out) in self.projections.items():
            path = f"{'self_attn' if name in biased else 'mlp'}.{name}"
            shapes[f"{path}.weight"] = (size_out, size_in)
            if biased.get(name, self.mlp_bias):
                shapes[f"{path}.bias"] = (size_out,)
        norms = ["input_layernorm", "post_attention_layernorm"]
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if special.sandwich_norms else []
        shapes |= {f"{name}.weight": (self.hidden_size,) for name in norms}
        if special.head_norms:
            shapes |= {f"self_attn.{name}.weight": (self.head_dim,) for name in ("q_norm", "k_norm")}
        return shapes

    @property
    def num_parameters(self) -> int:
        embedding = self.vocab_size * self.hidden_size
        total = (1 if self.tied_embeddings else 2) * embedding + self.hidden_size
        return total + self.num_layers * sum(math.prod(shape) for shape in self._block_shapes().values())

    @property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in float16, in bytes."""
        return 2 * 2 * self.num_layers * self.num_kv_heads * self.head_dim

    @property
    def kv_blocks(self) -> int:
        """Blocks of the KV cache of one engine, at least one."""
        return max(1, min(_MAX_KV_BLOCKS, _MAX_KV_BYTES // (KV_BLOCK_TOKENS * self.kv_bytes_per_token)))

    @property
    def kept_bytes_per_token(self) -> int:
        """What a forward pass in float32 keeps of one token for the backward pass, in bytes.

        A rule fitted to SmolLM2-135M, of which 1.7 MB were measured: of each layer 8 vectors of the hidden size (16 if
        it has four norms instead of two), 4 of the queries' and of the feed-forward network's, and 6 of the keys'.
        """
        queries, keys = self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        hidden = (16 if _ARCHITECTURES[self.architecture].sandwich_norms else 8) * self.hidden_size
        return 4 * self.num_layers * (hidden + 4 * queries + 6 * keys + 4 * self.intermediate_size)

    @property
    def tokens_per_pass(self) -> int:
        """Most tokens of one forward and backward pass; what is longer is computed twice instead of kept."""
        return max(1, _PASS_BYTES // self.kept_bytes_per_token)

    @property
    def answer_tokens_at_once(self) -> int:
        """Answer tokens whose logits are in memory together in the training."""
        return max(1, _LOGITS_AT_ONCE // self.vocab_size)

    @property
    def training_bytes(self) -> int:
        """Estimate of the memory that a training takes, in bytes: the weights in float32, those of the linear layers
        once more with the adapter added, what a pass keeps, four copies of the logits, and the process itself. In
        bfloat16 it takes about half of it."""
        linear = self.num_layers * sum(size_in * size_out for size_in, size_out in self.projections.values())
        return 4 * (self.num_parameters + linear) + _PASS_BYTES + 4 * 4 * _LOGITS_AT_ONCE + _PROCESS_BYTES

    @property
    def serving_bytes(self) -> int:
        """Estimate of the memory that one engine takes with its cache full, in bytes: the weights in float32, as they
        are once an adapter has been added to them, the KV cache, and the process itself."""
        cache = self.kv_blocks * KV_BLOCK_TOKENS * self.kv_bytes_per_token
        return 4 * self.num_parameters + cache + _PROCESS_BYTES


def facts(config: dict[str, Any]) -> ModelFacts:
    """The facts in a configuration.

    Args:
        config: the content of ``config.json``.

    Raises:
        ModelRefused: the platform has no support for such a model, or a value makes no sense.
    """
    if not isinstance(config, dict):
        raise ModelRefused("config.json is not a JSON object. Download the model again.")
    named = config.get("architectures")
    architecture = named[0] if isinstance(named, list) and len(named) == 1 else named
    if architecture not in ARCHITECTURES:
        what = f"the architecture {architecture}" if architecture else "no 'architectures' in its config.json"
        raise ModelRefused(f"the model has {what}; supported are {', '.join(ARCHITECTURES)}. Choose one of these.")
    if config.get("auto_map"):
        raise ModelRefused(
            "config.json has 'auto_map': the model comes with Python code of its own, which is never run here. Choose "
            "a model that works with transformers alone."
        )
    if config.get("quantization_config"):
        raise ModelRefused(
            "config.json has 'quantization_config': the weights are quantized, which training cannot use. Choose the "
            "model's original checkpoint in float32, bfloat16 or float16."
        )
    if config.get("use_bidirectional_attention"):
        raise ModelRefused("config.json says 'use_bidirectional_attention': the model does not generate text.")
    special = _ARCHITECTURES[architecture]
    if config.get("model_type") != special.model_type:
        raise ModelRefused(
            f"config.json has the 'model_type' {config.get('model_type')!r}; that of a {architecture} is "
            f"{special.model_type!r}. Download the model again."
        )
    _check_rope(config)
    values = {**special.defaults, **{key: value for key, value in config.items() if value is not None}}

    def size(name: str, default: int | None = None) -> int:
        value = values.get(name, default)
        if type(value) is not int or value < 1:
            said = "is missing" if value is None else f"is {value!r}"
            raise ModelRefused(f"{name!r} {said} in config.json; it must be a positive integer. Download it again.")
        return value

    hidden, heads = size("hidden_size"), size("num_attention_heads")
    kv_heads, head_dim = size("num_key_value_heads", heads), size("head_dim", hidden // heads)
    if heads % kv_heads or head_dim % 2:
        raise ModelRefused(
            f"config.json has {heads} attention heads of {head_dim} and {kv_heads} key-value heads: the first must be "
            "a multiple of the last, and the size of a head must be even. Download it again."
        )
    attention_bias = bool(values.get("attention_bias")) and architecture != "Qwen2ForCausalLM"
    return ModelFacts(
        architecture=architecture,
        num_layers=size("num_hidden_layers"),
        hidden_size=hidden,
        num_heads=heads,
        num_kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate_size=size("intermediate_size"),
        vocab_size=size("vocab_size"),
        context_length=size("max_position_embeddings"),
        sliding_window=size("sliding_window") if _slides(architecture, values) else None,
        qkv_bias=special.qkv_bias or attention_bias,
        o_bias=attention_bias,
        mlp_bias=bool(values.get("mlp_bias")) and architecture in ("LlamaForCausalLM", "SmolLM3ForCausalLM"),
        tied_embeddings=bool(values.get("tie_word_embeddings", False)),
    )


def _check_rope(config: dict[str, Any]) -> None:
    parameters = config.get("rope_parameters") or config.get("rope_scaling") or {}
    # Gemma 3 has one set of parameters for each kind of layer.
    sets = [one for one in parameters.values() if isinstance(one, dict)] or [parameters]
    for one in sets:
        kind = one.get("rope_type") or one.get("type") or "default"
        if kind not in _ROPE_TYPES:
            raise ModelRefused(
                f"the model's rotary embeddings are of the type {kind!r}; supported are {', '.join(_ROPE_TYPES)}. "
                "Choose another model."
            )


def _slides(architecture: str, values: dict[str, Any]) -> bool:
    """Whether some layers attend to a window only. For missing fields, the defaults are those of transformers."""
    if architecture == "LlamaForCausalLM":
        return False
    if architecture != "Gemma3ForCausalLM" and not values.get("use_sliding_window"):
        return False
    layer_types = values.get("layer_types")
    if layer_types is not None:
        return "sliding_attention" in layer_types
    if architecture in ("Qwen2ForCausalLM", "Qwen3ForCausalLM"):
        return values.get("max_window_layers", 28) < values.get("num_hidden_layers", 0)
    return values.get("sliding_window") is not None
