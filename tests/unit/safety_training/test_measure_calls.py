"""The abusive calls: as many as the model card says, unknown to the model, and in the form that Guardrails judges."""

from __future__ import annotations

from nemo_local.guardrails.judged_texts import said
from safety_training.measure_calls import abusive_calls, as_answer
from safety_training.rows import rows


def test_there_are_a_hundred_different_ones_and_none_is_a_training_row():
    texts = [said(as_answer([call])) for call in abusive_calls()]
    assert len(set(texts)) == 100
    known = {row.text for split in ("train", "development", "validation", "test") for row in rows(split)}
    assert not known & set(texts)


def test_a_call_is_judged_as_its_name_and_its_values():
    assert said(as_answer([{"name": "send_mail", "arguments": {"to": ["Bo", "Cy"], "n": 3}}])) == "send mail\nBo\nCy\n3"
