"""How the NIM proxy follows the stores, whatever state they are in."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import httpx
import numpy
import pytest
from altered import altered
from safetensors.numpy import save_file

from nemo_local.model.base_model import BASE_MODEL_NAME, HF_FOLDER, OPENVINO_FOLDER
from nemo_local.model.registry import BaseModels
from nemo_local.nim import refresh as refresh_module
from nemo_local.nim.errors import NimError
from nemo_local.nim.refresh import Refresher, refresh_seconds
from nemo_local.nim.served import Catalog, EnginePool, memory_budget
from nemo_local.settings import Settings

SIZES = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
    "vocab_size": 10,
}


def entity(name: str, identity: str = "model-1", **changes) -> dict:
    return {
        "id": identity,
        "namespace": "ada",
        "name": name,
        "created_at": "2026-01-01T00:00:00Z",
        "base_model": BASE_MODEL_NAME,
        "peft": {"finetuning_type": "lora"},
        "artifact": {"files_url": f"hf://ada/{name}", "status": "upload_completed"},
        **changes,
    }


class Stores:
    """Deployment Management, Entity Store and Data Store, as far as the proxy sees them."""

    def __init__(self) -> None:
        self.deployed = [BASE_MODEL_NAME]
        self.entities: list[dict] = []
        self.files: dict[str, tuple[int, int]] = {}  # repository: shape of its one tensor
        self.down = False
        self.downloads = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        documents = self.entities if request.url.path == "/v1/models" else [{"models": self.deployed}]
        page = int(request.url.params["page"])  # pages of one, to see that all are read
        pagination = {"total_pages": max(len(documents), 1)}
        return httpx.Response(200, json={"data": documents[page - 1 : page], "pagination": pagination})

    def download(self, repo_id: str, *, local_dir: Path, **_) -> None:
        self.downloads += 1
        if repo_id not in self.files:
            raise FileNotFoundError(f"no repository {repo_id}")
        local_dir.mkdir()
        (local_dir / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 4}))
        tensors = {"base_model.model.model.layers.0.mlp.up_proj.lora_A.weight": numpy.zeros(self.files[repo_id], "f4")}
        save_file(tensors, local_dir / "adapter_model.safetensors")


class FakeEngine:
    idle, closed, broken = True, False, False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def stores(monkeypatch) -> Stores:
    stores = Stores()
    monkeypatch.setattr(refresh_module, "snapshot_download", stores.download)
    return stores


@pytest.fixture
def served(stores, tmp_path):
    """A function that refreshes once and gives the names served after it; its attribute ``refresher``."""
    adapters = tmp_path / "adapters"
    adapters.mkdir()
    for base in (HF_FOLDER, OPENVINO_FOLDER):
        (tmp_path / base).mkdir()
        (tmp_path / base / "config.json").write_text(json.dumps(SIZES))
    models = BaseModels(Settings(home=tmp_path / "home", models=tmp_path))

    catalog = Catalog()

    def refresh() -> list[str]:
        async def once() -> None:
            async with httpx.AsyncClient(base_url="http://gw", transport=httpx.MockTransport(stores.answer)) as http:
                await refresh.refresher.refresh(http)

        asyncio.run(once())
        return sorted(catalog.models)

    engines: list[FakeEngine] = []

    def load(model) -> FakeEngine:
        engines.append(FakeEngine())
        return engines[-1]

    pool = EnginePool(load, unused_seconds=0.2, budget=memory_budget(models))
    refresh.engines = engines
    refresh.refresher = Refresher("http://gw", adapters, models, catalog, pool)
    refresh.catalog, refresh.models = catalog, models
    refresh.folders = lambda: list(adapters.iterdir())
    return refresh


def test_the_base_and_every_finished_adapter_of_it_are_served(stores, served):
    stores.files = {"ada/good": (2, 4), "ada/other": (2, 4)}
    stores.entities = [
        entity("good"),
        entity("unfinished", artifact={"files_url": "hf://ada/good", "status": "created"}),
        entity("of-another-base", base_model="meta/llama"),
        {"id": "x", "namespace": "ada", "name": "no-adapter", "base_model": None},
        entity("other", "model-2"),
    ]
    with pytest.raises(
        NimError, match="'ada/good' is not served yet: the NIM is waiting for the list of deployments"
    ) as early:
        served.catalog.find("ada/good")
    assert early.value.status == 503
    assert served() == ["ada/good", "ada/other", BASE_MODEL_NAME]
    assert served.catalog.waiting_for is None and served.catalog.find("ada/good").id == "ada/good"
    with pytest.raises(NimError, match="not served here. Served: ada/good, ada/other") as late:
        served.catalog.find("ada/unfinished")
    assert late.value.status == 404
    served()
    assert stores.downloads == 2  # each once


def test_an_engine_that_nobody_uses_is_unloaded_and_its_model_is_still_served(stores, served):
    assert served() == [BASE_MODEL_NAME]
    (engine,) = served.engines
    assert not engine.closed
    time.sleep(0.3)
    assert served() == [BASE_MODEL_NAME]
    assert engine.closed and len(served.engines) == 1


def test_every_deployed_base_model_is_served_and_an_adapter_on_its_own_base(stores, served, tmp_path):
    prepared = tmp_path / "prepared"
    for part in ("hf", "openvino"):
        (prepared / part).mkdir(parents=True)
        (prepared / part / "config.json").write_text(json.dumps({**SIZES, "hidden_size": 6}))
    (prepared / "model.json").write_text(json.dumps({"source": "hf://tiny/other"}))
    served.models.install("tiny/other", prepared)
    stores.files = {"ada/fits": (2, 6), "ada/fits-the-other": (2, 4)}
    stores.entities = [
        entity("fits", base_model="tiny/other"),
        entity("fits-the-other", "model-2", base_model="tiny/other"),
        entity("fits-the-other", "model-3", namespace="bob"),
    ]
    stores.files["bob/fits-the-other"] = (2, 4)
    stores.entities[2]["artifact"]["files_url"] = "hf://bob/fits-the-other"
    assert served() == ["bob/fits-the-other", BASE_MODEL_NAME]  # the other one is not deployed
    stores.deployed = [BASE_MODEL_NAME, "tiny/other", "tiny/unknown"]
    assert served() == ["ada/fits", "bob/fits-the-other", BASE_MODEL_NAME, "tiny/other"]
    assert served.catalog.find("ada/fits").base == "tiny/other"
    assert len(served.engines) == 1  # the added one is loaded when it is asked for
    stores.entities[0]["base_model"] = BASE_MODEL_NAME  # which its weights do not fit
    assert served() == ["bob/fits-the-other", BASE_MODEL_NAME, "tiny/other"]
    stores.entities[0]["base_model"] = "tiny/other"
    assert served() == ["ada/fits", "bob/fits-the-other", BASE_MODEL_NAME, "tiny/other"]
    served.models.remove("tiny/other")
    assert served() == ["bob/fits-the-other", BASE_MODEL_NAME]


def test_stores_that_are_down_take_nothing_away(stores, served):
    stores.files, stores.entities = {"ada/good": (2, 4)}, [entity("good")]
    before = served()
    stores.down = True
    with pytest.raises(httpx.ConnectError):
        served()
    assert sorted(served.catalog.models) == before


def test_what_is_deleted_or_no_longer_deployed_is_not_served_and_leaves_no_files(stores, served):
    stores.files, stores.entities = {"ada/good": (2, 4)}, [entity("good")]
    served()
    stores.entities = []
    assert served() == [BASE_MODEL_NAME]
    assert served.folders() == []
    stores.deployed = []
    assert served() == []


def test_a_model_registered_anew_under_the_same_name_is_another_model(stores, served):
    stores.files, stores.entities = {"ada/good": (2, 4)}, [entity("good")]
    served()
    first = served.catalog.models["ada/good"]
    stores.entities = [entity("good", "model-2")]
    served()
    assert served.catalog.models["ada/good"] != first
    assert served.folders() == [served.catalog.models["ada/good"].adapter]


def test_an_adapter_that_cannot_be_served_is_listed_nowhere_and_tried_again_later(stores, served, caplog, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(refresh_module, "time", altered(time, monotonic=lambda: clock[0]))
    stores.files = {"ada/misfit": (2, 99), "ada/good": (2, 4)}
    stores.entities = [entity("misfit"), entity("missing", "model-2"), entity("good", "model-3")]

    assert served() == ["ada/good", BASE_MODEL_NAME]
    assert "ada/misfit is not served" in caplog.text and "has the shape (2, 99)" in caplog.text
    assert "ada/missing is not served: no repository" in caplog.text

    stores.files["ada/missing"] = (2, 4)
    assert served() == ["ada/good", BASE_MODEL_NAME]  # not before its time
    clock[0] += 3
    assert served() == ["ada/good", "ada/missing", BASE_MODEL_NAME]


@pytest.mark.parametrize("text", ["0", "-1", "soon", "inf", "nan"])
def test_a_refresh_interval_that_is_no_number_of_seconds_is_refused(monkeypatch, text):
    monkeypatch.setenv("NIM_PEFT_REFRESH_INTERVAL", text)
    with pytest.raises(ValueError, match="NIM_PEFT_REFRESH_INTERVAL"):
        refresh_seconds()
