"""A wrong value is refused before anything is installed, with a message that names its key."""

from __future__ import annotations

import charts
import pytest
from charts import NEMO, OPEN_WEBUI

from frameworks.helm import HelmError

WRONG = [
    (NEMO, "gpu=V100", "/gpu"),
    (NEMO, "ezua.virtualService.endpoint=", "ezua.virtualService.endpoint is empty. Set it to the host"),
    (NEMO, "ezua.virtualService.endpoint=https://nemo.example.test", "Give the host alone, without https://"),
    (NEMO, "ezua.virtualService.istioGateway=", "ezua.virtualService.istioGateway is empty"),
    (NEMO, "nemo.data-store.external.rootUrl=nemo.example.test", "nemo.data-store.external.rootUrl is"),
    (
        NEMO,
        "nemo.data-store.external.rootUrl=http://nemo.pcai.example.test",
        "it must be https://nemo.pcai.example.test",
    ),
    (NEMO, "nemo.data-store.external.domain=other.example.test", "nemo.data-store.external.domain is"),
    (NEMO, "nemo.existingSecret=", "/nemo/existingSecret"),
    (NEMO, "nemo.existingImagePullSecret=", "/nemo/existingImagePullSecret"),
    (NEMO, "baseModel.proxy.httpsProxy=proxy.example.test:3128", "/baseModel/proxy/httpsProxy"),
    (NEMO, "baseModel.proxy.httpsProxy=http://proxy.example.test:3128", "baseModel.proxy.certConfigMap is empty"),
    (NEMO, "baseModel.storageSize=50", "/baseModel/storageSize"),
    (NEMO, "baseModel.storgeClass=fast", "storgeClass"),
    (NEMO, "defaultCpuLimit=many", "/defaultCpuLimit"),
    (OPEN_WEBUI, "ezua.virtualService.endpoint=", "ezua.virtualService.endpoint is empty. Set it to the host"),
    (OPEN_WEBUI, "webui.openaiBaseApiUrls={nemo-nim-proxy:8000/v1}", "webui.openaiBaseApiUrls has"),
    (OPEN_WEBUI, "webui.openaiBaseApiUrls={http://nemo-nim-proxy:8000}", "from http:// to /v1"),
    (
        OPEN_WEBUI,
        "webui.extraEnvVars[0].name=WEBUI_URL,webui.extraEnvVars[0].value=https://other.test",
        "WEBUI_URL in webui.extraEnvVars",
    ),
]


@pytest.mark.parametrize(("framework", "wrong", "message"), WRONG, ids=[wrong for _, wrong, _ in WRONG])
def test_it_is_refused_with_its_name(framework, wrong, message):
    with pytest.raises(HelmError) as refused:
        charts.render(charts.staged(framework), "--set-string", wrong)
    assert message in str(refused.value)


@pytest.mark.parametrize("wrong", ["gpu=V100", "ezua.virtualService.endpoint=", "baseModel.storgeClass=fast"])
def test_helm_3_refuses_it_too(wrong):
    with pytest.raises(HelmError) as refused:
        charts.render(charts.staged(), "--set-string", wrong, version=3)
    assert wrong.partition("=")[0].rpartition(".")[2] in str(refused.value)


def test_the_authorization_policy_is_for_the_one_host():
    for framework, host in ((NEMO, "nemo.pcai.example.test"), (OPEN_WEBUI, "open-webui.pcai.example.test")):
        chart = charts.staged(framework)
        assert not charts.of_kind(charts.render(chart), "AuthorizationPolicy")
        (policy,) = charts.of_kind(
            charts.render(chart, "--set", "ezua.authorizationPolicy.enabled=true"), "AuthorizationPolicy"
        )
        assert policy["metadata"]["namespace"] == "istio-system"
        assert policy["spec"]["rules"] == [{"to": [{"operation": {"hosts": [host]}}]}]
