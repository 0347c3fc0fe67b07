"""Stub charts in place of the upstream ones, which cannot be handed on: the same names, services, ports and value keys.

A component of the NeMo stub is a chart of its own below the parent, with an alias, a condition and tags, as in the real
chart. What it renders is one generic template.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from frameworks.helm import helm

STUBS = Path(__file__).resolve().parents[1] / "frameworks" / "stubs"
_DATABASE = {
    "image": {"repository": "bitnami/postgresql"},
    "volumePermissions": {"image": {"repository": "bitnami/os-shell"}},
    "metrics": {"image": {"repository": "bitnami/postgres-exporter"}},
    "primary": {"podLabels": {}, "resources": {}},
}
_USUAL = {"podLabels": {}, "resources": {}, "env": {}}


def _component(name: str, port: int, **values: Any) -> dict[str, Any]:
    """A service with one deployment of the same name."""
    stub = {"service": {"name": name, "port": port}, "workloads": [{"name": name, "kind": "Deployment"}]}
    return {"stub": stub, **values}


def _workloads(*names: str, **values: Any) -> dict[str, Any]:
    """Deployments without a service."""
    return {"stub": {"workloads": [{"name": name, "kind": "Deployment"} for name in names]}, **values}


_LIMITED = {"resources": {"limits": {"cpu": "1"}}}
_VOLCANO = _workloads("nemo-admission", "nemo-controllers", "nemo-scheduler", enabled=False)


_PLATFORM = {
    "data-store": _component(
        "nemo-data-store",
        3000,
        external={"rootUrl": "", "domain": ""},
        deployment={"labels": {}},
        resources={},
        initContainers={"resources": {"limits": {}}},
        env={},
        postgresql=_DATABASE,
    ),
    "entity-store": _component("nemo-entity-store", 8000, **_USUAL, postgresql=_DATABASE),
    # The real one has no key for its resources and labels either.
    "customizer": _component(
        "nemo-customizer",
        8000,
        env={},
        hfAPISecret=None,
        readinessProbe={"initialDelaySeconds": 30, "failureThreshold": 15},
        livenessProbe={"initialDelaySeconds": 30, "failureThreshold": 15},
        modelsStorage={"storageClassName": ""},
        customizerConfig={"training": {"pvc": {"storageClass": ""}}, "nodeSelectors": {}, "tolerations": []},
        customizationTargets={
            "targets": {
                "meta/llama-3.2-1b-instruct@2.0": {"enabled": True},
                "meta/llama-3.1-8b-instruct@2.0": {"enabled": True},
            }
        },
        postgresql=_DATABASE,
        **{"opentelemetry-collector": {"podLabels": {}, "resources": {}}},
    ),
    "evaluator": _component(
        "nemo-evaluator", 7331, **_USUAL, readinessProbe={}, livenessProbe={}, postgresql=_DATABASE
    ),
    "guardrails": _component("nemo-guardrails", 7331, **_USUAL, postgresql=_DATABASE),
    "deployment-management": _component(
        "nemo-deployment-management", 8000, **_USUAL, deployments={"defaultStorageClass": ""}, nimNamespace=""
    ),
    "nim-proxy": _component("nemo-nim-proxy", 8000, **_USUAL, nimNamespace=""),
    "nim-operator": _workloads("nemo-nim-operator", **_LIMITED),
    "nemo-operator": _workloads("nemo-nemo-operator-controller-manager", **_LIMITED, restrictedNamespace=""),
}
_CORE_PARTS = {"nemo-core-api": "api", "nemo-core-controller": "controller", "nemo-core-logcollector": "logcollector"}
# Components by release, and which of them only a condition or a tag switches on.
NEMO: dict[str, dict[str, dict[str, Any]]] = {
    "25.8.0": {
        **_PLATFORM,
        "volcano": _VOLCANO,
        "dgxc-admission-controller": _workloads("dgxc-admission-controller", enabled=False),
    },
    "25.12.1": {
        **_PLATFORM,
        "core": {
            "stub": {
                "service": {"name": "nemo-core-api", "port": 8000},
                "workloads": [
                    *({"name": name, "kind": "Deployment", "at": at} for name, at in _CORE_PARTS.items()),
                    {"name": "nemo-core-migrations", "kind": "Job", "at": "databaseMigrations"},
                ],
            },
            "config": {
                "jobs": {"storage": {"storageClass": ""}},
                "models": {"database": {"host": "nemo-entity-storedb"}},
            },
            **{part: {"podLabels": {}, "resources": {}} for part in (*_CORE_PARTS.values(), "databaseMigrations")},
            "postgresql": _DATABASE,
        },
        "studio": _component("nemo-studio", 3000, **_USUAL, platformBaseUrl="", nimProxyUrl=""),
        "data-designer": _component("nemo-data-designer", 8000, **_USUAL),
        "volcano": _VOLCANO,
    },
}
_ONLY_BY_CONDITION = ("volcano", "dgxc-admission-controller")
_PARENT = {
    "tags": {"platform": True, "studio": False},
    "existingSecret": "",
    "existingImagePullSecret": "",
    "ingress": {"enabled": True},
    "virtualService": {"enabled": False},
    "global": {"storageClass": "", "imagePullSecrets": [], "security": {"allowInsecureImages": False}},
}
OPEN_WEBUI = {
    "fullnameOverride": "",
    "image": {"repository": "ghcr.io/open-webui/open-webui", "tag": ""},
    "ollama": {"enabled": True},
    "pipelines": {"enabled": True},
    "websocket": {"manager": "redis", "redis": {"enabled": True}},
    "openaiBaseApiUrls": [],
    "openaiApiKeys": [],
    "podLabels": {},
    "resources": {},
    "copyAppData": {"resources": {}},
    "persistence": {"size": "2Gi", "storageClass": ""},
    "extraEnvVars": [],
    "commonEnvVars": [],
    "sso": {
        "enabled": False,
        "enableSignup": False,
        "oidc": {
            "enabled": False,
            "clientId": "",
            "clientSecret": "",
            "providerUrl": "",
            "providerName": "",
            "scopes": "",
        },
    },
    "volumes": [],
    "volumeMounts": {"container": []},
    "service": {"port": 80},
}


def build(folder: Path) -> None:
    """Pack the stubs of all upstream charts into a folder, under the names of the real files."""
    for release, components in NEMO.items():
        chart = folder / f"nemo-{release}"
        dependencies = []
        for alias, values in components.items():
            name = f"nemo-{alias}"
            dependency = {"name": name, "alias": alias, "version": "0.1.0", "condition": f"{alias}.enabled"}
            if alias not in _ONLY_BY_CONDITION:
                dependency["tags"] = ["studio" if alias == "studio" else "platform"]
            dependencies.append(dependency)
            _write(chart / "charts" / name, {"name": name, "version": "0.1.0"}, values, STUBS / "component.yaml")
        about = {"name": "nemo-microservices-helm-chart", "version": release, "dependencies": dependencies}
        _write(chart, about, _PARENT, None)
        helm("package", chart, "--destination", folder)
    chart = folder / "open-webui"
    _write(chart, {"name": "open-webui", "version": "16.0.0"}, OPEN_WEBUI, STUBS / "open-webui.yaml")
    helm("package", chart, "--destination", folder)


def _write(chart: Path, about: dict[str, Any], values: dict[str, Any], template: Path | None) -> None:
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "type": "application", **about}))
    (chart / "values.yaml").write_text(yaml.safe_dump(values))
    if template:
        shutil.copy(template, chart / "templates")
