"""The safety model as PyTorch sees it: the encoder, small changes to it (LoRA), and a linear layer over 25 answers.

Used to train it, and once to convert it for serving. What is learnt fits into about a megabyte and is committed; the
encoder itself is not.
"""

from __future__ import annotations

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModel

from nemo_local.safety.policy import CATEGORIES
from nemo_local.safety.rows import SAFE

#: What the model chooses from: safe, or one of the categories.
ANSWERS = (SAFE, *CATEGORIES)
_RANK = 16
_HIDDEN = 384
#: Mean-pooled vectors of this encoder have entries around 0.05; the linear layer learns faster from larger ones.
_SCALE = 4.0


class SafetyNet(torch.nn.Module):
    """Token ids in, a score for each of ``ANSWERS`` out.

    Args:
        encoder: folder of the encoder.
    """

    def __init__(self, encoder: Path) -> None:
        super().__init__()
        lora = LoraConfig(
            r=_RANK, lora_alpha=2 * _RANK, lora_dropout=0.1, target_modules=["query", "key", "value", "dense"]
        )
        self.encoder = get_peft_model(AutoModel.from_pretrained(encoder, add_pooling_layer=False), lora)
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(_HIDDEN, len(ANSWERS))
        torch.nn.init.zeros_(self.head.weight)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        return self.head(self.dropout((states * mask).sum(1) / mask.sum(1) * _SCALE))

    def save(self, path: Path, threshold: float) -> None:
        """Write what was learnt, in half precision, and the threshold that goes with it."""
        learnt = {
            name: value.detach().to(torch.float16).contiguous()
            for name, value in self.named_parameters()
            if value.requires_grad
        }
        save_file(learnt, path, metadata={"threshold": f"{threshold:.4f}"})

    def load(self, path: Path) -> float:
        """Read what was learnt; gives the threshold. The net is then ready to judge."""
        with safe_open(path, framework="pt") as file:
            learnt = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
            threshold = float(file.metadata()["threshold"])
        _, unexpected = self.load_state_dict(learnt, strict=False)
        trainable = {name for name, value in self.named_parameters() if value.requires_grad}
        if unexpected or trainable != set(learnt):
            raise ValueError(f"{path.name} does not belong to this net")
        self.encoder = self.encoder.merge_and_unload()
        self.eval()
        return threshold
