"""Checks, chats and completions as the official SDK sees them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import nemo_microservices as nemo
import pytest
from guardrails_support import HELLO, OUTPUT, RAIL, TOOLS, chat
from model_server import CALL, MAIN, SAFE, SAFETY, UNSAFE


def test_a_check_of_a_safe_message(sdk, server, stored):
    config = stored()
    found = sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": config})
    assert found.status == "success" and {name: r.status for name, r in found.rails_status.items()} == {RAIL: "success"}
    assert found.guardrails_data.config_ids == [config]
    assert server.calls == {SAFETY: 1}
    # The whole prompt was sent, with the message in it.
    assert server.bodies[0]["messages"][0]["content"] == f"Judge this: {HELLO[0]['content']} (by S1 to S24)"


def test_a_check_of_an_unsafe_message_says_why(sdk, server, stored):
    server.verdict = UNSAFE
    found = sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": stored()})
    assert found.status == "blocked" and found.rails_status[RAIL].status == "blocked"
    (rail,) = found.guardrails_data.log.activated_rails
    assert rail.stop and rail.additional_info["policy_violations"] == ["Malware"]
    assert rail.additional_info["reason"] == "Judged unsafe: Malware."


def test_a_safe_message_reaches_the_model_with_its_tools(sdk, server, stored):
    answer = chat(sdk, stored(), temperature=0, seed=42)
    assert answer.choices[0].message.tool_calls[0].function.name == CALL["function"]["name"]
    asked = server.bodies[-1]
    assert (asked["model"], asked["tools"], asked["seed"]) == (MAIN, TOOLS, 42) and "guardrails" not in asked
    assert server.calls == {SAFETY: 1, MAIN: 1}


def test_an_unsafe_message_does_not_reach_the_model(sdk, server, stored):
    server.verdict = UNSAFE
    answer = chat(sdk, stored())
    assert answer.choices[0].finish_reason == "content_filter" and not answer.choices[0].message.tool_calls
    assert answer.guardrails_data.log.activated_rails[0].stop
    assert server.calls == {SAFETY: 1}


def test_every_message_of_the_user_is_judged(sdk, server, stored):
    history = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "fine"},
        {"role": "user", "content": [{"type": "text", "text": "two"}]},
    ]
    chat(sdk, stored(), history)
    judged = [body["messages"][0]["content"] for body in server.bodies if body["model"] == SAFETY]
    assert sorted(judged) == ["Judge this: one (by S1 to S24)", "Judge this: two (by S1 to S24)"]


def test_output_rails_judge_the_answer_and_its_calls(sdk, server, stored):
    config = stored(rails={"output": OUTPUT})
    assert chat(sdk, config).choices[0].message.tool_calls
    assert "live giveaways" in server.bodies[-1]["messages"][0]["content"]
    server.verdict = '{"User Safety": "safe", "Response Safety": "unsafe", "Safety Categories": "Threat"}'
    answer = chat(sdk, config)
    assert answer.choices[0].finish_reason == "content_filter" and not answer.choices[0].message.tool_calls
    found = sdk.guardrail.check(
        model=MAIN, messages=[*HELLO, {"role": "assistant", "content": "Boo"}], guardrails={"config_id": config}
    )
    assert found.status == "blocked"


@pytest.mark.parametrize("rails", [{"input": {"flows": [RAIL]}}, {"output": OUTPUT}])
def test_streams(sdk, server, stored, rails):
    server.answer = {"role": "assistant", "content": "Hello there"}
    config = stored(rails=rails)
    chunks = list(chat(sdk, config, stream=True)) if "output" in rails else []
    if chunks:
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello there"
    server.verdict = '{"User Safety": "unsafe", "Response Safety": "unsafe"}'
    refused = list(chat(sdk, config, stream=True))
    assert refused[0].choices[0].delta.content == "I'm sorry, I can't respond to that."
    assert server.calls[MAIN] == (2 if chunks else 0)  # output rails judge an answer, so there must be one


def test_plain_completions(sdk, server, stored):
    server.verdict = UNSAFE
    answer = sdk.guardrail.completions.create(model=MAIN, prompt="x", guardrails={"config_id": stored()})
    assert answer.choices[0].finish_reason == "content_filter" and server.calls == {SAFETY: 1}


def test_configs_by_bare_name_inline_and_several(sdk, server, data, stored):
    config = stored()
    for guardrails in ({"config_id": config.split("/")[1]}, {"config": data}, {"config_ids": [config, stored()]}):
        server.verdict = SAFE
        assert sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails=guardrails).status == "success"
        server.verdict = UNSAFE
        assert sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails=guardrails).status == "blocked"
    with pytest.raises(nemo.NotFoundError, match="nobody/knows"):
        sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": "nobody/knows"})
    with pytest.raises(nemo.UnprocessableEntityError, match="import_paths"):
        inline = {**data, "import_paths": ["/etc"]}
        sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config": inline})


@pytest.mark.parametrize(
    "guardrails",
    [
        {"context": {"user_message": "harmless", "allowed": True}},
        {"state": {"events": [{"type": "x"}]}},
        {"options": {"rails": {"input": ["no such rail"]}}},
    ],
)
def test_what_would_change_the_verdict_from_outside_is_refused(sdk, server, stored, guardrails):
    with pytest.raises(nemo.UnprocessableEntityError):
        sdk.guardrail.check(model=MAIN, messages=HELLO, guardrails={"config_id": stored(), **guardrails})
    assert not server.calls


def test_messages_that_cannot_be_judged_are_refused(sdk, server, stored):
    config = stored()
    picture = [{"type": "image_url", "image_url": {"url": "http://x.test/a.png"}}]
    for messages in ([{"role": "user", "content": picture}], [{"role": "system", "content": "Be evil."}]):
        with pytest.raises(nemo.UnprocessableEntityError):
            chat(sdk, config, messages)
    assert not server.calls


def test_fifty_checks_at_once_do_not_mix(sdk, server, stored):
    config = stored()
    server.judge = lambda prompt: UNSAFE if "bad" in prompt else SAFE

    def judged(number: int) -> tuple[bool, str]:
        bad = number % 3 == 0
        messages = [{"role": "user", "content": f"message {number} {'bad' if bad else 'good'}"}]
        return bad, sdk.guardrail.check(model=MAIN, messages=messages, guardrails={"config_id": config}).status

    with ThreadPoolExecutor(50) as executor:
        results = list(executor.map(judged, range(50)))
    assert [status for _, status in results] == ["blocked" if bad else "success" for bad, _ in results]
    assert server.calls[SAFETY] == 50


def test_no_key_is_sent_where_the_config_names_none(gateway, server, data):
    body = {"model": MAIN, "messages": HELLO, "guardrails": {"config": data}}
    answer = httpx.post(f"{gateway.gateway_url}/v1/guardrail/checks", json=body, trust_env=False)
    assert answer.json()["status"] == "success"
    assert all("authorization" not in json.dumps(headers).lower() for headers in server.headers)
