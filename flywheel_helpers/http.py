"""One HTTP client for all services: timeouts, certificates, bounded retries, and errors a person can act on."""

from __future__ import annotations

import random
import socket
import ssl
import time
import warnings
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx

from flywheel_helpers import errors
from flywheel_helpers.settings import SERVICE_URLS, Settings

SAFE_METHODS = frozenset({"GET", "HEAD"})
RETRY_STATUSES = frozenset({429, 502, 503, 504})
# What the hints name, where a service is not like the others.
TOKENS = {"Data Store": "NDS_TOKEN or NEMO_TOKEN", "Open WebUI": "OPENWEBUI_API_KEY"}
START_COMMANDS = {"Open WebUI": "flywheel webui up"}
MAX_DELAY = 8.0  # seconds between two tries at most, also when the server asks for more


class Connection:
    """A way to the services of one platform.

    Args:
        settings: addresses, names and certificates.
        timeout: seconds to wait for an answer (connecting has 5).
        transport: in place of the network, for tests.
        first_delay: seconds before the first retry; each further one doubles it, plus up to a quarter of jitter so
            that a room full of notebooks does not come back in the same instant.
    """

    def __init__(
        self,
        settings: Settings,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        first_delay: float = 0.5,
        max_retries: int = 4,
    ):
        self.settings = settings
        self.transport = transport
        self.first_delay = first_delay
        self.max_retries = max_retries
        self.client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=5.0),
            verify=tls_context(settings),
            headers={"Authorization": f"Bearer {settings.nemo_token}"} if settings.nemo_token else None,
            transport=transport,
            mounts=None if transport else NO_PROXY_MOUNTS,
        )

    def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        retry: bool | None = None,
        timeout: float | None = None,
        **content: Any,
    ) -> httpx.Response:
        """Send a request and return the answer, which is a success.

        Args:
            service: whom to ask, a name in `SERVICE_URLS`.
            method: HTTP method.
            path: path on the service, such as "/v1/models".
            retry: whether sending it twice does no harm. Default: true for GET and HEAD only.
            timeout: seconds, in place of the connection's.
            **content: json, data, params or headers, as httpx takes them.

        Raises:
            ServiceError: a subclass for what went wrong, after the retries.
        """
        url = self.settings.url(service) + path
        retries = self.max_retries if (method in SAFE_METHODS if retry is None else retry) else 0
        if timeout is not None:
            content["timeout"] = httpx.Timeout(timeout, connect=min(timeout, 5.0))
        for attempt in range(retries + 1):
            last = attempt == retries
            try:
                response = self.client.request(method, url, **content)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise _wrong_address(service, f"{method} {url}", str(error)) from None
            except httpx.TransportError as error:
                if last or _is_final(error):
                    raise transport_error(service, f"{method} {url}", error) from None
                wait = self._delay(attempt)
            else:
                if response.is_success:
                    return response
                if last or response.status_code not in RETRY_STATUSES:
                    raise status_error(service, response)
                wait = max(self._delay(attempt), _retry_after(response))
            time.sleep(min(wait, MAX_DELAY))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def json(self, service: str, method: str, path: str, **content: Any) -> dict[str, Any]:
        """Like `request`, and return the JSON object in the answer.

        Raises:
            BadAnswer: the answer is not a JSON object.
        """
        response = self.request(service, method, path, **content)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            name = SERVICE_URLS[service]
            raise errors.BadAnswer(
                service,
                f"{method} {response.request.url}",
                "the answer is not a JSON object.",
                f"Something else may be listening there. Check {name} in config.py, and proxies in between.",
                response.status_code,
                response.text[:200].strip(),
            )
        return body

    def all_pages(self, service: str, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every document of a paged list."""
        documents: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = self.json(service, "GET", path, params={**(params or {}), "page": page, "page_size": 100})
            data = answer.get("data")
            if not isinstance(data, list):
                raise errors.BadAnswer(
                    service,
                    f"GET {self.settings.url(service)}{path}",
                    'the answer has no list "data".',
                    f"Check {SERVICE_URLS[service]} in config.py.",
                )
            documents += data
            if page >= (answer.get("pagination") or {}).get("total_pages", 1):
                return documents
            page += 1

    def _delay(self, attempt: int) -> float:
        return self.first_delay * 2**attempt * random.uniform(1, 1.25)


def connect(config: ModuleType) -> Connection:
    """Read config.py and open a connection to the services it names.

    Raises:
        ConfigError: config.py has a value that cannot be right.
    """
    return Connection(Settings.from_config(config))


# Loopback addresses are never behind a proxy, whatever HTTP_PROXY says.
NO_PROXY_MOUNTS: dict[str, httpx.BaseTransport | None] = {"all://127.0.0.1": None, "all://localhost": None}


def tls_context(settings: Settings) -> ssl.SSLContext | bool:
    """What https addresses are checked against: the usual certificates, and those in CA_BUNDLE.

    Returns False, with a warning the user sees, when VERIFY_TLS is false.
    """
    if not settings.verify_tls:
        warnings.warn(
            "VERIFY_TLS is false: certificates are not checked, so anyone in between can read and change what is "
            "sent, tokens included. Give the certificates in CA_BUNDLE instead.",
            stacklevel=3,
        )
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


def _retry_after(response: httpx.Response) -> float:
    try:
        return float(response.headers.get("Retry-After", 0))
    except ValueError:  # a date: our own delay will do
        return 0.0


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _is_final(error: httpx.TransportError) -> bool:
    """A name that does not resolve and a certificate nobody trusts do not get better in seconds."""
    return any(isinstance(cause, (socket.gaierror, ssl.SSLCertVerificationError)) for cause in _causes(error))


def _wrong_address(service: str, request: str, reason: str) -> errors.Unreachable:
    return errors.Unreachable(service, request, reason, f"Check {SERVICE_URLS[service]} in config.py.")


def transport_error(service: str, request: str, error: httpx.TransportError) -> errors.ServiceError:
    name, host = SERVICE_URLS[service], urlsplit(request.split(" ", 1)[1]).hostname
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return errors.Unreachable(
            service,
            request,
            f"the certificate of {host} is not trusted.",
            "Set CA_BUNDLE to a file with the certificates of your organisation.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return _wrong_address(service, request, f"there is no host named {host}.")
    if isinstance(error, httpx.ConnectTimeout):
        return errors.Unreachable(
            service, request, f"{host} does not answer.", f"Check {name} in config.py, your VPN and the firewall."
        )
    if isinstance(error, httpx.TimeoutException):
        return errors.TimedOut(
            service,
            request,
            "no answer in time.",
            "The service may be busy: try again, and see its log if it stays so.",
        )
    if isinstance(error, httpx.ConnectError):
        return errors.Unreachable(
            service,
            request,
            "nothing listens there (connection refused).",
            f"Start it ({START_COMMANDS.get(service, 'flywheel up')}), or check {name} in config.py.",
        )
    return errors.Unreachable(
        service,
        request,
        f"the connection broke ({error or type(error).__name__}).",
        "Run the cell again: it goes on from what is there. See the service's log if it happens again.",
    )


def server_message(response: httpx.Response) -> str:
    """What the server said, from the shapes services use: FastAPI's detail, OpenAI's error, or plain text."""
    try:
        body = response.json()
    except ValueError:
        return response.text.strip()[:500]
    if isinstance(body, dict):
        said = body.get("detail") or body.get("message") or body.get("error") or body
        if isinstance(said, dict):
            said = said.get("message") or said
        if isinstance(said, list):  # FastAPI's list of problems, each with the field it is about
            return "; ".join(_field_problem(item) for item in said)
        return str(said)[:2000]
    return str(body)[:500]


def _field_problem(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    field = ".".join(str(part) for part in item.get("loc", ()) if part != "body")
    return f"{field}: {item.get('msg', '')}" if field else str(item.get("msg", item))


def status_error(service: str, response: httpx.Response) -> errors.ServiceError:
    name, status = SERVICE_URLS[service], response.status_code
    request = f"{response.request.method} {response.request.url}"

    def make(kind: type[errors.ServiceError], reason: str, hint: str) -> errors.ServiceError:
        return kind(service, request, f"{reason} ({status}).", hint, status, server_message(response))

    if status in (401, 403):
        token = TOKENS.get(service, "NEMO_TOKEN")
        return make(errors.Unauthorized, "access was refused", f"Set {token} in the environment, or renew it.")
    if status == 404:
        return make(
            errors.NotFound, "there is no such thing", f"Check the name, and that {name} is the {service}'s address."
        )
    if status == 409:
        return make(errors.Conflict, "it exists already, or is in use", "Choose another name, or use the one there.")
    if status in (400, 422):
        return make(errors.Invalid, "the request was refused", "Correct the value the message names.")
    if status in (429, 503):
        return make(errors.Overloaded, "the service is busy or not ready", "Wait a minute and run the cell again.")
    if status == 507:
        return make(errors.StorageFull, "no disk space is left there", "Free some, then run the cell again.")
    if status >= 500:
        return make(errors.ServerFault, "the service failed", "Run the cell again; if it stays so, see its log.")
    return make(errors.ServiceError, "an unexpected answer", f"Check {name} in config.py, and proxies in between.")
