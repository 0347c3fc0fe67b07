"""Models of two small layers with random weights, one of each architecture: with the chat template, the control tokens
and the kind of tokenizer of their families."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from chat_forms import CHATML, GEMMA, LLAMA3, QWEN3, SMOLLM3
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    SmolLM3Config,
    SmolLM3ForCausalLM,
)

_SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}


@dataclass(frozen=True)
class Family:
    """What sets a family of models apart.

    Args:
        model, config: transformers' classes.
        template: in the form of the family's chat template.
        end: the token that ends a turn.
        eos: of the tokenizer.
        special: the other control tokens.
        plain: added tokens that are not marked as special.
        changes: to the sizes that all of them share.
    """

    model: type[PreTrainedModel]
    config: type
    template: str
    end: str
    eos: str
    special: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    bos: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)


FAMILIES = {
    "LlamaForCausalLM": Family(
        LlamaForCausalLM,
        LlamaConfig,
        LLAMA3,
        end="<|eot_id|>",
        eos="<|eot_id|>",
        special=("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>"),
        bos="<|begin_of_text|>",
        changes={"tie_word_embeddings": True},
    ),
    "Qwen2ForCausalLM": Family(
        Qwen2ForCausalLM, Qwen2Config, CHATML, end="<|im_end|>", eos="<|im_end|>", special=("<|im_start|>",)
    ),
    "Qwen3ForCausalLM": Family(
        Qwen3ForCausalLM,
        Qwen3Config,
        QWEN3,
        end="<|im_end|>",
        eos="<|im_end|>",
        special=("<|im_start|>", "<|endoftext|>"),
        plain=("<think>", "</think>", "<tool_response>", "</tool_response>"),
        changes={"head_dim": 32},
    ),
    "Gemma3ForCausalLM": Family(
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        GEMMA,
        end="<end_of_turn>",
        eos="<eos>",
        special=("<bos>", "<start_of_turn>"),
        plain=("\n\n",),
        bos="<bos>",
        changes={
            "head_dim": 32,
            "query_pre_attn_scalar": 24,
            "sliding_window": 8,
            "layer_types": ["sliding_attention", "full_attention"],
        },
    ),
    "SmolLM3ForCausalLM": Family(
        SmolLM3ForCausalLM,
        SmolLM3Config,
        SMOLLM3,
        end="<|im_end|>",
        eos="<|im_end|>",
        special=("<|im_start|>",),
        plain=("<think>", "</think>"),
        changes={"no_rope_layers": [1, 0]},
    ),
}


def tiny_model(architecture: str, tokens: int, attention: str = "eager", **changes: Any) -> PreTrainedModel:
    """The model, with the same weights each time.

    The weights are multiples of a power of two, and each row of a matrix has the first and the last of 256 multiples:
    rounded to 8 bits they stay as they are. Biases and norms are not those that a new model has (0 and 1), where an
    error in their use would not be seen. The embeddings are small, or the model would repeat its input.

    Args:
        architecture: one of ``FAMILIES``.
        tokens: size of the vocabulary.
        attention: transformers' name of the attention.
        changes: to the configuration.
    """
    family = FAMILIES[architecture]
    values = {**_SIZES, "pad_token_id": 0, "eos_token_id": 0, "bos_token_id": 0, **family.changes, **changes}
    config = family.config(vocab_size=tokens, attn_implementation=attention, **values)
    model = family.model(config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            numbers = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 2:
                order = numbers.argsort(dim=1)
                numbers = (numbers * 32).round().clamp(-128, 127)
                numbers.scatter_(1, order[:, :1], -128).scatter_(1, order[:, -1:], 127)
                parameter.copy_(numbers * (2**-10 if "embed" in name else 2**-7))
            else:
                parameter.add_(numbers * 0.2)
    return model.eval()


def tiny_tokenizer(architecture: str) -> PreTrainedTokenizerFast:
    """A tokenizer of bytes or, for Gemma, of characters and the bytes of the others; with the chat template."""
    family = FAMILIES[architecture]
    if architecture == "Gemma3ForCausalLM":
        pieces = [*(f"<0x{byte:02X}>" for byte in range(256)), "\n", *map(chr, range(33, 127)), "▁"]
        tokenizer = Tokenizer(
            models.BPE(vocab={piece: n for n, piece in enumerate(pieces)}, merges=[], byte_fallback=True)
        )
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    else:
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer = Tokenizer(models.BPE(vocab={byte: n for n, byte in enumerate(alphabet)}, merges=[]))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
    special = dict.fromkeys((family.end, family.eos, *family.special))
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in family.plain])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=family.bos,
        eos_token=family.eos,
        pad_token=family.eos,
        chat_template=family.template,
        clean_up_tokenization_spaces=False,
    )


def write_tiny_model(architecture: str, folder: Path, **changes: Any) -> Path:
    """Write the Hugging Face folder of a tiny model.

    Args:
        architecture: one of ``FAMILIES``.
        folder: where to.
        changes: to the configuration.
    """
    tokenizer = tiny_tokenizer(architecture)
    family = FAMILIES[architecture]
    ends = sorted({tokenizer.convert_tokens_to_ids(token) for token in (family.end, family.eos)})
    ids = {"eos_token_id": ends, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": tokenizer.bos_token_id}
    embeddings = -(-len(tokenizer) // 64) * 64  # a multiple, so that some belong to no token: models often have such
    tiny_model(architecture, embeddings, **ids, **changes).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
