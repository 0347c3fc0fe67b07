"""Which models the platform can use: the check of a Hugging Face folder before anything is done with it.

A model is used for training and for serving, which load it with different libraries and would fail in as many ways,
minutes later. Everything that can be said from the configuration and the headers of the files is said here.
"""

from __future__ import annotations

from pathlib import Path

from nemo_local.model.errors import ModelRefused
from nemo_local.model.facts import ARCHITECTURES, ModelFacts, facts
from nemo_local.model.tokenizer_files import check_tokenizer, read_json
from nemo_local.model.weights import check_weights

__all__ = ["ARCHITECTURES", "ModelFacts", "ModelRefused", "check_folder", "facts", "read_facts", "require_memory"]


def read_facts(folder: Path) -> ModelFacts:
    """The facts of a model that was checked before.

    Args:
        folder: with the model's ``config.json``: its Hugging Face folder, or its OpenVINO folder.

    Raises:
        ModelRefused: the folder has no configuration, or one that :func:`facts` refuses.
    """
    if not (folder / "config.json").is_file():
        raise ModelRefused(f"{folder} has no config.json, so it is not the folder of a Hugging Face model.")
    return facts(read_json(folder / "config.json"))


def check_folder(folder: Path) -> ModelFacts:
    """Check a model, and return its facts. No weights are loaded, and no code of the model is run.

    Args:
        folder: Hugging Face folder.

    Raises:
        ModelRefused: the platform cannot use the model.
    """
    if not folder.is_dir():
        raise ModelRefused(f"there is no folder {folder}. Check the path.")
    model = read_facts(folder)
    check_weights(folder, model)
    check_tokenizer(folder, model.vocab_size)
    return model


def require_memory(model: ModelFacts, available: int) -> None:
    """Check that the model can be trained and served on this machine, each at its own time.

    Args:
        model: its facts.
        available: memory that a process can have, in bytes.

    Raises:
        ModelRefused: with the memory needed and available.
    """
    for purpose, needed in (("training", model.training_bytes), ("serving", model.serving_bytes)):
        if needed > available:
            raise ModelRefused(
                f"{purpose} this model with {model.num_parameters / 1e6:,.0f} million parameters takes about "
                f"{needed / 2**30:.1f} GiB of memory, and {available / 2**30:.1f} GiB are available. Choose a smaller "
                "model, close other programs, or use a machine with more memory."
            )
