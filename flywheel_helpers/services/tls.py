"""Certificates, proxies, idle connections, tokens: the same for our own requests and for those of huggingface_hub."""

from __future__ import annotations

import ssl
import warnings
from urllib.parse import urlsplit

import httpx
from huggingface_hub import constants, set_client_factory
from huggingface_hub.utils import disable_progress_bars

from flywheel_helpers import errors
from flywheel_helpers.failures import is_in_cluster, request_line
from flywheel_helpers.settings import Settings

# Never reached through a proxy, whatever HTTP_PROXY says: this machine, and the services of our own cluster, whose
# names do not resolve outside of it.
INSIDE = ("127.0.0.1", "localhost", ".svc.cluster.local")
NO_PROXY_MOUNTS: dict[str, httpx.BaseTransport | None] = {
    f"all://*{host}" if host.startswith(".") else f"all://{host}": None for host in INSIDE
}

# Servers close connections that nobody uses, uvicorn after 5 seconds, which is httpx's own default too. A POST that
# leaves at that moment breaks, and one that is not safe to repeat is lost. So we are the first to close them.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2.0)

NOT_VERIFIED = (
    "VERIFY_TLS is false: certificates are not checked, so anyone in between can read and change what is "
    "sent, tokens included. Set CA_BUNDLE to the certificates instead."
)


def tls_context(settings: Settings) -> ssl.SSLContext | bool:
    """What certificates are verified against: the system's certificate authorities and those in CA_BUNDLE.

    Returns:
        False, with a warning that the user sees, when VERIFY_TLS is false.

    Raises:
        ConfigError: CA_BUNDLE contains no certificate.
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
                f'CA_BUNDLE is "{settings.ca_bundle}", which contains no certificate in PEM format.',
                "A PEM file has lines with BEGIN CERTIFICATE.",
            ) from None
    return context


def set_up_hub(settings: Settings) -> None:
    """Make huggingface_hub follow these settings in the whole process, which is all that it offers.

    `connect` does this, once; whoever makes a `Connection` in another way and uses the Data Store calls it first.
    """
    set_client_factory(lambda: hub_client(settings))
    # huggingface_hub sends large files to a Xet server without asking whether there is one. A Data Store has none.
    constants.HF_HUB_DISABLE_XET = True
    disable_progress_bars()  # in a saved notebook they are noise


def hub_client(settings: Settings) -> httpx.Client:
    """The client that sends the requests of huggingface_hub.

    Large files go to links that the Data Store hands out. huggingface_hub sends no token there, but a gateway in front
    of the Data Store requires one. What was meant to go by https is never sent without it.
    """
    token, ours = settings.token("Data Store"), origin(settings.data_store_url)

    def prepare(request: httpx.Request) -> None:
        theirs = origin(str(request.url))
        if ours.startswith("https:") and theirs.startswith("http:"):
            raise errors.Unreachable(
                "Data Store",
                request_line(request),
                "its upload links for large files are not https.",
                wrong_links_hint(ours, theirs),
            )
        if token and theirs == ours and "Authorization" not in request.headers:
            request.headers["Authorization"] = f"Bearer {token}"

    return httpx.Client(
        follow_redirects=True,
        timeout=300.0,
        limits=LIMITS,
        verify=tls_context(settings),
        mounts=NO_PROXY_MOUNTS,
        event_hooks={"request": [prepare]},
    )


def wrong_links_hint(ours: str, theirs: str) -> str:
    """What to do when the Data Store's links lead to another address than its own."""
    found = f"The Data Store's address is {ours}, but its links lead to {theirs}"
    if is_in_cluster(urlsplit(ours).hostname or ""):
        return (
            f"{found}, which must be reachable from here too. The host sets that address with nemo.data-store.external."
        )
    return (
        f"{found}. Set NEMO_DATA_STORE_URL to its address inside the cluster, or have the gateway forward "
        "X-Forwarded-Proto and the host."
    )


def origin(url: str) -> str:
    """Scheme, host and port of an address; without a port, the default one of the scheme."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"
