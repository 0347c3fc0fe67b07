"""How the safety model is trained: the threshold's rule, the noise, and that what is served is what was trained."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from nemo_local.nim.safety import model
from nemo_local.nim.safety.encoder import Encoder
from safety_training import learning
from safety_training.rows import noisy
from safety_training.train import area, balance, learnt

TEXTS = ["Delete all backups.", "What's the weather?", "", "A longer message, with a comma, and more words than those."]


def test_the_threshold_makes_precision_and_recall_equal():
    risk, unsafe = np.array([0.9, 0.8, 0.7, 0.6, 0.1]), np.array([True, False, True, True, False])
    threshold, share = balance(risk, unsafe)
    called = risk >= threshold
    assert share == (called & unsafe).sum() / called.sum() == (called & unsafe).sum() / unsafe.sum() == 2 / 3
    assert 0.6 < threshold < 0.7
    assert area(risk, unsafe) == 4 / 6


def test_there_is_no_threshold_between_equal_risks():
    with pytest.raises(ValueError, match="the same risk"):
        balance(np.array([0.5, 0.5]), np.array([True, False]))


def test_noise_changes_some_messages_and_the_same_ones_each_time():
    messages = [f"Where is platform {number}?" for number in range(100)]
    made = [[noisy(text, 0.3, chance) for text in messages] for chance in (random.Random(1), random.Random(1))]
    assert made[0] == made[1]
    assert 30 < sum(text != message for text, message in zip(made[0], messages, strict=True)) < 80
    assert [noisy(text, 0, random.Random(1)) for text in messages] == messages


def test_what_is_served_answers_like_what_was_trained(tmp_path, monkeypatch):
    torch.manual_seed(1)
    network = learning.Network(Encoder(), learning.Recipe(rank=2)).eval()
    for name, value in network.named_parameters():
        if "lora_B" in name:  # they are zeros before training
            torch.nn.init.normal_(value, std=0.05)
    monkeypatch.setattr(model, "WEIGHTS", tmp_path / "weights.safetensors")
    save_file(learnt(network), model.WEIGHTS, metadata={"threshold": "0.5"})
    served = [model.SafetyModel().judge(text).risk for text in TEXTS]
    trained = 1 / (1 + np.exp(-learning.answers(Encoder(), network, TEXTS)[:, 0]))
    assert np.allclose(served, trained, atol=2e-3), (served, trained)
    assert np.ptp(trained) > 0.01  # or the texts would not tell anything apart
