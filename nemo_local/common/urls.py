"""Web addresses that somebody wrote into a request, an entity or a configuration."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def split_url(url: object) -> SplitResult | None:
    """The parts of an address of http or https; None if it is none, has no host, or a port that is no number. HTTP
    clients fail on such an address with errors of their own, which is too late to say which field is wrong."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018, it is read only now
    except (ValueError, TypeError, AttributeError):
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
