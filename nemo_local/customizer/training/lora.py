"""PEFT LoRA layers, computed with fewer passes over memory.

PEFT's layer computes ``x W' + s (x A') B'``: one large and two thin products, a scaling and an addition, and the same
again in the backward pass. The thin products are limited by memory, not by arithmetic. Without dropout, the result
equals ``x (W + s B A)'``: the sum is computed once a step (about 1 % of the step's arithmetic), after which the forward
pass and the input gradient take one product each. The gradients of A and B are computed from x and the output gradient
directly, without the gradient of the full weight.

Parameters, initialisation and saved files stay PEFT's own (Hu et al. 2021, https://arxiv.org/abs/2106.09685).
"""

from __future__ import annotations

from types import MethodType

import torch
from peft.tuners.lora import Linear as LoraLinear

ADAPTER = "default"


class _MergedLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, merged, bias, a, b, scaling):
        ctx.save_for_backward(x, merged, a, b)
        ctx.scaling = scaling
        return torch.nn.functional.linear(x, merged, bias)

    @staticmethod
    def backward(ctx, grad):
        x, merged, a, b = ctx.saved_tensors  # read once: the tensors of a recomputed layer can be read only once
        adapter_dtype = a.dtype
        grad_x = grad @ merged if ctx.needs_input_grad[0] else None
        rows, grads = x.reshape(-1, x.shape[-1]), grad.reshape(-1, grad.shape[-1])
        a, b = a.to(grads.dtype), b.to(grads.dtype)
        grad_a = ((grads @ b).mul_(ctx.scaling).t() @ rows).to(adapter_dtype)
        grad_b = (grads.t() @ (rows @ a.t()).mul_(ctx.scaling)).to(adapter_dtype)
        return grad_x, None, None, grad_a, grad_b, None


def _forward(self: LoraLinear, x: torch.Tensor, *args, **kwargs) -> torch.Tensor:
    a, b = self.lora_A[ADAPTER].weight, self.lora_B[ADAPTER].weight
    bias = self.get_base_layer().bias  # frozen, as the weight
    return _MergedLinear.apply(x, self.merged_weight, bias, a, b, self.scaling[ADAPTER])


class MergedForward:
    """Makes the LoRA layers of a PEFT model use the merged weight. :meth:`refresh` must be called after every change of
    the adapter.

    Args:
        model: PEFT model whose LoRA layers are plain ``Linear`` ones without dropout.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self.layers = [module for module in model.modules() if isinstance(module, LoraLinear)]
        for layer in self.layers:
            layer.merged_weight = torch.empty_like(layer.get_base_layer().weight)
            layer.forward = MethodType(_forward, layer)
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        for layer in self.layers:
            weight = layer.get_base_layer().weight
            a, b = layer.lora_A[ADAPTER].weight.to(weight.dtype), layer.lora_B[ADAPTER].weight.to(weight.dtype)
            torch.addmm(weight, b, a, alpha=layer.scaling[ADAPTER], out=layer.merged_weight)
