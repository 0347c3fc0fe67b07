"""Both charts, with each overlay, on both Helms: they lint, render the same, and what comes out is valid."""

from __future__ import annotations

import itertools
import re
from typing import Any

import charts
import kubernetes_validate
import pytest
from charts import NEMO, OPEN_WEBUI
from custom_resources import check_custom_resource

from frameworks import pack
from frameworks.helm import HelmError, helm

NEMO_OVERLAYS = [
    (),
    ("l40s", "shared-cluster"),
    ("h100", "clean-cluster"),
    ("proxy",),
    ("proxy", "private-ca"),
    ("shared-cluster", "own-nemo-operator"),
]
CASES = [
    *((NEMO, release, overlays) for release, overlays in itertools.product(pack.RELEASES, NEMO_OVERLAYS)),
    (OPEN_WEBUI, None, ()),
    (OPEN_WEBUI, None, ("private-ca",)),
    (OPEN_WEBUI, None, ("private-ca", "single-sign-on")),
    (OPEN_WEBUI, None, ("single-sign-on", "air-gapped")),
]
KUBERNETES = ["1.25", "1.37"]  # the oldest and the newest whose schemas there are
OURS = ("VirtualService", "AuthorizationPolicy", "NIMService", "LimitRange")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@pytest.fixture(params=CASES, ids=lambda case: "-".join([case[0].folder, *filter(None, [case[1]]), *case[2]]))
def case(request) -> Any:
    return request.param


def test_every_overlay_is_tested():
    tested = {
        (framework.folder, name)
        for framework, release, overlays in CASES
        for name in [*overlays, *([release.rpartition(".")[0]] if release else [])]
    }
    assert tested == {(path.parent.name, path.stem) for path in pack.VALUES.glob("*/*.yaml")}


@pytest.mark.parametrize("version", [3, 4])
def test_it_lints_without_a_warning(case, version):
    framework, release, overlays = case
    chart = charts.staged(framework, release, overlays)
    words = helm("lint", "--strict", chart, "--namespace", framework.namespace, version=version)
    assert "0 chart(s) failed" in words and "[WARNING]" not in words


def test_both_helms_render_the_same_and_it_is_valid(case):
    framework, release, overlays = case
    chart = charts.staged(framework, release, overlays)
    documents = charts.render(chart, namespace=framework.namespace)
    by_helm_3 = charts.render(chart, namespace=framework.namespace, version=3)
    assert charts.comparable(by_helm_3) == charts.comparable(documents)
    for document in documents:
        if charts.REAL and document["kind"] not in OURS:
            continue  # NVIDIA's own templates are theirs to validate
        check_names(document)
        if "." in document["apiVersion"].partition("/")[0].removesuffix(".k8s.io"):
            check_custom_resource(document)
            continue
        for version in KUBERNETES:
            kubernetes_validate.validate(document, version, strict=True)
    places = [(document["kind"], document["metadata"]["name"]) for document in documents]
    assert charts.REAL or len(places) == len(set(places))


def check_names(document: dict[str, Any]) -> None:
    metadata = [document["metadata"]]
    metadata += [template["metadata"] for _, template in charts.pods([document])]
    assert _NAME.fullmatch(document["metadata"]["name"])
    for one in metadata:
        for key, value in one.get("labels", {}).items():
            assert _LABEL_KEY.fullmatch(key) and _LABEL_VALUE.fullmatch(value), (document["kind"], key, value)


def test_overlays_are_merged_as_helm_merges_them(case):
    """What `make frameworks` writes into the chart is what `helm --values` would have made of the same files."""
    framework, release, overlays = case
    files = pack.overlay_files(framework.folder, release, overlays)
    plain = charts.staged(framework, release, ())
    merged = charts.staged(framework, release, overlays)
    # Two anchors of a name are an error for some readers of YAML.
    anchors = re.findall(r"&\w+", (merged / "values.yaml").read_text())
    assert len(anchors) == len(set(anchors))
    layered = charts.render(plain, *(part for path in files for part in ("--values", charts.filled_in(path))))
    assert charts.comparable(charts.render(merged)) == charts.comparable(layered)


def test_no_placeholder_is_left(case):
    framework, release, overlays = case
    text = helm("template", "nemo", charts.staged(framework, release, overlays))
    assert not [name for name in charts.PLACEHOLDERS if name in text]
    # And each that the values use is one of these.
    for path in [
        pack.HERE / framework.folder / "values.yaml",
        *pack.overlay_files(framework.folder, release, overlays),
    ]:
        used = set(re.findall(r"\$\{\w+\}", re.sub(r"(?m)#.*$", "", path.read_text())))
        assert used <= set(charts.PLACEHOLDERS), path


@pytest.mark.parametrize(
    ("framework", "longest", "refusal"),
    [(NEMO, 37, "has more than 37 characters"), (OPEN_WEBUI, 53, "must not be longer than 53")],  # the second is Helm's
)
def test_any_release_name_that_leaves_room_for_the_names_made_from_it(framework, longest, refusal):
    for name in ("nemo", "n" * longest):
        assert charts.render(charts.staged(framework), name=name)
    with pytest.raises(HelmError, match=refusal):
        charts.render(charts.staged(framework), name="n" * (longest + 1))
