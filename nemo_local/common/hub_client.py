"""The HTTP client of huggingface_hub in the platform's servers, whose own Data Store is on this machine."""

from __future__ import annotations

import httpx
from huggingface_hub import constants, set_client_factory
from huggingface_hub.errors import OfflineModeIsEnabled

from nemo_local.common.child import OFFLINE
from nemo_local.common.connections import LOOPBACK_DIRECT
from nemo_local.common.urls import is_loopback

_TIMEOUT = 60.0  # seconds without a byte; the library's own client would wait for ever


def set_up_hub() -> None:
    """Reach this machine without a proxy, and also where the Hugging Face Hub must not be asked.

    The library's own client treats the platform's Data Store as any other Hub: HTTP_PROXY would lead to the company's
    proxy, which cannot reach it, and HF_HUB_OFFLINE would block it.
    """
    set_client_factory(_client)


def _client() -> httpx.Client:
    hooks = {"request": [_require_online]}
    return httpx.Client(mounts=LOOPBACK_DIRECT, event_hooks=hooks, follow_redirects=True, timeout=_TIMEOUT)


def _require_online(request: httpx.Request) -> None:
    if constants.is_offline_mode() and not is_loopback(request.url.host):
        raise OfflineModeIsEnabled(f"{' or '.join(OFFLINE)} is set, so {request.url.host} is not asked")
