"""Several rows as one sequence without padding, in which the prefix they share is computed once.

All tool-calling rows begin with the same system message, which is about half of their tokens. With causal attention its hidden
states do not depend on what follows, so one copy serves every row of a batch, forward and backward, with the same
result as separate rows (the test suite compares the gradients). The layout of a packed batch of rows 1..B is

    [ shared prefix | rest of row 1 | rest of row 2 | ... ]

where positions in each rest go on from the prefix, and a rest attends to the prefix and to itself only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from nemo_local.customizer.encoding import EncodedRow, common_prefix_length

ATTENTION = "shared_prefix"


@dataclass(frozen=True)
class PackedBatch:
    """``input_ids`` and ``position_ids`` are ``(1, L)``; ``predict`` are the indices in the packed sequence whose next token is an
    answer token, ``targets`` those tokens, both ``(T,)``. ``segments`` are the lengths ``[prefix, rest 1, rest 2, ...]``."""

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    predict: torch.Tensor
    targets: torch.Tensor
    segments: list[int]
    row_tokens: int

    def to(self, device: torch.device) -> PackedBatch:
        tensors = (t.to(device) for t in (self.input_ids, self.position_ids, self.predict, self.targets))
        return PackedBatch(*tensors, self.segments, self.row_tokens)


def pack(rows: list[EncodedRow]) -> PackedBatch:
    """Pack rows (at least one) into one sequence."""
    prefix = common_prefix_length(rows)
    ids = list(rows[0].ids[:prefix])
    positions = list(range(prefix))
    predict, targets, segments = [], [], [prefix]
    for row in rows:
        offset = len(ids) - prefix  # packed index of a row's token i is offset + i
        ids += row.ids[prefix:]
        positions += range(prefix, len(row.ids))
        predict += range(offset + row.answer_start - 1, offset + len(row.ids) - 1)
        targets += row.ids[row.answer_start :]
        segments.append(len(row.ids) - prefix)
    return PackedBatch(
        torch.tensor([ids]),
        torch.tensor([positions]),
        torch.tensor(predict),
        torch.tensor(targets),
        segments,
        sum(len(row.ids) for row in rows),
    )


def shared_prefix_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    *,
    segments: list[int],
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Attention over a packed batch, segment by segment, so that no masked-out pair of rows is computed.

    The signature is the one Transformers calls a registered attention with: ``query`` is ``(1, heads, L, head_dim)``, ``key`` and
    ``value`` have ``key_value_heads``. Returns ``(1, L, heads, head_dim)``.
    """
    groups = query.shape[1] // key.shape[1]
    key, value = (t.repeat_interleave(groups, dim=1) for t in (key, value))
    queries, keys, values = (t.split(segments, dim=2) for t in (query, key, value))
    outputs = []
    if segments[0]:
        outputs.append(
            scaled_dot_product_attention(
                queries[0], keys[0], values[0], is_causal=True, scale=scaling, dropout_p=dropout
            )
        )
    for q, k, v in zip(queries[1:], keys[1:], values[1:], strict=True):
        mask = torch.ones(q.shape[2], segments[0] + q.shape[2], dtype=torch.bool, device=q.device).tril(segments[0])
        k, v = torch.cat([keys[0], k], dim=2), torch.cat([values[0], v], dim=2)
        outputs.append(scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scaling, dropout_p=dropout))
    return torch.cat(outputs, dim=2).transpose(1, 2), None


AttentionInterface.register(ATTENTION, shared_prefix_attention)
