"""The measurement takes real steps, of whichever model lies in the folder."""

import time

from transformers import LlamaConfig, LlamaForCausalLM

from nemo_local.customizer.training import speed


def test_the_fastest_step_counts(tmp_path, monkeypatch):
    size = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=64, num_hidden_layers=2, **size)).save_pretrained(tmp_path)
    step, pauses = speed.Learner.step, iter([0.5, 0.5, 0.0, 0.5, 0.5])

    def slowed(self, rows, tokens):
        time.sleep(next(pauses))
        assert [len(row.ids) for row in rows] == [speed.ROW_TOKENS] * 2
        assert rows[0].ids[: speed.SHARED_TOKENS] == rows[1].ids[: speed.SHARED_TOKENS]
        return step(self, rows, tokens)

    monkeypatch.setattr(speed.Learner, "step", slowed)
    assert speed.measure(tmp_path) > speed.WHOLE_TRAINING * 2 * speed.ROW_TOKENS / 0.5
    assert next(pauses, None) is None
