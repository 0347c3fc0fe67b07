"""HPE Machine Learning Inference Software: your own content-safety model on Private Cloud AI.

It needs HPE's client: `pip install --editable '.[mlis]'`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel_helpers import polling
from flywheel_helpers.errors import ConfigError, JobFailed, ServiceError, Unreachable, WaitTimeout

if TYPE_CHECKING:
    import aiolirest

SERVICE = "MLIS"
# The states from which a deployment does not become ready by itself, and what to do.
_STUCK = {
    "Failed": "See its events in MLIS. Delete it there to deploy it again.",
    "UpdateFailed": "The version before still serves. Undo the change in MLIS, or see its events.",
    "Paused": "Resume it in MLIS, then run this again.",
    "Deleting": "Wait until it is gone, then run this again.",
}


@dataclass(frozen=True)
class SafetyModel:
    """A model that judges messages, and how MLIS starts it.

    Args:
        name: the model's name in requests.
        format: "vllm" for weights from Hugging Face, "nim" for one of NVIDIA's images.
        url: address of the weights; empty for a NIM.
        image: the NIM's image; empty for vLLM.
        registry: the registry in MLIS with the key for the image or the weights; empty if none is needed.
        arguments: arguments of the server's command line.
    """

    name: str
    format: str
    url: str = ""
    image: str = ""
    registry: str = ""
    arguments: tuple[str, ...] = ()


QWEN = SafetyModel(
    "Qwen/Qwen2.5-7B-Instruct",
    "vllm",
    url="hf://Qwen/Qwen2.5-7B-Instruct",
    # Its default name is the path of its files.
    arguments=("--served-model-name", "Qwen/Qwen2.5-7B-Instruct"),
)
NEMOGUARD = SafetyModel(
    "nvidia/llama-3.1-nemoguard-8b-content-safety",
    "nim",
    image="nvcr.io/nim/nvidia/llama-3.1-nemoguard-8b-content-safety:1.0.0",
    registry="ngc",
)


def connect(url: str, token: str, ca_bundle: str = "") -> aiolirest.ApiClient:
    """HPE's client, signed in.

    Args:
        url: address of MLIS in the browser, such as "https://mlis.example.com".
        token: an API token; MLIS shows one under your name.
        ca_bundle: a file with your organisation's certificates, for https.

    Raises:
        ConfigError: HPE's client is not installed, or the token is empty.
    """
    try:
        import aiolirest
    except ImportError:
        raise ConfigError(
            "HPE's client for MLIS is not installed.", "Install it: pip install --editable '.[mlis]'"
        ) from None
    if not token:
        raise ConfigError("There is no token for MLIS.", "Create one in MLIS, and export it as AIOLI_USER_TOKEN.")
    configuration = aiolirest.Configuration(host=f"{url.rstrip('/')}/api/v1", ssl_ca_cert=ca_bundle or None)
    configuration.api_key["ApiKeyAuth"] = f"Bearer {token}"
    return aiolirest.ApiClient(configuration, "accept", "application/json")


def deploy(
    client: aiolirest.ApiClient,
    model: SafetyModel = QWEN,
    name: str = "content-safety",
    timeout: float = 3600.0,
    poll_seconds: float = 10.0,
    say: Callable[[str], None] = print,
) -> dict[str, str]:
    """Deploy a safety model, unless it is deployed, and wait until it is ready.

    Args:
        client: from `connect`.
        model: `QWEN`, `NEMOGUARD` or your own.
        name: name of the packaged model and of the deployment in MLIS.
        timeout: seconds to wait. The deployment continues after that.
        poll_seconds: time between two requests.
        say: takes a line for each new state.

    Returns:
        CONTENT_SAFETY, CONTENT_SAFETY_URL, CONTENT_SAFETY_MODEL and CONTENT_SAFETY_NEEDS_KEY for config.py or the
        environment. The key, CONTENT_SAFETY_API_KEY, is the token that you signed in with.

    Raises:
        ConfigError: the deployment of this name serves another model.
        ServiceError: MLIS refused a request, and the message contains its own; or it cannot be reached.
        JobFailed: the deployment failed. WaitTimeout: it is not ready in time.
    """
    import aiolirest
    from urllib3.exceptions import HTTPError

    models, deployments = aiolirest.PackagedModelsApi(client), aiolirest.DeploymentsApi(client)
    try:
        # All versions of that name, the newest first. What is made under a taken name is a new version.
        ours = [one for one in models.models_get(name=name) if _is(one, model)]
        found = _find(deployments, name)
        if found is None:
            if not ours:
                ours = [models.models_post(_packaged_model(model, name))]
                say(f"packaged model {name}: created")
            found = deployments.deployments_post(_deployment(name, ours[0].id))
            say(f"deployment {name}: created")
        elif found.model not in [one.id for one in ours]:
            raise ConfigError(
                f"MLIS: the deployment {name} serves another model than {model.name}.",
                "Delete it in MLIS if nobody needs it, or give mlis.deploy another name.",
            )
        found = _wait(deployments, found, name, timeout, poll_seconds, say)
    except (aiolirest.ApiException, HTTPError) as error:
        raise _failure(client.configuration.host, error) from None
    return {
        "CONTENT_SAFETY": "endpoint",
        "CONTENT_SAFETY_URL": f"{found.state.endpoint.rstrip('/')}/v1",
        "CONTENT_SAFETY_MODEL": model.name,
        "CONTENT_SAFETY_NEEDS_KEY": "true",
    }


def _failure(request: str, error: Exception) -> ServiceError:
    """The error about a request that HPE's client, or urllib3 below it, could not complete."""
    otherwise = "Check the address, and MLIS itself."
    if status := getattr(error, "status", None):  # 0 where TLS failed
        hint = "Check the token, and that its user may create models." if status in (401, 403) else otherwise
        said = str(error.body or error.reason)
        return ServiceError(SERVICE, request, "the request was refused", hint, status=status, server_message=said)
    cause = getattr(error, "reason", None) or error
    if "certificate" in str(cause).lower():
        otherwise = 'Give your organisation\'s certificates: mlis.connect(url, token, ca_bundle="...")'
    return Unreachable(SERVICE, request, f"no connection ({cause})", otherwise)


def _is(packaged: aiolirest.PackagedModel, model: SafetyModel) -> bool:
    """Whether a packaged model is `model`. MLIS may fill in a url or an image that we do not name."""
    return (
        packaged.format == model.format
        and (not model.url or packaged.url == model.url)
        and (not model.image or packaged.image == model.image)
        and tuple(packaged.arguments or ()) == model.arguments
    )


def _packaged_model(model: SafetyModel, name: str) -> aiolirest.PackagedModelRequest:
    import aiolirest

    # A model of 7 or 8 billion parameters in half precision, on one GPU.
    profile = aiolirest.ResourceProfile(cpu="8", gpu="1", memory="48Gi")
    return aiolirest.PackagedModelRequest(
        name=name,
        description="Judges messages for Guardrails",
        modelFormat=model.format,
        url=model.url or None,
        image=model.image or None,
        registry=model.registry or None,
        arguments=list(model.arguments) or None,
        resources=aiolirest.ConfigurationResources(requests=profile, limits=profile),
    )


def _deployment(name: str, model_id: str) -> aiolirest.DeploymentRequest:
    import aiolirest

    return aiolirest.DeploymentRequest(
        name=name,
        model=model_id,  # the name alone does not say which version
        # Always one replica: with none running, a guarded chat would wait for minutes.
        autoScaling=aiolirest.Autoscaling(minReplicas=1, maxReplicas=1),
        security=aiolirest.Security(authenticationRequired=True),
    )


def _find(deployments: aiolirest.DeploymentsApi, name: str) -> aiolirest.Deployment | None:
    return next((one for one in deployments.deployments_get() if one.name == name), None)


def _wait(
    deployments: aiolirest.DeploymentsApi,
    found: aiolirest.Deployment,
    name: str,
    timeout: float,
    poll_seconds: float,
    say: Callable[[str], None],
) -> aiolirest.Deployment:
    from aiolirest.exceptions import ServiceException
    from urllib3.exceptions import HTTPError

    said = ""
    for elapsed in polling.attempts(timeout, poll_seconds):
        if elapsed:
            try:
                found = _find(deployments, name) or found
            except (ServiceException, HTTPError) as error:
                say(f"deployment {name}: could not ask for its state ({getattr(error, 'reason', None) or error})")
                continue
        if found.status == "Ready" and found.state and found.state.endpoint:
            return found
        if found.status in _STUCK:
            reasons = [failure.message for failure in (found.state and found.state.failure_info) or []]
            raise JobFailed(
                f"MLIS: the deployment {name} is {found.status}. {' '.join(filter(None, reasons))}",
                _STUCK[found.status],
            )
        if found.status != said:
            said = found.status
            say(f"deployment {name}: {said}")
    raise WaitTimeout(
        f"MLIS: the deployment {name} is not ready yet. Its state: {found.status}.",
        "It continues. Run this again to wait longer, and see its events in MLIS.",
    )
