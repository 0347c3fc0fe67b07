"""The safety model as PyTorch sees it: the lower half of the encoder, and a linear layer over 25 answers.

The lower half, because the upper layers were trained to tell *topics* apart, and "kill a process" and "kill a person" are
told apart by something else. Measured on the validation rows: see the model card.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModel
from transformers.utils import logging as transformers_logging

from nemo_local.safety.policy import CATEGORIES
from nemo_local.safety.rows import SAFE

#: What the model chooses from: safe, or one of the categories.
ANSWERS = (SAFE, *CATEGORIES)
LAYERS = 3
_HIDDEN = 384


class SafetyNet(torch.nn.Module):
    """Token ids in, a score for each of ``ANSWERS`` out.

    Args:
        encoder: folder of the encoder.
        layers: how many of its layers are used.
    """

    def __init__(self, encoder: Path, layers: int = LAYERS) -> None:
        super().__init__()
        transformers_logging.set_verbosity_error()  # it warns of the layers that are left out
        self.encoder = AutoModel.from_pretrained(
            encoder, num_hidden_layers=layers, add_pooling_layer=False, attn_implementation="eager"
        )
        self.head = torch.nn.Linear(_HIDDEN, len(ANSWERS))
        self.eval()

    def embed(self, input_ids: torch.Tensor) -> torch.Tensor:
        """The mean of the tokens' vectors; texts in one batch have as many tokens each."""
        return self.encoder(input_ids=input_ids).last_hidden_state.mean(1)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.embed(input_ids))

    def save(self, path: Path, threshold: float) -> None:
        """Write what was learnt, and the threshold that goes with it."""
        learnt = {name: value.detach().contiguous() for name, value in self.head.named_parameters()}
        save_file(learnt, path, metadata={"threshold": f"{threshold:.4f}"})

    def load(self, path: Path) -> float:
        """Read what was learnt; gives the threshold."""
        with safe_open(path, framework="pt") as file:
            self.head.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
            return float(file.metadata()["threshold"])
