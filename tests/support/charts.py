"""The two frameworks as Helm renders them: with the stub charts, or with a real one that lies in frameworks/vendor/."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import stub_charts
import yaml

from frameworks import pack
from frameworks.helm import helm

NEMO, OPEN_WEBUI = pack.FRAMEWORKS
RELEASE = pack.RELEASES[0]
DOMAIN = "pcai.example.test"
# What Private Cloud AI fills in before it gives the values to Helm.
PLACEHOLDERS = {
    "${DOMAIN_NAME}": DOMAIN,
    "${RELEASE_NAME}": "nemo",
    "${NAMESPACE}": "nemo",
    "${CHART_VERSION}": "1.0.0",
    "${AIRGAP_REGISTRY}": "",
    "${OIDC_CLIENT_ID}": "client",
    "${OIDC_CLIENT_SECRET}": "not-a-secret",
    "${OIDC_DOMAIN}": f"keycloak.{DOMAIN}",
}
# Whether a host has put the real charts there: the same tests run on them.
REAL = any((pack.HERE / "vendor").glob("nemo-microservices-helm-chart-*.tgz"))
_folder = tempfile.TemporaryDirectory(prefix="charts-")


@functools.cache
def upstream() -> Path:
    """A folder with all upstream charts."""
    folder = Path(_folder.name) / "vendor"
    folder.mkdir()
    stub_charts.build(folder)
    for real in (pack.HERE / "vendor").glob("*.tgz"):
        shutil.copy(real, folder)
    return folder


@functools.cache
def staged(framework: pack.Framework = NEMO, release: str | None = RELEASE, overlays: tuple[str, ...] = ()) -> Path:
    """A chart as it would be packed, placeholders filled in. The release is that of NeMo Microservices."""
    chart = Path(tempfile.mkdtemp(dir=_folder.name)) / framework.folder
    pack.stage(framework, release if framework is NEMO else None, overlays, chart, upstream())
    shutil.copy(filled_in(chart / "values.yaml"), chart / "values.yaml")
    return chart


def filled_in(values: Path) -> Path:
    """A copy of a values file, as Private Cloud AI gives it to Helm."""
    text = values.read_text()
    for name, value in PLACEHOLDERS.items():
        text = text.replace(name, value)
    copy = Path(tempfile.mkdtemp(dir=_folder.name)) / values.name
    copy.write_text(text)
    return copy


def render(
    chart: Path, *options: str, version: int = 4, name: str = "nemo", namespace: str = "nemo"
) -> list[dict[str, Any]]:
    """What Helm would install."""
    text = helm("template", name, chart, "--namespace", namespace, *options, version=version)
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


def comparable(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what may differ: random passwords and sums over them, order, and the `null`s that only Helm 4 keeps."""
    kept = (_comparable(document) for document in documents if document["kind"] != "Secret")
    return sorted(kept, key=lambda document: json.dumps(document, sort_keys=True, default=str))


def _comparable(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: _comparable(yaml.load(value, yaml.CSafeLoader) if str(key).endswith(".yaml") else value)
            for key, value in part.items()
            if value is not None and not str(key).startswith("checksum/")
        }
    return [_comparable(value) for value in part] if isinstance(part, list) else part


def of_kind(documents: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The resources of one kind."""
    return [document for document in documents if document["kind"] == kind]


def pods(documents: Iterable[dict[str, Any]]) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    """Each resource that makes pods, and their template."""
    for document in documents:
        if document["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield document, document["spec"]["template"]
