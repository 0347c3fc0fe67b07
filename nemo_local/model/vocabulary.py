"""The text of every token, for the part of OpenVINO GenAI that holds an answer to a grammar.

It reads the vocabulary from the exported detokenizer, and takes it literally. The tokens of byte-level tokenizers are
exported as the bytes that they stand for, but those of tokenizers in the style of SentencePiece as they are written:
``\N{LOWER ONE EIGHTH BLOCK}`` for a space, ``<0x0A>`` for a byte. No grammar with a space in it could then be followed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from nemo_local.model.tokenizer_files import TOKENIZER, load_tokenizer, read_json

if TYPE_CHECKING:
    import openvino

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def write_token_texts(detokenizer: openvino.Model, folder: Path, vocab_size: int) -> None:
    """Give the exported detokenizer the text of its tokens, where it does not have it yet.

    Args:
        detokenizer: changed in place. The NIM decodes with the Hugging Face tokenizer instead.
        folder: Hugging Face folder of the model.
        vocab_size: number of tokens that the model has embeddings for.
    """
    import openvino

    document = read_json(folder / TOKENIZER)
    steps = _steps(document.get("decoder") or {})
    if any(step["type"] == "ByteLevel" for step in steps):
        return
    texts = token_texts(load_tokenizer(folder, vocab_size), steps)
    ends = np.cumsum([len(text) for text in texts], dtype=np.int32)
    begins = np.concatenate([[0], ends[:-1]]).astype(np.int32)
    (operation,) = (op for op in detokenizer.get_ops() if op.get_type_name() == "VocabDecoder")
    # Inputs 1 to 3 are the vocabulary in the form of OpenVINO's string tensors; input 0 is the tokens to decode.
    for index, array in enumerate((begins, ends, np.frombuffer(b"".join(texts), dtype=np.uint8)), start=1):
        operation.input(index).replace_source_output(openvino.op.Constant(array).output(0))


def token_texts(tokenizer: Tokenizer, steps: list[dict[str, Any]]) -> list[bytes]:
    """What each token contributes to a text, in the order of their numbers. Special tokens contribute nothing: they
    have no text, so no grammar lets them stand for one.

    Args:
        tokenizer: one that is not byte-level.
        steps: of its decoder, as ``tokenizer.json`` has them.
    """
    replaced = {}
    for step in steps:
        if step["type"] == "Metaspace":
            replaced[step["replacement"]] = " "
        elif step["type"] == "Replace" and "String" in step["pattern"]:
            replaced[step["pattern"]["String"]] = step["content"]
    added = tokenizer.get_added_tokens_decoder()
    vocabulary = tokenizer.get_vocab()
    texts = [b""] * (max(vocabulary.values()) + 1)
    for token, number in vocabulary.items():
        if number in added:
            texts[number] = b"" if added[number].special else token.encode()
        elif byte := _BYTE.fullmatch(token):
            texts[number] = bytes.fromhex(byte[1])
        else:
            for written, meant in replaced.items():
                token = token.replace(written, meant)
            texts[number] = token.encode()
    return texts


def _steps(decoder: dict[str, Any]) -> list[dict[str, Any]]:
    return decoder["decoders"] if decoder.get("type") == "Sequence" else [decoder] if decoder else []
