"""One HTTP client for all services: timeouts, certificates, bounded retries, and errors that a user can act on."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any, Self

import httpx

from flywheel_helpers import errors
from flywheel_helpers.failures import is_final, request_line, status_error, transport_error, wrong_address
from flywheel_helpers.services.tls import LIMITS, NO_PROXY_MOUNTS, set_up_hub, tls_context
from flywheel_helpers.settings import SERVICE_URLS, Settings

SAFE_METHODS = frozenset({"GET", "HEAD"})
RETRY_STATUSES = frozenset({429, 502, 503, 504})
MAX_DELAY = 8.0  # seconds between two attempts at most, even if the server asks for more


class Connection:
    """A connection to the services of one platform. Use it in a `with` block, or `close` it.

    Args:
        settings: addresses, names and certificates.
        timeout: seconds to wait for an answer (5 to connect).
        transport: replaces the network, for tests.
        first_delay: seconds before the first retry. Each further one doubles it, plus up to a quarter of jitter, so
            that a room full of notebooks does not retry at the same instant.
        max_retries: how often a request that may be repeated is sent again.
        sleep: waits for a number of seconds; replaced in tests.
    """

    def __init__(
        self,
        settings: Settings,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        first_delay: float = 0.5,
        max_retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.settings = settings
        self.transport = transport
        self.first_delay = first_delay
        self.max_retries = max_retries
        self.sleep = sleep
        self.client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=5.0),
            limits=LIMITS,
            verify=tls_context(settings),
            transport=transport,
            mounts=None if transport else NO_PROXY_MOUNTS,
        )

    def with_dataset(self, name: str) -> Connection:
        """This connection, with another dataset of the same namespace in place of DATASET_NAME."""
        other = copy.copy(self)
        other.settings = replace(self.settings, dataset_name=name)
        return other

    def with_retries(self, max_retries: int) -> Connection:
        """This connection, with another limit on how often a request is sent again."""
        other = copy.copy(self)
        other.max_retries = max_retries
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the client and its sockets. The connection cannot be used afterwards."""
        self.client.close()

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
        """Send a request and return the answer, if its status is a success.

        Args:
            service: name of the service, a key of `SERVICE_URLS`.
            method: HTTP method.
            path: path on the service, such as "/v1/models".
            retry: whether the request may be sent again. Default: true for GET and HEAD only.
            timeout: seconds, instead of the connection's.
            **content: json, data, params or headers, as for httpx.

        Raises:
            ServiceError: the subclass for the failure, after the retries.
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
            self.sleep(min(wait, MAX_DELAY))
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
                f"Another program may be listening there. Check {name} in config.py, and proxies in between.",
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

    huggingface_hub follows the same settings from then on, with the Data Store and with the Hugging Face Hub.

    Raises:
        ConfigError: config.py has an invalid value.
    """
    settings = Settings.from_config(config)
    set_up_hub(settings)
    return Connection(settings)


def _retry_after(response: httpx.Response) -> float:
    try:
        return float(response.headers.get("Retry-After", 0))
    except ValueError:  # a date; our own delay is good enough
        return 0.0
