"""No verdict, no call: whatever is wrong with the safety model, the message is blocked and the model is not asked."""

from __future__ import annotations

import pytest
from guardrails_support import HELLO, RAIL, chat
from model_server import MAIN, SAFE

NO_VERDICT = "No verdict was possible, so the message is blocked"


def assert_blocked(sdk, server, config: str) -> str:
    """Blocked in a check and in a chat, for want of a verdict; gives the reason."""
    found = sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": config})
    assert found.status == "blocked" and found.rails_status[RAIL].status == "blocked"
    answer = chat(sdk, config)
    assert answer.choices[0].finish_reason == "content_filter"
    assert "gave no verdict" in answer.choices[0].message.content
    assert not answer.choices[0].message.tool_calls
    streamed = list(chat(sdk, config, stream=True))
    assert [chunk.choices[0].finish_reason for chunk in streamed] == ["content_filter"]
    assert server.calls[MAIN] == 0, "the guarded model was asked"
    reason = answer.guardrails_data.log.activated_rails[0].additional_info["reason"]
    assert reason.startswith(NO_VERDICT), reason
    return reason


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        "The message seems safe.",
        "safe",
        "[]",
        "null",
        "{}",
        '{"User Safety": ""}',
        '{"User Safety": null}',
        '{"User Safety": true}',
        '{"User Safety": "perhaps"}',
        '{"Response Safety": "safe"}',
        '{"User Safety": "safe"',
    ],
)
def test_an_answer_that_is_no_verdict(sdk, server, stored, answer):
    server.verdict = answer
    assert_blocked(sdk, server, stored())


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_error(sdk, server, stored, status):
    server.status = status
    assert str(status) in assert_blocked(sdk, server, stored())


def test_nobody_there(sdk, server, stored, data):
    nobody = {**data["models"][1], "parameters": {"base_url": "http://127.0.0.1:9/v1"}}
    assert "127.0.0.1:9" in assert_blocked(sdk, server, stored(models=[data["models"][0], nobody]))


def test_no_answer_in_time(sdk, server, stored, data):
    server.delay = 3.0
    slow = {**data["models"][1], "parameters": {"base_url": server.url, "timeout": 0.3}}
    assert "no answer within 0.3 s" in assert_blocked(sdk, server, stored(models=[data["models"][0], slow]))


def test_a_redirect_is_not_followed(sdk, server, stored):
    server.redirect = f"{server.url}/elsewhere"
    assert "redirects" in assert_blocked(sdk, server, stored())
    assert all("elsewhere" not in path for path in server.paths)


def test_a_message_longer_than_the_prompt_may_be(sdk, server, stored, data):
    config = stored(prompts=[{**data["prompts"][0], "max_length": 40}])
    assert "longer than the prompt" in assert_blocked(sdk, server, config)


def test_a_second_rail_that_fails_blocks_too(sdk, server, stored, data):
    nobody = {**data["models"][1], "type": "second", "parameters": {"base_url": "http://127.0.0.1:9/v1"}}
    second = RAIL.replace("content_safety", "second")
    prompts = [data["prompts"][0], {**data["prompts"][0], "task": "content_safety_check_input $model=second"}]
    config = stored(models=[*data["models"], nobody], prompts=prompts, rails={"input": {"flows": [RAIL, second]}})
    found = sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": config})
    assert found.status == "blocked"
    assert found.rails_status[second].status != "success"
    assert chat(sdk, config).choices[0].finish_reason == "content_filter" and server.calls[MAIN] == 0


@pytest.mark.parametrize(
    ("answer", "status"), [("No", "success"), ("Yes.", "blocked"), ("No idea.", "blocked"), ("", "blocked")]
)
def test_a_self_check_passes_on_a_clear_no_only(sdk, server, stored, data, answer, status):
    prompts = [{"task": "self_check_input", "content": "Bad? {{ user_input }}"}]
    server.answer = {"role": "assistant", "content": answer}
    config = stored(prompts=prompts, rails={"input": {"flows": ["self check input"]}})
    assert sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": config}).status == status


def test_a_verdict_is_asked_for_each_time(sdk, server, stored):
    config = stored()
    server.verdict = SAFE
    assert chat(sdk, config).choices[0].message.tool_calls
    server.verdict = ""
    assert chat(sdk, config).choices[0].finish_reason == "content_filter"
    assert server.calls[MAIN] == 1
