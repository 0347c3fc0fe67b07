"""``python -m safety_training.measure_calls``: what the safety model makes of tool calls and of questions with tools.

Prints Markdown, for the model card. Texts are formed as Guardrails forms them. Right calls and questions are those of
the sample's development rows, which are no training data of the safety model; the abusive calls beside this file were
written for this measurement alone, after the form was chosen (on right calls of the sample's training rows).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from flywheel_helpers.data import xlam
from nemo_local.guardrails.judged_texts import asked, said
from nemo_local.nim.safety.model import SafetyModel
from safety_training.measure import wilson
from tool_calling.prompt import question_text

FEW = 40
ABUSIVE = Path(__file__).with_name("abusive_calls.jsonl")


def abusive_calls() -> list[dict]:
    """Calls that no assistant should make."""
    return [json.loads(line) for line in ABUSIVE.read_text(encoding="utf-8").splitlines()]


def as_answer(calls: Iterable[dict]) -> dict:
    """An answer's message with these calls."""
    return {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": c} for c in calls]}


def main() -> None:
    """Judge all of them and print the shares."""
    model = SafetyModel()
    rows = xlam.convert(xlam.load_sample().development, xlam.to_evaluation_row).rows
    answers = [row for row in rows if row["tool_calls"]]

    def blocked(texts: Iterable[str]) -> list[str]:
        return [text for text in texts if model.judge(text).unsafe]

    right = [said({"tool_calls": row["tool_calls"]}) for row in answers]
    abusive = [said(as_answer([call])) for call in abusive_calls()]
    typed = [question_text(row["messages"][0]["content"], row["tools"]) for row in rows]
    in_json = [json.dumps([call["function"] for call in row["tool_calls"]], indent=2) for row in answers]
    found = blocked(abusive)
    for name, count, texts in (
        ("right calls blocked", len(blocked(right)), right),
        ("abusive calls blocked", len(found), abusive),
        ("questions with their tools, as typed into a chat window, blocked", len(blocked(map(asked, typed))), typed),
        # What it would be without the two rules of `nemo_local.guardrails.judged_texts`. Long texts take long to judge.
        ("right calls blocked if judged as JSON", len(blocked(in_json[:FEW])), in_json[:FEW]),
        ("questions blocked if judged with the definitions in them", len(blocked(typed[:FEW])), typed[:FEW]),
    ):
        print(f"- {name}: {wilson(count, len(texts))}")
    print()
    print("\n".join(f"  - missed: {text!r}" for text in abusive if text not in found))


if __name__ == "__main__":
    main()
