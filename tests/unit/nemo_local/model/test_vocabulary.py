"""The text of every token, as a grammar reads it."""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, models

from nemo_local.model.vocabulary import token_texts


def test_a_token_stands_for_what_it_adds_to_a_text():
    pieces = {"<0x0A>": 0, "<0xE2>": 1, "\N{LOWER ONE EIGHTH BLOCK}\N{LOWER ONE EIGHTH BLOCK}a": 2, "é": 3}
    tokenizer = Tokenizer(models.BPE(vocab=pieces, merges=[], byte_fallback=True))
    tokenizer.add_special_tokens([AddedToken("<eos>", special=True)])
    tokenizer.add_tokens([AddedToken("\n\n", special=False)])
    replace = {"type": "Replace", "pattern": {"String": "\N{LOWER ONE EIGHTH BLOCK}"}, "content": " "}
    metaspace = {"type": "Metaspace", "replacement": "\N{LOWER ONE EIGHTH BLOCK}"}
    for step in (replace, metaspace):
        texts = token_texts(tokenizer, [step, {"type": "ByteFallback"}])
        assert texts == [b"\n", b"\xe2", b"  a", "é".encode(), b"", b"\n\n"]
