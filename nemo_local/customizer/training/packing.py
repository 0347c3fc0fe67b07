"""Several rows as one sequence without padding, in which the prefix they share is computed once.

All tool-calling rows begin with the same system message, which is about half of their tokens. With causal attention
its hidden states do not depend on what follows, so one copy serves every row of a batch, forward and backward, with
the same result as separate rows (the test suite compares the gradients). The same holds for layers that attend to a
sliding window: positions decide what a token attends to, and packing does not change them. The layout of a packed batch
of rows 1..B is

    [ shared prefix | rest of row 1 | rest of row 2 | ... ]

where the positions of each rest continue those of the prefix, and a rest attends to the prefix and to itself only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from nemo_local.customizer.training.encoding import EncodedRow, common_prefix_length

ATTENTION = "shared_prefix"

# Queries of a row whose attention weights are in memory together in the backward pass. Fewer also skip more of what
# comes after them; with fewer than this, the products become too small.
QUERIES_AT_ONCE = 128
# Number formats in which the backward pass does not take PyTorch's flash kernel, which multiplies bfloat16 without the
# processor's units for it, and then took a third of a training step. In float32 the kernel is the faster one: a step
# takes about a tenth less time with it (two cores with AVX-512).
OWN_BACKWARD = (torch.bfloat16,)


@dataclass(frozen=True)
class PackedBatch:
    """Rows packed into one sequence of ``L`` tokens.

    Attributes:
        input_ids: ``(1, L)``.
        position_ids: ``(1, L)``.
        predict: ``(T,)``, the positions in the sequence whose next token is an answer token.
        targets: ``(T,)``, those answer tokens.
        masks: an additive attention mask for each segment: prefix, rest 1, rest 2, ...
        segments: the segments' lengths; they add up to ``L``.
        sliding_window: tokens that some layers attend to at most; None if no layer has such a limit.
        window_masks: the masks of those layers.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    predict: torch.Tensor
    targets: torch.Tensor
    masks: list[torch.Tensor]
    segments: list[int]
    sliding_window: int | None
    window_masks: list[torch.Tensor]

    def to(self, device: torch.device, dtype: torch.dtype) -> PackedBatch:
        """On ``device``, masks in the model's ``dtype``."""
        indices = (t.to(device) for t in (self.input_ids, self.position_ids, self.predict, self.targets))
        masks = [mask.to(device, dtype) for mask in self.masks]
        same = self.window_masks is self.masks
        window_masks = masks if same else [mask.to(device, dtype) for mask in self.window_masks]
        return PackedBatch(*indices, masks, self.segments, self.sliding_window, window_masks)

    def masks_of(self, sliding_window: int | None) -> list[torch.Tensor]:
        """The masks of a layer that attends to so many tokens, or to all."""
        if sliding_window is None:
            return self.masks
        if sliding_window != self.sliding_window:
            raise ValueError(f"the batch was packed for windows of {self.sliding_window}, not of {sliding_window}")
        return self.window_masks


def split_into_passes(rows: Sequence[EncodedRow], limit: int) -> Iterator[list[EncodedRow]]:
    """Group rows, in order, so that each group packs into at most ``limit`` tokens. A longer row is a group alone."""
    group: list[EncodedRow] = []
    for row in rows:
        if group and packed_length([*group, row]) > limit:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def packed_length(rows: list[EncodedRow]) -> int:
    """Number of tokens that the rows take when packed, the shared prefix counted once."""
    prefix = common_prefix_length(rows)
    return prefix + sum(len(row.ids) - prefix for row in rows)


def pack(rows: list[EncodedRow], sliding_window: int | None = None) -> PackedBatch:
    """Pack rows (at least one). Every prompt begins with the same control token, so the shared prefix is never
    empty.

    Args:
        rows: encoded by the same chat template.
        sliding_window: of the model's layers that have one.
    """
    prefix = common_prefix_length(rows)
    ids = list(rows[0].ids[:prefix])
    positions = list(range(prefix))
    predict, targets, segments, masks = [], [], [prefix], [_causal_mask(prefix, 0)]
    for row in rows:
        offset = len(ids) - prefix  # token i of the row is at offset + i
        length = len(row.ids) - prefix
        ids += row.ids[prefix:]
        positions += range(prefix, len(row.ids))
        predict += range(offset + row.answer_start - 1, offset + len(row.ids) - 1)
        targets += row.ids[row.answer_start :]
        segments.append(length)
        masks.append(_causal_mask(length, prefix))
    window_masks = masks
    if sliding_window is not None and sliding_window < max(len(row.ids) for row in rows):
        window_masks = [mask + _too_far(mask, sliding_window) for mask in masks]
    return PackedBatch(
        torch.tensor([ids]),
        torch.tensor([positions]),
        torch.tensor(predict),
        torch.tensor(targets),
        masks,
        segments,
        sliding_window,
        window_masks,
    )


def _causal_mask(length: int, prefix: int) -> torch.Tensor:
    """``(length, prefix + length)``: 0 where a token may attend (the prefix, itself, what precedes it), minus infinity
    elsewhere."""
    return torch.full((length, prefix + length), float("-inf")).triu(prefix + 1)


def _too_far(mask: torch.Tensor, window: int) -> torch.Tensor:
    """Minus infinity where a key of a mask's segment is ``window`` or more positions before the query. Keys are in the
    order of their positions, and the last one is that of the last query."""
    before = mask.shape[1] - mask.shape[0]
    return torch.full_like(mask, float("-inf")).tril(before - window)


def shared_prefix_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    *,
    batch: PackedBatch,
    sliding_window: int | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Attention over a packed batch, segment by segment, so that no masked-out pair of rows is computed.

    Transformers calls a registered attention with this signature: ``query`` is ``(1, heads, L, head_dim)``, ``key`` and
    ``value`` have ``key_value_heads``. Returns ``(1, L, heads, head_dim)``.
    """
    attend = _CpuAttention.apply if query.device.type == "cpu" else segment_attention
    return attend(query, key, value, batch, scaling, sliding_window), None


def segment_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    batch: PackedBatch,
    scaling: float,
    sliding_window: int | None,
) -> torch.Tensor:
    """Attention segment by segment with PyTorch's differentiable function, on any device."""
    outputs = [
        scaled_dot_product_attention(query[:, :, segment], k, v, attn_mask=mask, scale=scaling, enable_gqa=True)
        for segment, k, v, mask in _segments(batch, key, value, sliding_window)
    ]
    return torch.cat(outputs, dim=2).transpose(1, 2)


class _CpuAttention(torch.autograd.Function):
    """:func:`segment_attention` on a CPU, with PyTorch's flash kernel.

    Autograd would keep the shared prefix once more for each segment, and would fill, slice and concatenate a full-size
    gradient for each of them.
    """

    @staticmethod
    def forward(ctx, query, key, value, batch, scaling, sliding_window):
        _, heads, length, head_dim = query.shape
        output = query.new_empty(1, length, heads, head_dim)
        logsumexps = []
        for segment, k, v, mask in _segments(batch, key, value, sliding_window):
            out, logsumexp = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
                query[:, :, segment], k, v, 0.0, False, attn_mask=mask, scale=scaling
            )
            output[:, segment] = out.transpose(1, 2)
            logsumexps.append(logsumexp)
        ctx.save_for_backward(query, key, value, output, torch.cat(logsumexps, dim=2))
        ctx.batch, ctx.scaling, ctx.sliding_window = batch, scaling, sliding_window
        return output

    @staticmethod
    def backward(ctx, grad):
        saved = ctx.saved_tensors  # read once: the tensors of a recomputed layer can be read only once
        gradients = _CpuAttention._products if grad.dtype in OWN_BACKWARD else _CpuAttention._kernel
        return *gradients(ctx, grad, *saved), None, None, None

    @staticmethod
    def _kernel(ctx, grad, query, key, value, output, logsumexp):
        """The gradients of query, key and value, by PyTorch's kernel."""
        prefix = ctx.batch.segments[0]
        grad_q, grad_k, grad_v = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        grad, output = grad.transpose(1, 2), output.transpose(1, 2)
        for segment, k, v, mask in _segments(ctx.batch, key, value, ctx.sliding_window):
            grad_q[:, :, segment], *parts = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(
                grad[:, :, segment], query[:, :, segment], k, v, output[:, :, segment], logsumexp[:, :, segment],
                0.0, False, attn_mask=mask, scale=ctx.scaling,
            )  # fmt: skip
            before = k.shape[2] - (segment.stop - segment.start)  # what the segment attends to beside itself
            for total, part in zip((grad_k, grad_v), parts, strict=True):
                total[:, :, segment] += part[:, :, before:]
                if before:
                    total[:, :, :prefix] += part[:, :, :prefix]
        return grad_q, grad_k, grad_v

    @staticmethod
    def _products(ctx, grad, query, key, value, output, logsumexp):
        """The same by matrix products."""
        groups, prefix = key.shape[1], ctx.batch.segments[0]
        grad_q, grad_k, grad_v = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        # Of each query's weights, the mean gradient, weighted by themselves (Dao et al. 2022, algorithm 4, line 19).
        mean = (grad * output).sum(-1, dtype=logsumexp.dtype).transpose(1, 2)
        grad = grad.transpose(1, 2)
        for segment, k, v, mask in _segments(ctx.batch, key, value, ctx.sliding_window):
            before = k.shape[2] - (segment.stop - segment.start)  # what the segment attends to beside itself
            for start in range(segment.start, segment.stop, QUERIES_AT_ONCE):
                place = slice(start, min(start + QUERIES_AT_ONCE, segment.stop))
                rows = slice(place.start - segment.start, place.stop - segment.start)
                seen = before + rows.stop  # causal: none of these queries attends to what follows the last of them
                q, g, lse, m = (_grouped(t[:, :, place], groups) for t in (query, grad, logsumexp, mean))
                k_seen, v_seen = k[0, :, :seen], v[0, :, :seen]
                bias = mask[rows, :seen].repeat(q.shape[1] // (rows.stop - rows.start), 1)
                weights = (torch.baddbmm(bias, q, k_seen.mT, alpha=ctx.scaling) - lse).exp_()
                grad_scores = (torch.bmm(g, v_seen.mT) - m).mul_(weights).mul_(ctx.scaling).to(q.dtype)
                grad_q[:, :, place] = torch.bmm(grad_scores, k_seen).view(1, -1, place.stop - place.start, q.shape[-1])
                for total, part in ((grad_k, grad_scores.mT @ q), (grad_v, weights.to(g.dtype).mT @ g)):
                    total[:, :, segment.start : place.stop] += part[:, before:]
                    if before:
                        total[:, :, :prefix] += part[:, :prefix]
        return grad_q, grad_k, grad_v


def _grouped(x: torch.Tensor, groups: int) -> torch.Tensor:
    """``(1, heads, L)`` or ``(1, heads, L, D)`` as ``(groups, heads / groups * L, 1 or D)``: the queries that share a
    key, in one matrix."""
    return x.reshape(groups, -1, x.shape[-1] if x.dim() == 4 else 1)


def _segments(batch: PackedBatch, key: torch.Tensor, value: torch.Tensor, sliding_window: int | None):
    """Each segment's place in the sequence, the keys and values it attends to, and its mask."""
    prefix, start = batch.segments[0], 0
    for length, mask in zip(batch.segments, batch.masks_of(sliding_window), strict=True):
        segment = slice(start, start + length)
        k, v = key[:, :, segment], value[:, :, segment]
        if start:
            k, v = torch.cat([key[:, :, :prefix], k], dim=2), torch.cat([value[:, :, :prefix], v], dim=2)
        start += length
        yield segment, k, v, mask


AttentionInterface.register(ATTENTION, shared_prefix_attention)
