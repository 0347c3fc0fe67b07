"""The table of small models: as the function computes it, from configurations that have the published sizes."""

from __future__ import annotations

from pathlib import Path

import base_models
import pytest

from nemo_local.customizer.training import speed
from nemo_local.model.facts import facts

ROOT = Path(__file__).resolve().parents[3]
# As the models' pages name them, in millions.
PUBLISHED = {
    "SmolLM2-135M": 134.5,
    "gemma-3-270m": 268.1,
    "SmolLM2-360M": 361.8,
    "0.5B": 494.0,
    "0.6B": 596.0,
    "1B": 1235.8,
}


def test_the_table_in_the_documentation_is_the_computed_one():
    assert base_models.table() in (ROOT / "docs" / "base_models.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("one", base_models.CANDIDATES, ids=lambda one: one.hub_id)
def test_the_configurations_have_the_published_sizes(one):
    (size,) = [size for name, size in PUBLISHED.items() if name in one.hub_id]
    assert facts(one.config).num_parameters / 1e6 == pytest.approx(size, rel=1e-3)


def test_the_minutes_of_the_built_in_model_are_those_of_a_whole_training():
    built_in = facts(base_models.CANDIDATES[0].config)
    assert base_models.minutes(built_in, 2) == pytest.approx(430 * 570 / (416 * 0.8) / 60)
    assert base_models.minutes(built_in, 8) == pytest.approx(base_models.minutes(built_in, 2) / 4)
    assert base_models.ROW_TOKENS == speed.ROW_TOKENS  # what the helpers count with is what the platform measures with
    assert base_models.ANSWER_SHARE == speed.ANSWER_TOKENS / speed.ROW_TOKENS
