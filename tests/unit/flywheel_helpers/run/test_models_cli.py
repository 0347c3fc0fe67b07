"""What `flywheel models` says about a model."""

from __future__ import annotations

from dataclasses import replace

from flywheel_helpers.run import models_cli
from flywheel_helpers.services.base_models import BaseModel

KNOWN = BaseModel("own/small", ("v1.0.0+CPU",), "ready", None, 134_515_008, 8192, "apache-2.0", 2**32, 400.0)
UNKNOWN = BaseModel("own/new", (), "failed", "There is no chat template.", None, None, None, None, None)


def test_a_model_is_described_in_sentences_that_fit_a_terminal():
    assert list(models_cli.lines(KNOWN)) == [
        "ready, v1.0.0+CPU",
        "135 million parameters, context of 8,192 tokens, licence apache-2.0",
        "training takes 4.0 GiB of memory and takes about 10 minutes for 430 rows",
    ]


def test_what_the_platform_does_not_say_is_left_out():
    assert list(models_cli.lines(UNKNOWN)) == ["failed", "There is no chat template."]
    unmeasured = replace(KNOWN, tokens_per_second=None)
    assert list(models_cli.lines(unmeasured))[-1] == "training takes 4.0 GiB of memory"
