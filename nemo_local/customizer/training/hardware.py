"""What a training computes on: the device, and the number format that is faster there."""

from __future__ import annotations

import math
import time
from functools import cache

import torch

# Rows, inputs and outputs of the products that are timed: about those of a small model's linear layers.
_PRODUCT = (1024, 576, 1536)
# Products of each format, of which the fastest counts: another program may disturb most of them.
_ROUNDS = 10


@cache
def pick_device() -> tuple[torch.device, torch.dtype]:
    """The device to train on and the number format of the frozen weights and activations.

    On a CPU this is bfloat16 only where it multiplies faster than float32. The processor's flags do not say: Intel's
    with matrix units (AMX) are several times as fast with it, and AMD's with AVX-512 bfloat16 about twice, but where a
    virtual machine hides the matrix units, Intel's are left with the instructions that AMD's have, and are half as fast
    with them as in float32. So a few products are timed, which takes some tenths of a second. A CPU that would emulate
    bfloat16 is not asked: that takes far longer, and is never faster.
    """
    if torch.cuda.is_available():
        return torch.device("cuda"), torch.bfloat16
    if not has_bfloat16():
        return torch.device("cpu"), torch.float32
    seconds = product_seconds()
    return torch.device("cpu"), min(seconds, key=seconds.__getitem__)


def computes(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether a device has instructions for a number format, and need not emulate it."""
    return device.type != "cpu" or dtype == torch.float32 or has_bfloat16()


def has_bfloat16() -> bool:
    """Whether the CPU has instructions that multiply bfloat16, and need not emulate it."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def product_seconds() -> dict[torch.dtype, float]:
    """Seconds that one matrix product takes on the CPU in either number format: the fastest of several, taken in turns,
    as a processor's speed may drift."""
    rows, inputs, outputs = _PRODUCT
    operands = {
        dtype: (torch.zeros(rows, inputs, dtype=dtype), torch.zeros(outputs, inputs, dtype=dtype))
        for dtype in (torch.float32, torch.bfloat16)
    }
    fastest = dict.fromkeys(operands, math.inf)
    for _ in range(_ROUNDS):
        for dtype, (x, weight) in operands.items():
            began = time.perf_counter()
            torch.nn.functional.linear(x, weight)
            fastest[dtype] = min(fastest[dtype], time.perf_counter() - began)
    return fastest
