"""A PEFT adapter as llama.cpp reads it."""

from __future__ import annotations

import json

import gguf
import inference_llama_cpp
import numpy as np
import pytest
from safetensors.numpy import save_file


@pytest.fixture
def converted(tmp_path):
    """Writes an adapter with these matrices as PEFT does, and reads what comes of it."""

    def convert(**matrices: np.ndarray) -> gguf.GGUFReader:
        (tmp_path / "adapter_config.json").write_text(json.dumps({"lora_alpha": 64}), encoding="utf-8")
        names = {f"base_model.model.model.layers.3.{name}.weight": matrix for name, matrix in matrices.items()}
        save_file(names, tmp_path / "adapter_model.safetensors")
        heads = {"q_proj": 2, "k_proj": 1}
        return gguf.GGUFReader(inference_llama_cpp.write_adapter(tmp_path, heads, tmp_path / "adapter.gguf"))

    return convert


def test_the_rows_of_a_head_are_put_in_the_order_of_its_rotary_embedding(converted):
    rows = np.arange(16, dtype=np.float32).reshape(8, 2)
    reader = converted(**{"self_attn.q_proj.lora_B": rows, "self_attn.v_proj.lora_B": rows, "mlp.up_proj.lora_A": rows})
    found = {tensor.name: tensor.data for tensor in reader.tensors}
    assert found["blk.3.attn_q.weight.lora_b"].tolist() == rows[[0, 2, 1, 3, 4, 6, 5, 7]].tolist()
    assert found["blk.3.attn_v.weight.lora_b"].tolist() == found["blk.3.ffn_up.weight.lora_a"].tolist() == rows.tolist()
    assert reader.fields["adapter.lora.alpha"].contents() == 64


def test_a_matrix_of_something_else_is_refused(converted):
    with pytest.raises(SystemExit, match="lm_head.lora_A.weight is no LoRA matrix"):
        converted(**{"lm_head.lora_A": np.zeros((2, 2), np.float32)})
