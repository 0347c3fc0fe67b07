"""One HTTP client for all services: timeouts, certificates, bounded retries, and errors a person can act on."""

from __future__ import annotations

import copy
import random
import time
from dataclasses import replace
from types import ModuleType
from typing import Any

import httpx
from huggingface_hub import set_client_factory

from flywheel_helpers import errors
from flywheel_helpers.services.failures import is_final, request_line, status_error, transport_error, wrong_address
from flywheel_helpers.services.tls import NO_PROXY_MOUNTS, hub_client, tls_context
from flywheel_helpers.settings import SERVICE_URLS, Settings

SAFE_METHODS = frozenset({"GET", "HEAD"})
RETRY_STATUSES = frozenset({429, 502, 503, 504})
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
            transport=transport,
            mounts=None if transport else NO_PROXY_MOUNTS,
        )

    def with_dataset(self, name: str) -> Connection:
        """This connection, with another dataset of the same namespace in place of DATASET_NAME."""
        other = copy.copy(self)
        other.settings = replace(self.settings, dataset_name=name)
        return other

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
        if token := self.settings.token(service):
            content["headers"] = {"Authorization": f"Bearer {token}", **(content.get("headers") or {})}
        retries = self.max_retries if (method in SAFE_METHODS if retry is None else retry) else 0
        if timeout is not None:
            content["timeout"] = httpx.Timeout(timeout, connect=min(timeout, 5.0))
        for attempt in range(retries + 1):
            last = attempt == retries
            try:
                response = self.client.request(method, url, **content)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise wrong_address(service, f"{method} {url}", str(error)) from None
            except httpx.TransportError as error:
                if last or is_final(error):
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
                request_line(response.request),
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
    settings = Settings.from_config(config)
    # Downloads from the Hugging Face Hub, such as the real xLAM, go by the same certificates.
    set_client_factory(lambda: hub_client(settings))
    return Connection(settings)


def _retry_after(response: httpx.Response) -> float:
    try:
        return float(response.headers.get("Retry-After", 0))
    except ValueError:  # a date: our own delay will do
        return 0.0
