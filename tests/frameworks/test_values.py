"""What the values promise: keys that exist, CPU limits, labels, no secret, and the settings that break most."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from typing import Any

import charts
import pytest
import yaml
from charts import NEMO, OPEN_WEBUI

from flywheel_helpers.checkout import ROOT
from frameworks import pack
from frameworks.helm import helm

# Maps whose keys are free: they are copied into the resource as they are.
_FREE = {"env", "podLabels", "labels", "limits", "resources", "livenessProbe", "readinessProbe", "nodeSelectors"}
_OPERATORS = {"nemo-nim-operator", "nemo-nemo-operator-controller-manager"}
_VOLCANO = {"nemo-admission", "nemo-controllers", "nemo-scheduler"}
# NVIDIA's charts have no value for the resources of these containers; the LimitRange gives them one. (Beside the
# Customizer and Volcano: what prepares a service before it starts, in the real charts only.)
_WITHOUT_LIMITS = {*_VOLCANO, "nemo-customizer", "nemo-admission-init", "prepull-postgres-image"}
_PREPARING = {"wait-for-postgres", "wait-for-database", "entity-store-db-migration", "guardrails-db-migration"}
# ... and none for the labels of these.
_WITHOUT_LABELS = {"nemo-customizer", *_OPERATORS, *_VOLCANO}


def upstream_values(release: str) -> dict[str, Any]:
    """Every value of the NeMo chart, those of the charts inside it too."""
    archive = charts.upstream() / f"nemo-microservices-helm-chart-{release}.tgz"
    with tarfile.open(archive) as files:
        return _chart_values(files, "nemo-microservices-helm-chart")


def _chart_values(files: tarfile.TarFile, folder: str) -> dict[str, Any]:
    names = set(files.getnames())
    values = _load(files, f"{folder}/values.yaml") if f"{folder}/values.yaml" in names else {}
    about = _load(files, f"{folder}/Chart.yaml")
    for dependency in about.get("dependencies", []):
        inner = f"{folder}/charts/{dependency['name']}"
        if f"{inner}/Chart.yaml" in names:
            alias = dependency.get("alias", dependency["name"])
            _add_missing(values, {alias: {"enabled": True, **_chart_values(files, inner)}})
    return values or {}


def _load(files: tarfile.TarFile, name: str) -> Any:
    return yaml.load(files.extractfile(name), yaml.CSafeLoader)  # which takes tabs in comments, as Helm does


def _add_missing(values: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _add_missing(values[key], value)
        elif values.get(key) is None:
            values[key] = value


def unknown_keys(ours: dict[str, Any], theirs: dict[str, Any], path: str = "") -> Iterator[str]:
    """Keys that we set and the chart does not have: Helm says nothing about them."""
    for key, value in ours.items():
        here = f"{path}.{key}".lstrip(".")
        if key not in theirs:
            yield here
        elif isinstance(value, dict) and isinstance(theirs[key], dict) and key not in _FREE:
            yield from unknown_keys(value, theirs[key], here)


def _globals(values: dict[str, Any]) -> dict[str, Any]:
    """The `global` values of a chart and of all charts inside it, which Helm makes one."""
    merged = dict(values.get("global") or {})
    for key, value in values.items():
        if key != "global" and isinstance(value, dict):
            _add_missing(merged, _globals(value))
    return merged


@pytest.mark.parametrize("release", pack.RELEASES)
def test_every_key_that_we_set_exists(release):
    overlays = tuple(path.stem for path in (pack.VALUES / "nemo").glob("*.yaml") if not path.stem.startswith("25"))
    ours = yaml.safe_load((charts.staged(NEMO, release, overlays) / "values.yaml").read_text())
    theirs = upstream_values(release)
    assert list(unknown_keys(ours["nemo"], theirs)) == []
    assert list(unknown_keys(ours["tags"], theirs["tags"])) == []
    assert list(unknown_keys(ours["global"], _globals(theirs))) == []
    assert list(unknown_keys({"evaluator": {"podLables": {}}}, theirs)) == ["evaluator.podLables"]


@pytest.mark.parametrize("release", pack.RELEASES)
def test_every_container_has_a_cpu_limit(release):
    documents = charts.render(charts.staged(NEMO, release, ("clean-cluster",)))
    without = {
        owner["metadata"]["name"]
        for owner, pod in charts.pods(documents)
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
        if not container.get("resources", {}).get("limits", {}).get("cpu") and container["name"] not in _PREPARING
    }
    assert without <= _WITHOUT_LIMITS
    (limits,) = charts.of_kind(documents, "LimitRange")
    (container,) = limits["spec"]["limits"]
    assert container["type"] == "Container" and container["default"] == {"cpu": "8"}
    (model,) = charts.of_kind(documents, "NIMService")
    assert model["spec"]["resources"]["limits"] == {"nvidia.com/gpu": 1, "cpu": "8"}


@pytest.mark.parametrize("release", pack.RELEASES)
def test_requests_stay_small(release):
    """Kubernetes reserves the limit of a container that has no request, whether it is used or not."""
    documents = charts.render(charts.staged(NEMO, release))
    found = [
        (owner["metadata"]["name"], container["resources"])
        for owner, pod in charts.pods(documents)
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
        if container.get("resources", {}).get("limits", {}).get("cpu")
        and owner["metadata"]["name"] not in _OPERATORS  # whose resources are NVIDIA's
    ]
    found += [
        (model["metadata"]["name"], model["spec"]["resources"]) for model in charts.of_kind(documents, "NIMService")
    ]
    assert [name for name, resources in found if not resources.get("requests", {}).get("cpu")] == []
    assert sum(_cores(resources["requests"]["cpu"]) for _, resources in found) <= 10


def _cores(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def test_open_webui_has_cpu_limits_and_labels():
    documents = charts.render(charts.staged(OPEN_WEBUI), namespace="open-webui")
    ((_, pod),) = charts.pods(documents)
    for container in pod["spec"]["initContainers"] + pod["spec"]["containers"]:
        assert container["resources"]["limits"]["cpu"] == "4"
    assert pod["metadata"]["labels"]["hpe-ezua/app"] == "nemo"  # what ${RELEASE_NAME} is here


@pytest.mark.parametrize("release", pack.RELEASES)
def test_long_lived_pods_are_labelled_and_jobs_are_not(release):
    documents = charts.render(charts.staged(NEMO, release, ("clean-cluster",)))
    wanted = {"hpe-ezua/app": "nemo", "hpe-ezua/type": "vendor-service"}
    unlabelled = set()
    for owner, pod in charts.pods(documents):
        metadata = pod.get("metadata", {})
        labels = {key: value for key, value in metadata.get("labels", {}).items() if key.startswith("hpe-ezua/")}
        assert labels in ({}, wanted)
        if owner["kind"] == "Job":
            assert not labels, owner["metadata"]["name"]
        elif not labels:
            unlabelled.add(owner["metadata"]["name"])
    assert unlabelled == _WITHOUT_LABELS
    (model,) = charts.of_kind(documents, "NIMService")
    assert wanted.items() <= model["spec"]["labels"].items()


def test_the_base_model_finds_adapters_and_is_found():
    (model,) = charts.of_kind(charts.render(charts.staged()), "NIMService")
    environment = {variable["name"]: variable["value"] for variable in model["spec"]["env"]}
    assert environment == {
        "NIM_PEFT_SOURCE": "http://nemo-entity-store.nemo.svc.cluster.local:8000",
        "NIM_PEFT_REFRESH_INTERVAL": "30",
    }
    assert model["spec"]["labels"]["app.nvidia.com/nim-type"] == "inference"
    assert model["spec"]["authSecret"] == "ngc-api"
    assert model["spec"]["image"]["pullSecrets"] == ["nvcrimagepullsecret"]
    assert not charts.of_kind(charts.render(charts.staged(), "--set", "baseModel.enabled=false"), "NIMService")


@pytest.mark.parametrize(
    ("overlays", "operators"),
    [
        (("shared-cluster",), set()),
        (("shared-cluster", "own-nemo-operator"), {"nemo-nemo-operator-controller-manager"}),
        (("clean-cluster",), _OPERATORS | _VOLCANO),
    ],
)
def test_operators_and_volcano_by_cluster(overlays, operators):
    documents = charts.render(charts.staged(NEMO, charts.RELEASE, overlays))
    names = {deployment["metadata"]["name"] for deployment in charts.of_kind(documents, "Deployment")}
    assert names & (_OPERATORS | _VOLCANO) == operators
    assert "dgxc-admission-controller" not in names


def test_beside_another_installation_each_has_its_own(monkeypatch):
    monkeypatch.setitem(charts.PLACEHOLDERS, "${NAMESPACE}", "ours")
    monkeypatch.setitem(charts.PLACEHOLDERS, "${RELEASE_NAME}", "flywheel")
    chart = charts.staged.__wrapped__(NEMO, "25.12.1", ("shared-cluster", "own-nemo-operator"))
    nemo = yaml.safe_load((chart / "values.yaml").read_text())["nemo"]
    assert nemo["nim-proxy"]["nimNamespace"] == nemo["deployment-management"]["nimNamespace"] == "ours"
    assert nemo["nemo-operator"]["restrictedNamespace"] == "ours"
    assert nemo["core"]["config"]["models"]["database"]["host"] == "flywheel-entity-storedb"


def test_probes_leave_time_to_start():
    documents = {document["metadata"]["name"]: document for document in charts.render(charts.staged())}
    for name, seconds in (("nemo-customizer", 300), ("nemo-evaluator", 120)):
        for container in documents[name]["spec"]["template"]["spec"]["containers"]:
            assert container["livenessProbe"]["initialDelaySeconds"] == seconds


def test_the_images_that_bitnami_removed_are_not_asked_for():
    for database in charts.of_kind(charts.render(charts.staged(NEMO, "25.8.0")), "StatefulSet"):
        (container,) = database["spec"]["template"]["spec"]["containers"]
        assert container["image"].removeprefix("docker.io/").startswith("bitnamilegacy/")


@pytest.mark.parametrize(("release", "studio"), [("25.8.0", False), ("25.12.1", True)])
def test_tags_work_where_we_set_them(release, studio):
    services = {
        service["metadata"]["name"]
        for service in charts.of_kind(charts.render(charts.staged(NEMO, release)), "Service")
    }
    assert ("nemo-studio" in services) == studio
    assert "nemo-data-designer" not in services


@pytest.mark.parametrize(
    ("release", "gpu", "version"),
    [("25.8.0", "L40S", "L40"), ("25.8.0", "H200", "A100"), ("25.12.1", "L40S", "40GB"), ("25.12.1", "H100", "80GB")],
)
def test_the_notes_name_the_version_of_the_base_model(release, gpu, version):
    options = ("--dry-run=client", "--set", f"gpu={gpu}", "--namespace", "nemo")
    # Helm shows the notes of an installation only, and plans one without a cluster.
    words = helm("install", "nemo", charts.staged(NEMO, release), *options)
    assert f"export BASE_MODEL_VERSION=v1.0.0+{version}\n" in words
    assert "NEMO_DATA_STORE_URL" not in words and "NIM_INTERNAL_URL" not in words
    assert "Notebooks do not see these exports" in words
    assert "in place of the services' addresses:\n\n  export NEMO_URL=https://nemo.pcai.example.test\n" in words
    elsewhere = helm("install", "nemo", charts.staged(NEMO, release), "--dry-run=client", "--namespace", "other")
    assert "export NEMO_DATA_STORE_URL=http://nemo-data-store.other.svc.cluster.local:3000\n" in elsewhere
    assert "export NIM_INTERNAL_URL=http://nemo-nim-proxy.other.svc.cluster.local:8000\n" in elsewhere


def test_proxy_exceptions_hold_every_service():
    proxy = yaml.safe_load((pack.VALUES / "nemo" / "proxy.yaml").read_text())
    routes = yaml.safe_load((pack.HERE / "nemo" / "routes.yaml").read_text())
    assert {route["service"] for route in routes} <= set(proxy["baseModel"]["proxy"]["noProxy"].split(","))


@pytest.mark.parametrize("release", pack.RELEASES)
def test_no_secret_is_rendered_nor_written(release):
    documents = charts.render(charts.staged(NEMO, release)) + charts.render(charts.staged(OPEN_WEBUI))
    # (The real charts make the passwords of their databases themselves.)
    assert charts.REAL or not charts.of_kind(documents, "Secret")
    assert not {"ngc-api", "nvcrimagepullsecret"} & {
        secret["metadata"]["name"] for secret in charts.of_kind(documents, "Secret")
    }
    for path in (ROOT / "frameworks").rglob("*.yaml"):
        if "vendor" not in path.parts:
            assert not re.search(r"nvapi-|hf_[A-Za-z0-9]{10}|(?i:password|apikey): *\S", path.read_text()), path


def test_open_webui_is_the_version_that_the_course_is_tested_with():
    pinned = re.search(r"(?m)^open-webui==(\S+)$", (ROOT / "requirements-openwebui.txt").read_text())[1]
    documents = charts.render(charts.staged(OPEN_WEBUI))
    ((_, pod),) = charts.pods(documents)
    assert {container["image"] for container in pod["spec"]["containers"]} == {
        f"ghcr.io/open-webui/open-webui:{pinned}"
    }
    assert yaml.safe_load((charts.staged(OPEN_WEBUI) / "Chart.yaml").read_text())["appVersion"] == pinned
    names = {document["metadata"]["name"] for document in documents}
    assert not names & {"ollama", "pipelines", "redis"}


def test_people_can_sign_in_to_open_webui_with_their_account_of_the_cluster():
    ((_, pod),) = charts.pods(charts.render(charts.staged(OPEN_WEBUI, None, ("single-sign-on",))))
    environment = {variable["name"]: variable.get("value") for variable in pod["spec"]["containers"][0]["env"]}
    assert environment["OAUTH_CLIENT_ID"] == "client" and environment["OAUTH_CLIENT_SECRET"] == "not-a-secret"
    realm = f"https://keycloak.{charts.DOMAIN}/realms/UA"
    assert environment["OPENID_PROVIDER_URL"] == f"{realm}/.well-known/openid-configuration"


def test_sessions_outlast_a_restart_of_open_webui():
    ((_, pod),) = charts.pods(charts.render(charts.staged(OPEN_WEBUI)))
    (variable,) = (one for one in pod["spec"]["containers"][0]["env"] if one["name"] == "WEBUI_SECRET_KEY")
    secret = {"name": "open-webui", "key": "WEBUI_SECRET_KEY", "optional": True}
    assert variable["valueFrom"] == {"secretKeyRef": secret}


def test_images_come_from_the_registry_of_an_air_gapped_cluster(monkeypatch):
    monkeypatch.setitem(charts.PLACEHOLDERS, "${AIRGAP_REGISTRY}", "registry.example.test/mirror/")
    chart = charts.staged.__wrapped__(OPEN_WEBUI, None, ("air-gapped",))  # not one that another test has made
    ((_, pod),) = charts.pods(charts.render(chart))
    for container in pod["spec"]["initContainers"] + pod["spec"]["containers"]:
        assert container["image"].startswith("registry.example.test/mirror/ghcr.io/open-webui/open-webui:")


def test_open_webui_knows_the_variables_that_we_set():
    ((_, pod),) = charts.pods(charts.render(charts.staged(OPEN_WEBUI, None, ("private-ca", "single-sign-on"))))
    environment = {variable["name"]: variable.get("value") for variable in pod["spec"]["containers"][0]["env"]}
    assert environment["ENABLE_PERSISTENT_CONFIG"] == "False"
    (package,) = (ROOT / ".venv-openwebui" / "lib").glob("python*/site-packages/open_webui")
    source = (package / "config.py").read_text() + (package / "env.py").read_text()
    of_python = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}
    assert {name for name in environment if f"'{name}'" not in source} <= of_python
