"""The OpenVINO form of a model: what the NIM serves.

LoRA adapters are silently ignored on a model that OpenVINO GenAI reads straight from a GGUF, hence the export of the
Hugging Face folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from nemo_local.model import tokenizer_files
from nemo_local.model.architectures import read_facts
from nemo_local.model.vocabulary import write_token_texts

# What the NIM reads beside the exported model, as the model's authors wrote it.
_COPIED = (
    "config.json",
    tokenizer_files.GENERATION,
    tokenizer_files.TOKENIZER,
    tokenizer_files.CONFIG,
    tokenizer_files.TEMPLATE,
)


def write_openvino_model(hf_folder: Path, folder: Path) -> None:
    """Export a model with int8 weights. SmolLM2-135M takes about 40 s on 2 cores.

    Args:
        hf_folder: Hugging Face folder.
        folder: an existing one, which then has all that the NIM needs: IR, OpenVINO tokenizer and detokenizer, and the
            files of the Hugging Face folder that say how to use them.
    """
    # Imported here: these take seconds to load, and most processes of the platform never need them.
    import openvino
    import transformers
    from openvino_tokenizers import convert_tokenizer
    from optimum.exporters.openvino.model_configs import Gemma3TextOpenVINOConfig
    from optimum.intel import OVModelForCausalLM, OVWeightQuantizationConfig
    from transformers import AutoTokenizer

    # optimum-intel names a last version of transformers for Gemma 3, and with later ones refuses to export it. With the
    # versions that the platform pins, the exported model answers as transformers does: the test suite compares the two.
    Gemma3TextOpenVINOConfig.MAX_TRANSFORMERS_VERSION = transformers.__version__
    model = OVModelForCausalLM.from_pretrained(
        hf_folder, export=True, compile=False, quantization_config=OVWeightQuantizationConfig(bits=8)
    )
    model.save_pretrained(folder)
    for name in _COPIED:
        if (hf_folder / name).is_file():
            shutil.copyfile(hf_folder / name, folder / name)
    tokenizer = AutoTokenizer.from_pretrained(hf_folder)
    encoder, decoder = convert_tokenizer(tokenizer, with_detokenizer=True, skip_special_tokens=True)
    write_token_texts(decoder, hf_folder, read_facts(hf_folder).vocab_size)
    openvino.save_model(encoder, folder / "openvino_tokenizer.xml")
    openvino.save_model(decoder, folder / "openvino_detokenizer.xml")
