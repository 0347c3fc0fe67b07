"""The measurement takes real steps, of whichever model lies in the folder, and none beside other programs count."""

import threading
import time
from itertools import count
from pathlib import Path

import pytest
from transformers import LlamaConfig, LlamaForCausalLM

from nemo_local.customizer.training import speed


@pytest.fixture
def tiny(tmp_path):
    """Folder of a model whose steps take no time."""
    size = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=64, num_hidden_layers=2, **size)).save_pretrained(tmp_path)
    return tmp_path


def test_the_fastest_step_counts(tiny, monkeypatch):
    step, pauses = speed.Learner.step, iter([0.5, 0.5, 0.0, 0.5, 0.5])

    def slowed(self, rows, tokens):
        time.sleep(next(pauses))
        assert [len(row.ids) for row in rows] == [speed.ROW_TOKENS] * 2
        assert rows[0].ids[: speed.SHARED_TOKENS] == rows[1].ids[: speed.SHARED_TOKENS]
        return step(self, rows, tokens)

    monkeypatch.setattr(speed.Learner, "step", slowed)
    monkeypatch.setattr(speed, "waits_for_a_core", dict)
    assert speed.measure(tiny) > speed.WHOLE_TRAINING * 2 * speed.ROW_TOKENS / 0.5
    assert next(pauses, None) is None


def test_a_machine_whose_cores_other_programs_use_has_no_speed(tiny, monkeypatch):
    seconds = count()
    monkeypatch.setattr(speed, "waits_for_a_core", lambda: {"1": 0.0, "2": float(next(seconds))})
    with pytest.raises(speed.MachineBusy):
        speed.measure(tiny)


def test_the_wait_of_every_thread_is_read():
    waits = speed.waits_for_a_core()
    assert all(wait >= 0 for wait in waits.values())
    assert (str(threading.get_native_id()) in waits) == Path("/proc/self/schedstat").exists()  # Linux has it
