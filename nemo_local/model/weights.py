"""The weights of a Hugging Face folder, checked by the headers of their files: no tensor is loaded."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from nemo_local.model.errors import ModelRefused
from nemo_local.model.facts import ModelFacts

SINGLE_FILE, INDEX = "model.safetensors", "model.safetensors.index.json"
_OTHER_FORMATS = ("*.bin", "*.pt", "*.pth", "*.h5", "*.msgpack", "*.gguf")
_DTYPES = {"F64", "F32", "BF16", "F16"}
_LFS_POINTER = b"version "
_AGAIN = "Download the model again"


def check_weights(folder: Path, model: ModelFacts) -> None:
    """Check that the files are complete, and that they hold the model's tensors in their shapes and no others.

    Args:
        folder: Hugging Face folder.
        model: the facts of its configuration.

    Raises:
        ModelRefused: with the file or the tensor that is wrong.
    """
    found: dict[str, tuple[int, ...]] = {}
    for file in weight_files(folder):
        found |= _shapes(file)
    expected = model.tensor_shapes
    if model.tied_embeddings:  # a checkpoint may hold the shared weights under both names
        found.pop("lm_head.weight", None)
    # Old checkpoints hold the frequencies of the rotary embeddings, which transformers computes.
    found = {name: shape for name, shape in found.items() if not name.endswith("rotary_emb.inv_freq")}
    for name, shape in expected.items():
        if name not in found:
            raise ModelRefused(f"the weights lack the tensor {name}, which a {model.architecture} has. {_AGAIN}.")
        if found[name] != shape:
            raise ModelRefused(
                f"the tensor {name} has the shape {found[name]}, but config.json describes a model where it has "
                f"{shape}: the two do not belong together. {_AGAIN}."
            )
    if unknown := sorted(found.keys() - expected.keys()):
        raise ModelRefused(
            f"the weights hold {len(unknown)} tensors that config.json gives no place to, such as {unknown[0]}: the "
            "model would be another one without them. Use a complete checkpoint (an adapter must be merged first)."
        )


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that transformers would load.

    Raises:
        ModelRefused: there are none, or some are missing.
    """
    if (folder / SINGLE_FILE).is_file():
        return [folder / SINGLE_FILE]
    if (folder / INDEX).is_file():
        return _shards(folder)
    others = [file.name for pattern in _OTHER_FORMATS for file in sorted(folder.glob(pattern))]
    if others:
        raise ModelRefused(
            f"the folder has weights in another format only ({others[0]}), and safetensors files alone are read, "
            "because they cannot contain code. If you trust its source, convert it: load it with "
            "transformers.AutoModelForCausalLM.from_pretrained(folder) and call save_pretrained(new_folder) of the "
            "model and of its tokenizer."
        )
    if loose := sorted(folder.glob("*.safetensors")):
        raise ModelRefused(
            f"the folder has {loose[0].name}, but neither {SINGLE_FILE} nor {INDEX}. {_AGAIN}, entirely."
        )
    raise ModelRefused(f"the folder has no weights: neither {SINGLE_FILE} nor {INDEX}. {_AGAIN}, entirely.")


def _shards(folder: Path) -> list[Path]:
    try:
        names = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
        missing = [name for name in names if not (folder / name).is_file()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelRefused(f"{INDEX} is not a valid index ({error!r}). {_AGAIN}.") from None
    if missing:
        raise ModelRefused(
            f"{len(missing)} of {len(names)} files that {INDEX} names are missing, such as {missing[0]}. {_AGAIN}, "
            "entirely."
        )
    return [folder / name for name in names]


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor in a safetensors file. The library checks that the file is complete."""
    with file.open("rb") as stream:
        if stream.read(len(_LFS_POINTER)) == _LFS_POINTER:
            raise ModelRefused(f"{file.name} is a Git LFS pointer, not the weights. Run `git lfs pull` in the folder.")
    try:
        with safe_open(file, framework="numpy") as tensors:
            slices = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118
            shapes = {name: tuple(one.get_shape()) for name, one in slices.items()}
            dtypes = {one.get_dtype() for one in slices.values()}
    except SafetensorError:
        raise ModelRefused(f"{file.name} is not a complete safetensors file. {_AGAIN}.") from None
    if strange := dtypes - _DTYPES:
        raise ModelRefused(
            f"{file.name} holds numbers of the type {min(strange)}; weights must be float32, bfloat16 or float16. "
            "Choose the model's original checkpoint."
        )
    return shapes
