"""Certificates, proxies and tokens, the same for our own requests and for those of huggingface_hub."""

from __future__ import annotations

import ssl
import warnings
from urllib.parse import urlsplit

import httpx

from flywheel_helpers import errors
from flywheel_helpers.services.failures import request_line
from flywheel_helpers.settings import Settings

# Never behind a proxy, whatever HTTP_PROXY says: this machine, and the services of the cluster we are in, whose names
# mean nothing outside of it.
INSIDE = ("127.0.0.1", "localhost", ".svc.cluster.local")
NO_PROXY_MOUNTS: dict[str, httpx.BaseTransport | None] = {
    f"all://*{host}" if host.startswith(".") else f"all://{host}": None for host in INSIDE
}

NOT_VERIFIED = (
    "VERIFY_TLS is false: certificates are not checked, so anyone in between can read and change what is "
    "sent, tokens included. Give the certificates in CA_BUNDLE instead."
)


def tls_context(settings: Settings) -> ssl.SSLContext | bool:
    """What https addresses are checked against: the usual certificates, and those in CA_BUNDLE.

    Returns False, with a warning the user sees, when VERIFY_TLS is false.
    """
    if not settings.verify_tls:
        warnings.warn(NOT_VERIFIED, stacklevel=3)
        return False
    context = ssl.create_default_context()
    if settings.ca_bundle:
        try:
            context.load_verify_locations(settings.ca_bundle)
        except ssl.SSLError:
            raise errors.ConfigError(
                f'CA_BUNDLE is "{settings.ca_bundle}", which holds no certificate in PEM form.',
                "A PEM file has lines with BEGIN CERTIFICATE in it.",
            ) from None
    return context


def hub_client(settings: Settings) -> httpx.Client:
    """What huggingface_hub sends its requests with.

    Large files go to links that the Data Store hands out. huggingface_hub sends no token there, which a gateway in
    front of the Data Store asks for all the same; and nothing that was to go by https goes without it.
    """
    token, ours = settings.token("Data Store"), origin(settings.data_store_url)

    def prepare(request: httpx.Request) -> None:
        theirs = origin(str(request.url))
        if ours.startswith("https:") and theirs.startswith("http:"):
            raise errors.Unreachable(
                "Data Store",
                request_line(request),
                "its links for large files are not https.",
                wrong_links_hint(ours, theirs),
            )
        if token and theirs == ours and "Authorization" not in request.headers:
            request.headers["Authorization"] = f"Bearer {token}"

    return httpx.Client(
        follow_redirects=True,
        timeout=300.0,
        verify=tls_context(settings),
        mounts=NO_PROXY_MOUNTS,
        event_hooks={"request": [prepare]},
    )


def wrong_links_hint(ours: str, theirs: str) -> str:
    """What to do when the Data Store's links lead elsewhere than where it was asked."""
    return (
        f"The Data Store was asked at {ours} and hands out links to {theirs}. Set NEMO_DATA_STORE_URL to its address "
        "inside the cluster, or have the gateway pass on X-Forwarded-Proto and the host."
    )


def origin(url: str) -> str:
    """Scheme, host and port of an address, with the port that the scheme implies where none is written."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"
