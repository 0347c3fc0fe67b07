"""What is judged is all that a caller gets, and all that a user says to the model."""

from __future__ import annotations

import json

import nemo_microservices as nemo
import pytest
from guardrails_support import HELLO, OUTPUT, RAIL, TOOLS, chat
from model_server import CALL, MAIN, SAFE, SAFETY

from tool_calling.prompt import question_text

BAD = '{"User Safety": "safe", "Response Safety": "unsafe", "Safety Categories": "Threat"}'


def judged(server) -> list[str]:
    return [body["messages"][0]["content"] for body in server.bodies if body["model"] == SAFETY]


@pytest.fixture
def harmful(server):
    """A safety model that finds the word "evil"."""
    server.judge = lambda prompt: BAD if "evil" in prompt else SAFE


def test_every_choice_is_judged(sdk, server, stored, harmful):
    config = stored(rails={"output": OUTPUT})
    server.choices = [{"role": "assistant", "content": text} for text in ("fine", "fine", "evil")]
    answer = chat(sdk, config, n=3)
    assert [choice.finish_reason for choice in answer.choices] == ["content_filter"]
    assert len(judged(server)) == 2  # equal choices need one verdict
    server.choices.pop()
    assert [choice.message.content for choice in chat(sdk, config, n=2).choices] == ["fine", "fine"]


@pytest.mark.parametrize(
    "field",
    [
        {"reasoning_content": "evil"},
        {"reasoning": "evil"},
        {"refusal": "evil"},
        {"function_call": {"name": "send", "arguments": '{"text": "evil"}'}},
        {"function_call": {"name": "evil_plan", "arguments": "{}"}},
        {"tool_calls": [{**CALL, "function": {"name": "send", "arguments": '{"to": ["x", {"y": "evil"}]}'}}]},
        {"tool_calls": [{**CALL, "function": {"name": "send", "arguments": '{"an evil": 1}'}}]},
        {"tool_calls": [{**CALL, "function": {"name": "send", "arguments": "{broken evil"}}]},
        {"tool_calls": [{**CALL, "function": {"name": "send", "arguments": "{}", "note": "evil"}}]},
        {"content": [{"type": "text", "text": "evil"}]},
        {"content": [{"type": "output_text", "annotations": [{"title": "evil"}]}]},
        {"content": '[{"name": "send", "arguments": {"text": "evil"}}]'},
        {"content": '[{"name": "send", "arguments": {}, "why": "evil"}]'},
        {"a_field_of_next_year": {"deep": ["evil"]}},
    ],
    ids=lambda field: json.dumps(field)[:60],
)
def test_no_field_of_an_answer_passes_unread(sdk, server, stored, harmful, field):
    server.answer = {"role": "assistant", "content": "fine", **field}
    answer = chat(sdk, stored(rails={"output": OUTPUT}))
    assert answer.choices[0].finish_reason == "content_filter" and "evil" not in answer.model_dump_json()


def test_a_field_beside_the_choices_does_not_pass_unread(sdk, server, stored, harmful):
    server.beside = {"summary": "evil"}
    assert chat(sdk, stored(rails={"output": OUTPUT})).choices[0].finish_reason == "content_filter"


def test_content_of_no_known_form_is_a_clear_error(sdk, server, stored):
    server.answer = {"role": "assistant", "content": {"text": "Hello"}}
    with pytest.raises(nemo.APIStatusError, match="neither text nor a list") as error:
        chat(sdk, stored(rails={"output": OUTPUT}))
    assert error.value.status_code == 502


def test_calls_are_judged_as_words(sdk, server, stored):
    chat(sdk, stored(rails={"output": OUTPUT}))
    assert judged(server)[0].startswith("Judge the answer live giveaways\npc to ")
    server.answer = {"role": "assistant", "content": json.dumps([{"name": "get_rate", "arguments": {"of": "EUR"}}])}
    chat(sdk, stored(rails={"output": OUTPUT}))
    assert judged(server)[-1].startswith("Judge the answer get rate\nEUR to ")


def test_a_question_is_judged_without_the_definitions_in_it(sdk, server, stored):
    typed = [{"role": "user", "content": question_text("Which giveaways are there?", TOOLS)}]
    chat(sdk, stored(), typed)
    assert judged(server) == ["Judge this: Which giveaways are there? (by S1 to S24)"]
    assert server.bodies[-1]["messages"] == typed


@pytest.mark.parametrize(
    "text",
    [
        'Query:\nHello\nTools:\n[{"name": "x", "evil": 1}]',
        'Query:\nHello\nTools:\n[{"name": "x"}] evil',
        'Query:\nHello\nTools:\n["evil"]',
        'evil\nQuery:\nHello\nTools:\n[{"name": "x"}]',
        'Query:\nHello\nTools:\n[] evil\nTools:\n[{"name": "x"}]',
    ],
)
def test_nothing_but_definitions_is_left_out(sdk, server, stored, harmful, text):
    server.judge = lambda prompt: '{"User Safety": "unsafe"}' if "evil" in prompt else SAFE
    chat(sdk, stored(), [{"role": "user", "content": text}])
    assert not server.calls[MAIN]


@pytest.mark.parametrize("key", ["messages", "prompt", "tools", "suffix", "model", "stream", "documents", "extra_body"])
def test_parameters_of_generation_bring_nothing_to_read(sdk, server, stored, key):
    guardrails = {"config_id": stored(), "options": {"llm_params": {key: HELLO}}}
    with pytest.raises(nemo.UnprocessableEntityError, match=key) as refused:
        sdk.guardrail.chat.completions.create(model=MAIN, messages=HELLO, guardrails=guardrails)
    assert "llm_params" in str(refused.value) and not server.calls
    guardrails["options"] = {"llm_params": {"temperature": 0.5}}
    sdk.guardrail.chat.completions.create(model=MAIN, messages=HELLO, guardrails=guardrails)
    assert server.bodies[-1]["temperature"] == 0.5


@pytest.mark.parametrize("key", ["prompt", "documents", "chat_template"])
def test_a_chat_brings_nothing_else_to_read(sdk, server, stored, key):
    with pytest.raises(nemo.UnprocessableEntityError, match=key):
        chat(sdk, stored(), extra_body={key: "evil"})
    assert not server.calls


def test_the_suffix_of_a_completion_is_judged(sdk, server, stored):
    server.judge = lambda prompt: '{"User Safety": "unsafe"}' if "evil" in prompt else SAFE
    sdk.guardrail.completions.create(model=MAIN, prompt="x", suffix="evil", guardrails={"config_id": stored()})
    assert not server.calls[MAIN]


def test_a_block_without_a_verdict_says_so(sdk, server, stored):
    server.status = 404
    answer = chat(sdk, stored())
    assert "gave no verdict" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "content_filter"
    reason = answer.guardrails_data.output_data["blocked_because"]
    assert reason.startswith(RAIL) and "No verdict was possible" in reason


def test_a_self_check_says_what_it_is_worth(sdk, server, stored):
    assert "SmolLM2-135M passes" in sdk.guardrail.configs.retrieve("self-check", namespace="default").description
    prompt = {"task": "self_check_input", "content": "Is this bad: {{ user_input }}"}
    server.answer = {"role": "assistant", "content": "No"}
    answer = chat(sdk, stored(rails={"input": {"flows": ["self check input"]}}, prompts=[prompt]))
    [rail] = answer.guardrails_data.log.activated_rails
    assert "by the guarded model itself" in rail.additional_info["reason"]
