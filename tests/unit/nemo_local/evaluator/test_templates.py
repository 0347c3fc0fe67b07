"""Templates over a row: what becomes JSON, what stays text, and what is refused."""

from __future__ import annotations

import pytest

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.templates import RenderError, RequestTemplate, compile_template, render


def rendered(template: dict, item: dict) -> dict:
    return RequestTemplate(template, "params.template").render(item)


def test_values_that_render_to_json_become_json() -> None:
    item = {"messages": [{"role": "user", "content": "1 < 2 & 'so'"}], "n": 7, "tools": []}
    template = {
        "messages": "{{ item.messages | tojson }}",
        "tools": "{{ item.tools | tojson }}",
        "tool_choice": "auto",
        "max_tokens": "{{ item.n }}",
        "temperature": 0.5,
    }
    assert rendered(template, item) == {
        "messages": item["messages"],
        "tools": [],
        "tool_choice": "auto",
        "max_tokens": 7,
        "temperature": 0.5,
    }


def test_texts_inside_stay_texts_and_keep_their_characters() -> None:
    item = {"question": "[1]", "word": "naïve <b> 'x'"}
    template = {"messages": [{"role": "user", "content": "{{ item.question }}"}, "{{ item.word | tojson }}"]}
    assert rendered(template, item)["messages"] == [{"role": "user", "content": "[1]"}, "\"naïve <b> 'x'\""]


def test_a_prompt_stays_text() -> None:
    assert rendered({"prompt": "{{ item.n }}\n"}, {"n": 42}) == {"prompt": "42\n"}


def test_json_keeps_the_order_of_the_dataset() -> None:
    assert list(rendered({"x": "{{ item.x | tojson }}"}, {"x": {"b": 1, "a": 2}})["x"]) == ["b", "a"]


def test_columns_named_like_methods_of_a_dict() -> None:
    item = {"items": "I", "values": {"keys": "K"}}
    assert rendered({"prompt": "{{ item.items }}{{ item.values.keys }}{{ items }}"}, item) == {"prompt": "IKI"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ item.qestion }}", "'qestion'"),
        ("{{ item.qestion | tojson }}", "'qestion'"),
        ("{{ {'q': item.qestion} | tojson }}", "'qestion'"),
        ("{{ itm.question }}", "'itm'"),
        ("{{ item.question.text }}", "'text'"),
    ],
)
def test_a_missing_field_is_named_beside_those_there(source: str, name: str) -> None:
    with pytest.raises(RenderError, match=f"params.template.prompt uses .*{name}.*question, answer"):
        rendered({"prompt": source}, {"question": "?", "answer": "!"})


@pytest.mark.parametrize(
    "source",
    [
        "{{ item.__class__.__mro__[1].__subclasses__() }}",
        "{{ item.update({'x': 1}) }}",
        "{{ ''.__class__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_templates_cannot_reach_python(source: str) -> None:
    with pytest.raises(RenderError):
        rendered({"prompt": source}, {"a": 1})


def test_an_error_in_a_template_names_the_field() -> None:
    with pytest.raises(RenderError, match="params.template.prompt cannot be rendered: ZeroDivisionError"):
        rendered({"prompt": "{{ 1 / item.n }}"}, {"n": 0})


def test_invalid_syntax_is_found_before_any_row() -> None:
    with pytest.raises(Invalid, match="not a valid Jinja template") as error:
        RequestTemplate({"messages": [{"content": "{{ item."}]}, "params.template")
    assert error.value.field == "params.template.messages.0.content"


def test_the_sample_is_there_after_the_call_only() -> None:
    template = compile_template("{{ sample.output_text }}", "m")
    assert render(template, {}, {"output_text": "hi"}, "m") == "hi"
    with pytest.raises(RenderError, match="'sample'"):
        render(template, {}, None, "m")
