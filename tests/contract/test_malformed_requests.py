"""Requests that nobody would write by hand: both valid and invalid by the platform's own OpenAPI document.

schemathesis generates them for every route. None may end in an unexpected error, and none may hang. (Other 5xx answers
are expected: there is no NIM behind this gateway.)
"""

from __future__ import annotations

import contextlib
from collections import Counter

import httpx
import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from running import Running
from schemathesis import GenerationMode

SECONDS = 30
DEPTH = 100_000
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def target(start_gateway, tmp_path_factory):
    """A gateway of this module's own, since the requests leave all kinds of things behind."""
    return start_gateway(tmp_path_factory.mktemp("malformed-home"))


def resident(server: Running) -> int:
    """The bytes of memory that the server's process holds."""
    return psutil.Process(server.process.pid).memory_info().rss


def send_all(url: str, per_route: int, model: str = "") -> Counter[int]:
    """Send valid and invalid requests to every route, and count the statuses of the answers.

    Args:
        url: the server's address.
        per_route: how many valid requests a route gets, and how many invalid ones.
        model: the one that all completions are asked of; empty to leave what was generated.
    """
    statuses: Counter[int] = Counter()

    def send(case: schemathesis.Case) -> None:
        if isinstance(case.body, dict) and {"messages", "prompt"} & case.body.keys():
            case.body |= {"max_tokens": 1, "max_completion_tokens": 1}  # the reading is under test, not the answer
            if model and "model" in case.body:
                case.body["model"] = model
        answer = case.call(timeout=SECONDS)
        statuses[answer.status_code] += 1
        assert answer.status_code != 500, f"{case.as_curl_command()}\n{answer.text[:500]}"

    limits = settings(
        max_examples=per_route,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations():
        for mode in GenerationMode:
            with contextlib.suppress(Unsatisfiable):  # a route without parameters has no invalid request
                limits(given(found.ok().as_strategy(generation_mode=mode))(send))()
    return statuses


def test_no_request_to_the_gateway_meets_an_unexpected_error_or_waits_for_ever(target):
    before = resident(target)
    statuses = send_all(target.gateway_url, 14)
    assert statuses.total() >= 2000, statuses
    assert "Traceback" not in target.log.read_text()
    assert resident(target) - before < 300 * 2**20


def test_no_request_to_the_nim_meets_an_unexpected_error_or_waits_for_ever(platform):
    model = httpx.get(f"{platform.nim_url}/v1/models").json()["data"][0]["id"]
    statuses = send_all(platform.nim_url, 100, model)
    assert statuses.total() >= 500, statuses
    log = (platform.home / "logs" / "nim.log").read_text()
    assert "Traceback" not in log, log[-3000:]


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_body_that_would_fill_the_memory_is_refused(target, announced):
    before = resident(target)
    piece = b" " * 2**20
    content = piece * 17 if announced else (piece for _ in range(200))
    try:
        answer = httpx.post(f"{target.gateway_url}/v1/models", content=content, headers=JSON, timeout=SECONDS)
    except httpx.WriteError:  # the server has answered and closed the connection before all was sent
        assert not announced
    else:
        assert answer.status_code == 413 and "16 MiB" in answer.json()["detail"]
    assert resident(target) - before < 100 * 2**20


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize(
    "route", ["/v1/models", "/v1/customization/jobs", "/v1/evaluation/jobs", "/v1/guardrail/checks"]
)
def test_a_deeply_nested_body_is_a_bad_request(target, route, opening, closing):
    for content in (opening * DEPTH, opening * DEPTH + "1" + closing * DEPTH):
        answer = httpx.post(f"{target.gateway_url}{route}", content=content, headers=JSON, timeout=SECONDS)
        assert answer.status_code in (400, 422), answer.text[:300]
