"""``python -m safety_training.train``: train the safety model and write what it learnt beside this file.

From a fixed seed, on one thread; the model card says how long it takes. The threshold is chosen on the validation and
the development rows together: they ask in different ways, and a threshold for one of them is wrong for the other. The
test rows are not looked at here.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from safetensors.numpy import save_file

from nemo_local.nim.safety.encoder import Encoder
from nemo_local.nim.safety.model import WEIGHTS, SafetyModel
from safety_training.learning import Network, Recipe, fit
from safety_training.rows import rows


def area(risk: np.ndarray, unsafe: np.ndarray) -> float:
    """The area under the ROC curve: the share of pairs of an unsafe and a safe row that are in the right order."""
    return float((risk[unsafe][:, None] > risk[~unsafe][None]).mean())


def balance(risk: np.ndarray, unsafe: np.ndarray) -> tuple[float, float]:
    """The threshold at which as many rows are called unsafe as there are, and the precision there, equal to the recall.

    Raises:
        ValueError: the risks on both sides of that threshold are the same, so that there is none.
    """
    ordered, count = np.sort(risk)[::-1], int(unsafe.sum())
    if ordered[count - 1] == ordered[count]:
        raise ValueError("no threshold has equal precision and recall: two rows beside it have the same risk")
    threshold = float((ordered[count - 1] + ordered[count]) / 2)
    return threshold, float((risk[unsafe] >= threshold).mean())


def learnt(network: Network) -> dict[str, np.ndarray]:
    """What is served: the changes to the encoder, and the network on top, in numbers of 16 bits."""
    tensors = {}
    for name, module in network.encoder.base_model.model.named_modules():
        if hasattr(module, "lora_A"):
            tensors[f"{name}.down"] = module.lora_A["default"].weight * module.scaling["default"]
            tensors[f"{name}.up"] = module.lora_B["default"].weight
    inner, outer = network.head[1], network.head[4]
    tensors |= {"inner.weight": inner.weight, "inner.bias": inner.bias}
    tensors |= {"outer.weight": outer.weight, "outer.bias": outer.bias}
    return {name: tensor.detach().numpy().astype(np.float16) for name, tensor in tensors.items()}


def main() -> None:
    """Train the network, choose the threshold and write the weights."""
    torch.set_num_threads(1)  # another number of threads adds up in another order, and other weights come out
    started = time.monotonic()
    tensors = learnt(fit(Encoder(), Recipe()))
    save_file(tensors, WEIGHTS, metadata={"threshold": "1"})
    chosen_on = [*rows("validation"), *rows("development")]
    model = SafetyModel()  # as it is served, so the threshold is one of what is served
    unsafe = np.array([row.unsafe for row in chosen_on])
    risk = np.array([model.judge(row.text).risk for row in chosen_on])
    threshold, right = balance(risk, unsafe)
    save_file(tensors, WEIGHTS, metadata={"threshold": f"{threshold:.6f}"})
    print(
        f"{len(chosen_on)} validation and development rows ({unsafe.sum()} unsafe): AUC {area(risk, unsafe):.3f}, "
        f"precision = recall = {right:.3f} at threshold {threshold:.6f}"
    )
    megabytes, minutes = WEIGHTS.stat().st_size / 1e6, (time.monotonic() - started) / 60
    print(f"{len(rows('train'))} training rows; {WEIGHTS.name}: {megabytes:.1f} MB; {minutes:.0f} minutes")


if __name__ == "__main__":
    main()
