"""A speed that was measured beside other programs is not this machine's."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest
import torch

from nemo_local.customizer.training import speed


@pytest.fixture
def learner(monkeypatch):
    """A learner whose steps take a millisecond of waiting."""
    made = SimpleNamespace(facts=SimpleNamespace(vocab_size=9), device=torch.device("cpu"))
    made.step = lambda rows, tokens: speed.time.sleep(0.001)
    monkeypatch.setattr(speed, "Learner", lambda spec: made)
    return made


def test_a_machine_with_nothing_else_to_do_has_a_speed(learner, monkeypatch, tmp_path):
    monkeypatch.setattr(speed, "waits_for_a_core", dict)
    assert 0 < speed.measure(tmp_path) < speed.WHOLE_TRAINING * 2 * speed.ROW_TOKENS / 0.001


def test_a_machine_whose_cores_others_use_has_none(learner, monkeypatch, tmp_path):
    seconds = count()
    monkeypatch.setattr(speed, "waits_for_a_core", lambda: {"1": 0.0, "2": float(next(seconds))})
    with pytest.raises(speed.MachineBusy):
        speed.measure(tmp_path)


def test_the_wait_of_every_thread_is_read():
    waits = speed.waits_for_a_core()
    assert all(wait >= 0 for wait in waits.values())
