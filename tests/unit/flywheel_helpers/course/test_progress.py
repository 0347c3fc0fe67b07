"""What is sent when an exercise is solved, and what a host sees of what others have made."""

from __future__ import annotations

import json

import httpx
import pytest

from flywheel_helpers.course import progress
from flywheel_helpers.services.entity_store import OWNER_FIELD


def test_an_unsolved_exercise_asks_nothing_of_the_platform(connection):
    def server(request):
        raise AssertionError(f"{request.method} {request.url}")

    assert progress.keep(connection(server), "merged", "Not yet: no.") == "Not yet: no."


def test_only_the_exercise_is_recorded(connection):
    requests = []

    def server(request):
        requests.append(request)
        return httpx.Response(200, json={})

    nemo = connection(server, namespace="tool-calling-ada")
    assert progress.keep(nemo, "merged", "Right: well done.") == "Right: well done."
    sent = json.loads(requests[-1].content)
    assert sent.pop("description") and sent == {
        "name": "exercise-merged",
        "namespace": "tool-calling-ada",
        "custom_fields": {"course_exercise": "merged"},
    }


@pytest.mark.parametrize("status", [401, 404, 422, 500, 503])
def test_a_refusal_is_one_more_line(connection, status):
    nemo = connection(lambda request: httpx.Response(status, json={"detail": "token abc"}))
    first, second = progress.keep(nemo, "merged", "Right: yes.").split("\n")
    assert first == "Right: yes." and str(status) in second and "abc" not in second


def test_whoever_works_without_a_platform_does_not_wait_for_it(connection):
    attempts = []

    def server(request):
        attempts.append(request)
        raise httpx.ConnectError("refused")

    assert "will not show it" in progress.keep(connection(server), "merged", "Right: yes.")
    assert len(attempts) == 1


def platform(**lists):
    """A platform that has these entities, by the last part of their paths."""

    def server(request):
        return httpx.Response(200, json={"data": lists.get(request.url.path.rpartition("/")[2], [])})

    return server


def test_the_steps_of_a_room(connection):
    mark = {"custom_fields": {OWNER_FIELD: "1a2b"}}
    solved = {"custom_fields": {"course_exercise": "merged"}, "created_at": "2026-03-02T08:00:00"}
    server = platform(
        namespaces=[{"id": "grace", **mark}, {"id": "ada", **mark}, {"id": "default"}],
        projects=[{"namespace": "team", **solved}, {"name": "without a namespace"}],
        datasets=[{"namespace": "ada"}, {"namespace": "default"}, {"name": "without a namespace"}],
        models=[{"namespace": "ada", "peft": {}}, {"namespace": "grace", "peft": {"finetuning_type": "lora"}}],
        jobs=[{"namespace": "ada", "status": "completed"}, {"namespace": "grace", "status": "failed"}, {"id": "eval"}],
    )
    people = progress.room(connection(server))
    assert [(one.namespace, one.dataset, one.model, one.evaluation) for one in people] == [
        ("ada", True, False, True),
        ("grace", False, True, False),
        ("team", False, False, False),
    ]
    assert people[2].solved == {"merged": "2026-03-02T08:00:00"}
