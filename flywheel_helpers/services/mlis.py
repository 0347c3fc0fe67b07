"""HPE Machine Learning Inference Software: your own content-safety model on Private Cloud AI.

It needs HPE's client: `pip install --editable '.[mlis]'`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel_helpers import polling
from flywheel_helpers.errors import ConfigError, JobFailed, ServiceError, WaitTimeout

if TYPE_CHECKING:
    import aiolirest

SERVICE = "MLIS"
_FAILED = ("Failed", "UpdateFailed", "Paused", "Deleting")


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
        ServiceError: MLIS refused a request; the message contains its own.
        JobFailed: the deployment failed. WaitTimeout: it is not ready in time.
    """
    import aiolirest

    models, deployments = aiolirest.PackagedModelsApi(client), aiolirest.DeploymentsApi(client)
    try:
        if not models.models_get(name=name):
            models.models_post(_packaged_model(model, name))
            say(f"packaged model {name}: created")
        found = _find(deployments, name)
        if found is None:
            found = deployments.deployments_post(_deployment(name))
            say(f"deployment {name}: created")
        found = _wait(deployments, found, name, timeout, poll_seconds, say)
    except aiolirest.ApiException as error:
        request = client.configuration.host
        raise ServiceError(
            SERVICE,
            request,
            "the request was refused",
            "Check the token, and that its user may create models.",
            status=error.status,
            server_message=str(error.body or error.reason),
        ) from None
    return {
        "CONTENT_SAFETY": "endpoint",
        "CONTENT_SAFETY_URL": f"{found.state.endpoint.rstrip('/')}/v1",
        "CONTENT_SAFETY_MODEL": model.name,
        "CONTENT_SAFETY_NEEDS_KEY": "true",
    }


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


def _deployment(name: str) -> aiolirest.DeploymentRequest:
    import aiolirest

    return aiolirest.DeploymentRequest(
        name=name,
        model=name,
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
    said = ""
    for elapsed in polling.attempts(timeout, poll_seconds):
        if elapsed:
            found = _find(deployments, name) or found
        if found.status == "Ready" and found.state and found.state.endpoint:
            return found
        if found.status in _FAILED:
            reasons = [failure.message for failure in (found.state and found.state.failure_info) or []]
            raise JobFailed(
                f"MLIS: the deployment {name} is {found.status}. {' '.join(filter(None, reasons))}",
                "See its events in MLIS. Delete it there to deploy it again.",
            )
        if found.status != said:
            said = found.status
            say(f"deployment {name}: {said}")
    raise WaitTimeout(
        f"MLIS: the deployment {name} is not ready yet. Its state: {found.status}.",
        "It continues. Run this again to wait longer, and see its events in MLIS.",
    )
