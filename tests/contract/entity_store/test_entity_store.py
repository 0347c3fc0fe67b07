"""The Entity Store as the official SDK sees it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import nemo_microservices as nemo
import pytest
from ports import free_port

BASE_MODEL = "huggingfacetb/smollm2-135m-instruct"


@pytest.fixture(scope="module")
def client(gateway) -> nemo.NeMoMicroservices:
    return nemo.NeMoMicroservices(base_url=gateway.gateway_url, inference_base_url=gateway.nim_url, max_retries=0)


@pytest.fixture
def namespace(client) -> str:
    name = f"ns-{uuid.uuid4().hex[:8]}"
    client.namespaces.create(id=name)
    return name


def test_what_a_fresh_platform_holds(client, gateway):
    assert {"default", "huggingfacetb"} <= {namespace.id for namespace in client.namespaces.list()}
    base = client.models.retrieve("smollm2-135m-instruct", namespace="huggingfacetb")
    assert base.spec.num_parameters == 134_515_008 and base.spec.context_size == 8192 and base.spec.is_chat
    assert base.api_endpoint.url == f"{gateway.nim_url}/v1/chat/completions"
    assert (base.api_endpoint.model_id, base.api_endpoint.format) == (BASE_MODEL, "nim")


def test_namespace_life(client, namespace):
    assert client.namespaces.retrieve(namespace).id == namespace
    assert client.namespaces.update(namespace, description="mine").description == "mine"
    with pytest.raises(nemo.ConflictError, match="This namespace already exists: ns-"):
        client.namespaces.create(id=namespace)
    assert client.namespaces.delete(namespace).message
    with pytest.raises(nemo.NotFoundError, match=namespace):
        client.namespaces.retrieve(namespace)


def test_namespace_with_contents_is_not_deleted(client, namespace):
    client.datasets.create(name="d", namespace=namespace, files_url=f"hf://datasets/{namespace}/d")
    with pytest.raises(nemo.ConflictError, match="datasets d"):
        client.namespaces.delete(namespace)
    client.datasets.delete("d", namespace=namespace)
    client.namespaces.delete(namespace)


def test_dataset_life(client, namespace):
    made = client.datasets.create(
        name="xlam",
        namespace=namespace,
        files_url=f"hf://datasets/{namespace}/xlam",
        description="calls",
        project="course",
        custom_fields={"rows": 3},
    )
    assert made.id.startswith("dataset-") and made.created_at is not None
    assert client.datasets.retrieve("xlam", namespace=namespace) == made
    changed = client.datasets.update("xlam", namespace=namespace, description="more calls")
    assert (changed.description, changed.files_url) == ("more calls", made.files_url), "PATCH leaves the rest alone"
    assert changed.updated_at > made.updated_at and changed.created_at == made.created_at
    client.datasets.delete("xlam", namespace=namespace)
    with pytest.raises(nemo.NotFoundError):
        client.datasets.delete("xlam", namespace=namespace)


def test_project_life(client, namespace):
    client.projects.create(name="p", namespace=namespace, description="one")
    client.projects.update("p", namespace=namespace, description="two")
    assert client.projects.retrieve("p", namespace=namespace).description == "two"
    with pytest.raises(nemo.ConflictError):
        client.projects.create(name="p", namespace=namespace)
    client.projects.delete("p", namespace=namespace)


def test_tuned_model_and_its_endpoint(client, namespace):
    name = "tuned@cust-abc"
    client.models.create(
        name=name,
        namespace=namespace,
        base_model=BASE_MODEL,
        peft={"finetuning_type": "lora"},
        artifact={"files_url": f"hf://{namespace}/tuned@cust-abc", "status": "upload_completed"},
    )
    endpoint = {"url": "http://127.0.0.1:8000/v1/chat/completions", "model_id": f"{namespace}/{name}"}
    client.models.update(name, namespace=namespace, api_endpoint=endpoint)
    model = client.models.retrieve(name, namespace=namespace)
    assert model.api_endpoint.model_id == f"{namespace}/{name}" and model.artifact.status == "upload_completed"


def test_the_base_model_may_be_registered_elsewhere_and_back(start_gateway, tmp_path):
    running = start_gateway(tmp_path / "home")
    client = nemo.NeMoMicroservices(base_url=running.gateway_url, inference_base_url=running.nim_url)
    place = {"namespace": "huggingfacetb"}
    elsewhere = {"url": "http://nim.example/v1/chat/completions", "model_id": BASE_MODEL}
    assert (
        client.models.update("smollm2-135m-instruct", **place, api_endpoint=elsewhere).api_endpoint.url
        == (elsewhere["url"])
    )
    running.stop()
    running.nim_port = free_port()
    start_gateway(tmp_path / "home", again=running)
    assert client.models.retrieve("smollm2-135m-instruct", **place).api_endpoint.url == elsewhere["url"]
    back = client.models.update("smollm2-135m-instruct", **place, extra_body={"api_endpoint": None})
    assert back.api_endpoint.url == f"{running.nim_url}/v1/chat/completions", "on the port of today"


def test_a_key_is_neither_shown_nor_stored(client, namespace, gateway):
    endpoint = {"url": "https://models.example/v1", "model_id": "m", "api_key": "nvapi-very-secret"}
    made = client.models.create(name="keyed", namespace=namespace, api_endpoint=endpoint)
    assert made.api_endpoint.model_id == "m"
    client.models.update("keyed", namespace=namespace, api_endpoint={**endpoint, "model_id": "n"})
    for path in ("models", f"models/{namespace}/keyed"):
        assert "nvapi-very-secret" not in httpx.get(f"{gateway.gateway_url}/v1/{path}").raise_for_status().text
    files = [path for path in (gateway.home / "entity-store").iterdir() if path.is_file()]
    assert files and not [path for path in files if b"nvapi-very-secret" in path.read_bytes()]


def test_lists_come_in_pages_of_ten_in_order_of_creation(client, namespace):
    for number in range(12):
        client.projects.create(name=f"p{number}", namespace=namespace)
    page = client.projects.list(filter={"namespace": namespace})
    assert [project.name for project in page.data] == [f"p{number}" for number in range(10)]
    assert (page.sort, page.pagination.page_size, page.pagination.total_results) == ("created_at", 10, 12)
    assert len(list(page)) == 12


def test_namespaces_are_found_by_name(client, namespace):
    assert [found.id for found in client.namespaces.list(search={"id": namespace[3:]})] == [namespace]
    for key in ("filter[namespace]", "search[name]"):
        assert [found.id for found in client.namespaces.list(extra_query={key: namespace})] == [namespace]


def test_a_name_is_made_up_when_none_is_given(client, namespace):
    made = client.models.create(namespace=namespace)
    assert made.name.startswith("model-") and client.models.retrieve(made.name, namespace=namespace) == made


def test_filter_search_sort_and_pages(client, namespace):
    for number in range(5):
        peft = {"peft": {"finetuning_type": "lora"}} if number % 2 else {}
        client.models.create(name=f"m{number}", namespace=namespace, base_model=BASE_MODEL, **peft)
    mine = {"namespace": namespace}
    names = [m.name for m in client.models.list(filter=mine, sort="-name", page_size=2)]
    assert names == ["m4", "m3", "m2", "m1", "m0"], "the SDK follows the pages to their end"
    page = client.models.list(filter=mine, sort="name", page=2, page_size=2)
    assert [m.name for m in page.data] == ["m2", "m3"]
    assert (page.pagination.total_results, page.pagination.total_pages, page.pagination.current_page_size) == (5, 3, 2)
    assert {m.name for m in client.models.list(filter={**mine, "peft": True})} == {"m1", "m3"}
    assert {m.name for m in client.models.list(filter={**mine, "peft": {"lora": True}})} == {"m1", "m3"}
    assert {m.name for m in client.models.list(filter={**mine, "peft": False})} == {"m0", "m2", "m4"}
    by_base = {**mine, "base_model": {"name": "smollm2-135m-instruct"}}
    assert len(client.models.list(filter=by_base).data) == 5
    assert {m.name for m in client.models.list(filter=mine, search={"name": ["M1", "m2"]})} == {"m1", "m2"}
    made = client.models.retrieve("m3", namespace=namespace).created_at.isoformat()
    assert {m.name for m in client.models.list(filter={**mine, "created_at": {"gte": made}})} == {"m3", "m4"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": 0}, "page"),
        ({"page": "x"}, "page"),
        ({"page_size": 100_000}, "page_size"),
        ({"sort": "colour"}, "sort"),
        ({"filter[": "x"}, "filter["),
        ({"filter[created_at][gte]": "yesterday"}, "filter[created_at][gte]"),
        ({"filter[enabled]": "true"}, "filter[enabled]"),
    ],
)
def test_a_senseless_list_request_names_its_fault(client, query, field):
    with pytest.raises(nemo.UnprocessableEntityError) as caught:
        client.models.list(extra_query=query)
    assert caught.value.body["detail"][0]["loc"] == ["query", *field.split(".")]


@pytest.mark.parametrize("name", ["../up", "a/b", "", " ", "a b", ".hidden", "a..b", "x" * 256, "emoji🙂", "a\nb"])
def test_bad_names_are_refused(client, namespace, name):
    with pytest.raises(nemo.UnprocessableEntityError) as caught:
        client.datasets.create(name=name, namespace=namespace, files_url="hf://datasets/a/b")
    assert caught.value.body["detail"][0]["loc"] == ["body", "name"]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"files_url": "not-a-url"}, ["body", "files_url"]),
        ({}, ["body", "files_url"]),
        ({"files_url": "hf://datasets/a/b", "colour": "red"}, ["body", "colour"]),
        ({"files_url": "hf://datasets/a/b", "limit": 0}, ["body", "limit"]),
    ],
)
def test_a_bad_body_names_its_field(client, namespace, body, loc):
    with pytest.raises(nemo.UnprocessableEntityError) as caught:
        client.post("/v1/datasets", body={"name": "d", "namespace": namespace, **body}, cast_to=object)
    assert caught.value.body["detail"][0]["loc"] == loc


def test_a_refused_value_is_not_sent_back(client):
    secret = {"url": "http://x/v1", "model_id": "", "api_key": "nvapi-secret"}
    with pytest.raises(nemo.UnprocessableEntityError) as caught:
        client.models.create(name="m", api_endpoint=secret)
    assert "nvapi-secret" not in str(caught.value.body)


def test_of_many_at_once_one_creates_and_all_updates_hold(client, namespace):
    def create(_: int) -> bool:
        try:
            client.projects.create(name="race", namespace=namespace)
        except nemo.ConflictError:
            return False
        return True

    fields = ["description", "ownership", "custom_fields"]
    values = ["d", {"created_by": "me"}, {"a": 1}]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1
        list(pool.map(lambda f, v: client.projects.update("race", namespace=namespace, **{f: v}), fields, values))
    project = client.projects.retrieve("race", namespace=namespace)
    assert (project.description, project.ownership.created_by, project.custom_fields) == ("d", "me", {"a": 1})


def test_an_unknown_route_says_where_all_routes_are(client):
    with pytest.raises(nemo.NotFoundError, match="/docs"):
        client.get("/v1/nonsense", cast_to=object)


def test_what_was_answered_survives_a_kill(start_gateway, tmp_path):
    running = start_gateway(tmp_path / "home")
    client = nemo.NeMoMicroservices(base_url=running.gateway_url, inference_base_url=running.nim_url)
    client.datasets.create(name="kept", files_url="hf://datasets/default/kept")
    running.kill()
    start_gateway(tmp_path / "home", again=running)
    assert client.datasets.retrieve("kept", namespace="default").files_url == "hf://datasets/default/kept"
