"""Failed requests as errors that say what happened and what to do."""

from __future__ import annotations

import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx

from flywheel_helpers import errors
from flywheel_helpers.settings import SERVICE_URLS

# OpenSSL's verification errors (X509_V_ERR_...).
EXPIRED, OTHER_HOST, OTHER_ADDRESS = 10, 62, 64
# OpenSSL's reasons for an answer that is not TLS, usually plain http.
NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
# The token and the start command that hints name, for services that have their own.
TOKENS = {"Data Store": "NDS_TOKEN or NEMO_TOKEN", "Open WebUI": "OPENWEBUI_API_KEY", "Teacher": "TEACHER_API_KEY"}
START_COMMANDS = {"Open WebUI": "flywheel webui up", "Teacher": "its server"}


def causes_of(error: BaseException) -> list[BaseException]:
    """An error, followed by its causes."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def is_final(error: httpx.TransportError) -> bool:
    """Whether a retry is useless: a name that does not resolve, or a certificate that is not trusted."""
    return any(isinstance(cause, (socket.gaierror, ssl.SSLCertVerificationError)) for cause in causes_of(error))


def wrong_address(service: str, request: str, reason: str) -> errors.Unreachable:
    """The error about an address that cannot be requested at all; `reason` is httpx's."""
    return errors.Unreachable(service, request, reason, f"Check {SERVICE_URLS[service]} in config.py.")


def is_in_cluster(host: str) -> bool:
    """Whether a host is a service of a cluster, by the name it has inside."""
    return host.endswith(".svc.cluster.local")


def refused_hint(host: str, names: str, otherwise: str) -> str:
    """What to do if a host refuses the connection.

    Args:
        host: the host name.
        names: the variables of config.py that contain it.
        otherwise: what to do if the host is no service of a cluster, seen from inside.
    """
    if is_in_cluster(host):
        return (
            "Its pod may still be starting, or has stopped: ask whoever runs the workshop. "
            f"Otherwise check {names} in config.py."
        )
    return otherwise


def address_hint(host: str, names: str) -> str:
    """What to check if a host name does not resolve.

    Args:
        host: the host name.
        names: the variables of config.py that contain it.
    """
    hint = f"Check {names} in config.py."
    if is_in_cluster(host):
        hint += " Addresses inside the cluster do not resolve outside of it; from outside, set NEMO_URL."
    return hint


def transport_error(service: str, request: str, error: httpx.TransportError) -> errors.ServiceError:
    """The error about a request without an answer.

    Args:
        service: name of the service, a key of `SERVICE_URLS`.
        request: method and URL.
        error: what httpx raised.
    """
    name, host = SERVICE_URLS[service], urlsplit(request.split(" ", 1)[1]).hostname
    causes = causes_of(error)

    def unreachable(reason: str, hint: str) -> errors.Unreachable:
        return errors.Unreachable(service, request, reason, hint)

    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return unreachable(*certificate_problem(cause, name, host or ""))
    if any(isinstance(cause, ssl.SSLError) and cause.reason in NOT_TLS for cause in causes):
        return unreachable(f"{host} does not speak https there.", f"Check {name} in config.py: is it http://?")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return unreachable(f"there is no host named {host}.", address_hint(host or "", name))
    if isinstance(error, httpx.ProxyError):
        return unreachable(
            f"the proxy refused the connection ({error}).",
            f"Check HTTP_PROXY and HTTPS_PROXY, or add {host} to NO_PROXY in the environment.",
        )
    if isinstance(error, httpx.ConnectTimeout):
        return unreachable(f"{host} does not answer.", f"Check {name} in config.py, your VPN and the firewall.")
    if isinstance(error, httpx.TimeoutException):
        return errors.TimedOut(
            service,
            request,
            "no answer in time.",
            "The service may be busy: try again, and see its log if that does not help.",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        start = START_COMMANDS.get(service, "flywheel up")
        own_machine = f"On your own machine, start it ({start}); otherwise check {name} in config.py."
        return unreachable("nothing listens there (connection refused).", refused_hint(host or "", name, own_machine))
    return unreachable(
        f"the connection broke ({error or type(error).__name__}).",
        "Run the cell again: it continues from there. If it happens again, see the service's log.",
    )


def certificate_problem(error: ssl.SSLCertVerificationError, name: str, host: str) -> tuple[str, str]:
    """What is wrong with a certificate, and the change to make.

    Args:
        error: from the handshake.
        name: the variable of config.py that contains the address.
        host: the host of the certificate.
    """
    if error.verify_code == EXPIRED:
        return f"the certificate of {host} has expired.", "Ask its administrator to renew it."
    if error.verify_code in (OTHER_HOST, OTHER_ADDRESS):
        return f"the certificate is not for {host}.", f"Use a host name that the certificate covers in {name}."
    return (
        f"the certificate of {host} is not trusted ({error.verify_message}).",
        "Set CA_BUNDLE to a file with your organisation's certificates.",
    )


def server_message(response: httpx.Response) -> str:
    """The server's own message: FastAPI's `detail`, OpenAI's `error`, or plain text."""
    try:
        body = response.json()
    except ValueError:
        return response.text.strip()[:500]
    if isinstance(body, dict):
        said = body.get("detail") or body.get("message") or body.get("error") or body
        if isinstance(said, dict):
            said = said.get("message") or said
        if isinstance(said, list):  # FastAPI's list of problems, each with the name of its field
            return "; ".join(_field_problem(item) for item in said)
        return str(said)[:2000]
    return str(body)[:500]


def _field_problem(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    field = ".".join(str(part) for part in item.get("loc", ()) if part != "body")
    return f"{field}: {item.get('msg', '')}" if field else str(item.get("msg", item))


def request_line(request: httpx.Request) -> str:
    """Method and URL of a request, without the query: in a link to a large file that is a signature."""
    return f"{request.method} {request.url.copy_with(query=None)}"


def status_error(service: str, response: httpx.Response) -> errors.ServiceError:
    """The error about an answer whose status is no success.

    Args:
        service: name of the service, a key of `SERVICE_URLS`.
        response: the answer.
    """
    name, status = SERVICE_URLS[service], response.status_code
    request = request_line(response.request)

    def make(kind: type[errors.ServiceError], reason: str, hint: str) -> errors.ServiceError:
        return kind(service, request, f"{reason} ({status}).", hint, status, server_message(response))

    if 300 <= status < 400:
        return make(
            errors.Redirected,
            f"the service redirected to {response.headers.get('Location', 'nowhere')[:200].split('?')[0]}",
            f"If that is a login page, set NEMO_TOKEN in the environment; otherwise set {name} to the new address.",
        )
    if status in (401, 403):
        token = TOKENS.get(service, "NEMO_TOKEN")
        return make(errors.Unauthorized, "access was refused", f"Set {token} in the environment, or renew it.")
    if status == 404:
        return make(errors.NotFound, "not found", f"Check the name, and that {name} is the {service}'s address.")
    if status == 409:
        return make(errors.Conflict, "it already exists or is in use", "Choose another name, or use the existing one.")
    if status in (400, 422):
        return make(errors.Invalid, "the request was refused", "Correct the value that the message names.")
    if status == 413:
        return make(
            errors.Invalid,
            "a gateway in between refuses a request of this size",
            f"Ask for a higher limit (nginx: proxy-body-size), or set {name} to the address inside the cluster.",
        )
    if status in (429, 503):
        return make(errors.Overloaded, "the service is busy or not ready", "Wait a minute and run the cell again.")
    if status == 507:
        return make(errors.StorageFull, "the service has no disk space left", "Free some, then run the cell again.")
    if status >= 500:
        return make(errors.ServerFault, "the service failed", "Run the cell again; if it fails again, see its log.")
    return make(errors.ServiceError, "an unexpected answer", f"Check {name} in config.py, and proxies in between.")
