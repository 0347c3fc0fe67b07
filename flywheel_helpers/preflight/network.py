"""The way to a host: its name, a proxy in between, and its certificate, each checked separately."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from flywheel_helpers.errors import ConfigError
from flywheel_helpers.failures import address_hint, certificate_problem, refused_hint
from flywheel_helpers.services.tls import INSIDE, origin, tls_context
from flywheel_helpers.settings import Settings

TIMEOUT = 5.0  # seconds to connect


def look(settings: Settings, address: str, names: list[str]) -> str:
    """Check the way to an address.

    Args:
        settings: the certificates to trust.
        address: scheme, host and port, from `tls.origin`.
        names: the variables of config.py that contain it, for the advice.

    Returns:
        the IP address, and the issuer of the certificate.

    Raises:
        ConfigError: the name does not resolve, nothing listens, or the certificate is not trusted.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 80
    there = ", ".join(names)
    if proxy := proxy_for(address):
        return f"through the proxy {proxy}"
    try:
        ip = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    except socket.gaierror:
        raise ConfigError(f"there is no host named {host}", address_hint(host, there)) from None
    try:
        with socket.create_connection((host, port), TIMEOUT) as connection:
            if parts.scheme == "http":
                return f"{ip}, not encrypted"
            return f"{ip}, {_certificate(settings, connection, host)}"
    except ssl.SSLCertVerificationError as error:
        problem, fix = certificate_problem(error, there, host)
        raise ConfigError(f"{problem} Issued by: {untrusted_issuer(host, port)}.", fix) from None
    except ssl.SSLError as error:
        raise ConfigError(f"no TLS at {ip} ({error.reason})", f"Check {there} in config.py: is it http://?") from None
    except ConnectionRefusedError:
        start = "Start it (flywheel up), or check" if settings.profile == "local" else "Check"
        hint = refused_hint(host, there, f"{start} {there} in config.py.")
        raise ConfigError(f"nothing listens on port {port} of {ip}", hint) from None
    except OSError as error:
        raise ConfigError(
            f"no connection to {ip} port {port} ({error})", f"Check {there} in config.py, your VPN and the firewall."
        ) from None


def proxy_for(address: str) -> str:
    """Host and port, without the password, of the proxy for requests to an address; empty without a proxy."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme) or getproxies().get("all")
    if not proxy or _inside(host) or proxy_bypass(host):
        return ""
    return origin(proxy if "//" in proxy else f"http://{proxy}").partition("//")[2]


def untrusted_issuer(host: str, port: int) -> str:
    """The issuer of a certificate that is not trusted.

    The certificate is trusted for this handshake only, and nothing is sent.
    """
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=ssl.get_server_certificate((host, port), timeout=TIMEOUT))
        with socket.create_connection((host, port), TIMEOUT) as connection:
            with context.wrap_socket(connection, server_hostname=host) as secured:
                return _issuer(secured)
    except OSError:  # for example, an expired one cannot be read this way
        return "unknown"


def _certificate(settings: Settings, connection: socket.socket, host: str) -> str:
    context = tls_context(settings)
    if context is False:
        return "certificate not checked"
    with context.wrap_socket(connection, server_hostname=host) as secured:
        until = (secured.getpeercert() or {}).get("notAfter", "unknown")
        return f"certificate by {_issuer(secured)}, valid until {until}"


def _issuer(secured: ssl.SSLSocket) -> str:
    parts = dict(pair for group in (secured.getpeercert() or {}).get("issuer", ()) for pair in group)
    names = [parts[key] for key in ("organizationName", "organizationalUnitName", "commonName") if key in parts]
    return ", ".join(names) or "unknown"


def _inside(host: str) -> bool:
    return host in INSIDE or host.endswith(INSIDE)
