"""One table of routes: the rendered VirtualService, a real Envoy, the services of the chart, and config.py."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import charts
import httpx
import pytest
import routing
import uvicorn
import yaml
from charts import NEMO, OPEN_WEBUI
from envoy import Envoy
from ports import free_port
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from flywheel_helpers.checkout import load_config
from frameworks import pack

# What is asked, who answers in which release, and the path that the service sees where it is another one.
ASKED = [
    ("/v1/namespaces/ada", "nemo-entity-store", None),
    ("/v1/projects", "nemo-entity-store", None),
    ("/v1/datasets/ada/calls", "nemo-entity-store", None),
    ("/v1/models/ada/caller@v1", "nemo-entity-store", None),
    ("/v1/datastore/namespaces", "nemo-data-store", None),
    ("/v1/hf/api/datasets/ada/calls/tree/main", "nemo-data-store", None),
    ("/v1/hf/datasets/ada/calls.git/info/lfs/objects/batch", "nemo-data-store", None),
    ("/ada/calls.git/info/lfs/objects/0123", "nemo-data-store", None),
    ("/datasets/ada/calls.git/info/lfs/objects/verify", "nemo-data-store", None),
    ("/v1/customization/jobs", "nemo-customizer", None),
    ("/v1/evaluation/jobs", "nemo-evaluator", None),
    ("/v2/evaluation/jobs", "nemo-evaluator", None),
    ("/v1/guardrail/checks", "nemo-guardrails", None),
    ("/v1/deployment/configs", "nemo-deployment-management", None),
    ("/nim/v1/models", "nemo-nim-proxy", "/v1/models"),
    ("/nim/v1/chat/completions", "nemo-nim-proxy", "/v1/chat/completions"),
]
ONLY_25_12 = [
    ("/v1/jobs/1", "nemo-core-api", None),
    ("/v2/models", "nemo-core-api", None),
    ("/studio/", "nemo-studio", None),
]
NO_ROUTE = ["/", "/nim", "/v1", "/metrics", "/v3/models", "/ada/calls/info"]


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """A server that says what it was asked."""

    async def answer(request) -> JSONResponse:
        return JSONResponse({"path": request.url.path, "proto": request.headers.get("x-forwarded-proto")})

    app = Starlette(routes=[Route("/{path:path}", answer)])
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.mark.parametrize("release", pack.RELEASES)
def test_every_path_through_a_real_envoy(release, echo, tmp_path):
    services = {rule.service for rule in routing.rules(release)}
    asked = ASKED + (ONLY_25_12 if release != "25.8.0" else [])
    with (
        Envoy(routing.virtual_service(release), dict.fromkeys(services, echo), tmp_path) as envoy,
        httpx.Client(
            base_url=envoy.url, verify=ssl.create_default_context(cafile=envoy.ca_bundle), trust_env=False
        ) as client,
    ):
        for path, service, inner in asked:
            answer = client.get(path).raise_for_status().json()
            assert answer == {"path": inner or path, "proto": "https"}, path
            # The tests' other gateway reads the same rules, and Envoy is the one that is right.
            assert routing.find(path, release) == (service, inner or path), path
        for path in NO_ROUTE + ([path for path, _, _ in ONLY_25_12] if release == "25.8.0" else []):
            assert client.get(path).status_code == 404, path
            assert routing.find(path, release) is None, path


def test_each_service_gets_its_own_paths(echo, tmp_path):
    """With one service alone behind Envoy, its paths are answered and those of all others are not."""
    for name in ("nemo-data-store", "nemo-evaluator", "nemo-nim-proxy"):
        nowhere = f"http://127.0.0.1:{free_port()}"
        services = {rule.service: echo if rule.service == name else nowhere for rule in routing.rules()}
        folder = tmp_path / name
        folder.mkdir()
        with (
            Envoy(routing.virtual_service(), services, folder) as envoy,
            httpx.Client(
                base_url=envoy.url, verify=ssl.create_default_context(cafile=envoy.ca_bundle), trust_env=False
            ) as client,
        ):
            for path, service, _ in ASKED:
                assert client.get(path).status_code == (200 if service == name else 503), (name, path)


@pytest.mark.parametrize("release", pack.RELEASES)
def test_each_route_leads_to_a_service_of_the_chart(release):
    documents = charts.render(charts.staged(NEMO, release))
    ports = {
        service["metadata"]["name"]: {port["port"] for port in service["spec"]["ports"]}
        for service in charts.of_kind(documents, "Service")
    }
    for rule in routing.rules(release):
        assert rule.port in ports[rule.service]


def test_the_route_of_open_webui_leads_to_its_service():
    documents = charts.render(charts.staged(OPEN_WEBUI), namespace="open-webui")
    (route,) = charts.of_kind(documents, "VirtualService")
    (destination,) = (target["destination"] for target in route["spec"]["http"][0]["route"])
    (service,) = charts.of_kind(documents, "Service")
    assert destination["host"] == f"{service['metadata']['name']}.open-webui.svc.cluster.local"
    assert destination["port"]["number"] == service["spec"]["ports"][0]["port"]


def test_the_data_store_and_the_webui_name_the_host_of_the_route():
    host = routing.virtual_service()["spec"]["hosts"][0]
    documents = charts.render(charts.staged())
    values = yaml.safe_load((charts.staged() / "values.yaml").read_text())
    assert values["nemo"]["data-store"]["external"] == {"rootUrl": f"https://{host}", "domain": host}
    assert host == f"nemo.{charts.DOMAIN}"
    if not charts.REAL:
        (store,) = (d for d in documents if d["kind"] == "Deployment" and d["metadata"]["name"] == "nemo-data-store")
        assert f"--rootUrl=https://{host}" in store["spec"]["template"]["spec"]["containers"][0]["args"]


def test_config_has_the_addresses_of_the_chart(monkeypatch):
    for name in ("NEMO_URL", "NIM_URL", "NEMO_ENTITY_STORE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLYWHEEL_PROFILE", "pcai")
    config = load_config("pcai")
    services = {rule.service: rule.port for rule in routing.rules()}
    addresses = {
        name: value for name, value in vars(config).items() if name == "NIM_URL" or name.startswith("NEMO_") and value
    }
    found = {}
    for name, address in addresses.items():
        if not name.endswith("_URL"):
            continue
        parts = urlsplit(address)
        service, _, rest = parts.hostname.partition(".")
        assert rest == "nemo.svc.cluster.local", name
        found[service] = parts.port
    assert found == services
    assert config.BASE_MODEL_VERSION == "v1.0.0+L40"
    ((_, webui),) = charts.pods(charts.render(charts.staged(OPEN_WEBUI)))
    environment = {variable["name"]: variable.get("value") for variable in webui["spec"]["containers"][0]["env"]}
    assert environment["OPENAI_API_BASE_URLS"] == f"{config.NIM_URL}/v1"
