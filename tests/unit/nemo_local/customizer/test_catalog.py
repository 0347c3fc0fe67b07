"""What the Customizer says about a target that is just being removed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from nemo_local.common.errors import Invalid
from nemo_local.customizer.catalog import Catalog
from nemo_local.customizer.schemas import ConfigBody


def test_no_configuration_is_made_for_a_target_that_is_being_deleted(tmp_path):
    catalog = Catalog(tmp_path / "customizer.db", SimpleNamespace())
    catalog.targets.create("default", "tiny@v1", {"status": "deleting"})
    option = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}
    body = ConfigBody.model_validate({"target": "default/tiny@v1", "training_options": [option], "max_seq_length": 512})
    with pytest.raises(Invalid, match="default/tiny@v1 is being deleted"):
        catalog.prepare_config(body)
    catalog.targets.update("default", "tiny@v1", {"status": "ready"})
    assert catalog.prepare_config(body)["target"] == "default/tiny@v1"
