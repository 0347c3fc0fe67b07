"""The tokenizer of a Hugging Face folder, as files: what is checked of them, and what several parts read from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from nemo_local.model.errors import ModelRefused

TOKENIZER, CONFIG, TEMPLATE = "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"
GENERATION = "generation_config.json"


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one if there is no such file.

    Raises:
        ModelRefused: the file has other content.
    """
    if not file.is_file():
        return {}
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelRefused(f"{file.name} is not valid JSON ({error}). Download the model again.") from None
    if not isinstance(value, dict):
        raise ModelRefused(f"{file.name} does not contain a JSON object. Download the model again.")
    return value


def chat_template_source(folder: Path) -> str:
    """The Jinja source of the model's chat template.

    Raises:
        ModelRefused: the model has none.
    """
    if (folder / TEMPLATE).is_file():
        return (folder / TEMPLATE).read_text(encoding="utf-8")
    template = read_json(folder / CONFIG).get("chat_template")
    if isinstance(template, list):  # several by name, as older versions of transformers wrote them
        template = {one["name"]: one["template"] for one in template}.get("default")
    if not isinstance(template, str) or not template:
        raise ModelRefused(
            f"the tokenizer has no chat template ({TEMPLATE}, or 'chat_template' in {CONFIG}), so the form "
            "in which the model reads a conversation is unknown. Choose an instruction-tuned model; their names often "
            "end with -Instruct or -it."
        )
    return template


def named_tokens(folder: Path) -> dict[str, str]:
    """The tokens that have a role, by its name: ``bos_token``, ``eos_token`` and others."""
    named = {}
    for name, value in read_json(folder / CONFIG).items():
        text = value.get("content") if isinstance(value, dict) else value
        if name.endswith("_token") and isinstance(text, str):
            named[name] = text
    return named


def load_tokenizer(folder: Path, vocab_size: int) -> Tokenizer:
    """The tokenizer, for training and serving alike.

    Args:
        folder: Hugging Face or OpenVINO folder.
        vocab_size: number of tokens that the model has embeddings for; the tokenizer returns no others.
    """
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    if any(number >= vocab_size for number in tokenizer.get_added_tokens_decoder()):
        document = read_json(folder / TOKENIZER)
        document["added_tokens"] = [one for one in document["added_tokens"] if one["id"] < vocab_size]
        tokenizer = Tokenizer.from_str(json.dumps(document))
    # The file keeps what the tokenizer was last used with.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def stop_ids(folder: Path, tokenizer: Tokenizer) -> set[int]:
    """The tokens with which the model's authors let an answer end.

    Args:
        folder: Hugging Face or OpenVINO folder.
        tokenizer: of the model.
    """
    stated = read_json(folder / GENERATION).get("eos_token_id")
    ids = set(stated if isinstance(stated, list) else [stated])
    ids.add(tokenizer.token_to_id(named_tokens(folder).get("eos_token", "")))
    return ids - {None}


def check_tokenizer(folder: Path, vocab_size: int) -> None:
    """Check that there is a tokenizer with a chat template, and that the model has an embedding for what it returns.

    Args:
        folder: Hugging Face folder.
        vocab_size: number of tokens that the model has embeddings for.

    Raises:
        ModelRefused: with what is wrong.
    """
    if not (folder / TOKENIZER).is_file():
        raise ModelRefused(
            f"the folder has no {TOKENIZER}. Download it again, entirely. A model that has another kind of tokenizer "
            "can be converted with transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)."
        )
    if read_json(folder / CONFIG).get("auto_map"):
        raise ModelRefused(
            f"{CONFIG} has 'auto_map': the tokenizer comes with Python code of its own, which is never run here. "
            "Choose a model that works with transformers alone."
        )
    template = chat_template_source(folder)
    for token, number in _beyond(read_json(folder / TOKENIZER), vocab_size).items():
        # A special token is taken out of every text, so one that the template does not write never occurs. (The text
        # models of Gemma 3 have one for images, and no embedding for it.)
        if number is None or token in template:
            raise ModelRefused(
                f"{TOKENIZER} has the token {token!r}, for which the model, with its 'vocab_size' of {vocab_size}, has "
                "no embedding: the two do not belong together. Download the model again."
            )


def _beyond(tokenizer: dict[str, Any], vocab_size: int) -> dict[str, int | None]:
    """The tokens without an embedding; the special ones with their number, the others with None."""
    model = tokenizer.get("model") or {}
    vocabulary = model.get("vocab") or {}
    if isinstance(vocabulary, dict):
        ids = vocabulary.items()
    else:  # Unigram: pairs of token and score, in order
        ids = ((entry[0], number) for number, entry in enumerate(vocabulary))
    added = {one["content"]: one for one in tokenizer.get("added_tokens") or []}
    beyond: dict[str, int | None] = {
        token: None for token, number in ids if number >= vocab_size and token not in added
    }
    for token, one in added.items():
        if one["id"] >= vocab_size:
            beyond[token] = one["id"] if one.get("special") else None
    return beyond
