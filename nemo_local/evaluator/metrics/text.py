"""Metrics that compare the text of an answer with a reference."""

from __future__ import annotations

import operator
import re
import string
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.metrics.base import OUTPUT_TEXT, Metric
from nemo_local.evaluator.templates import compile_template, needs_answer

OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "equals": operator.eq,
    "==": operator.eq,
    "not equals": operator.ne,
    "!=": operator.ne,
    "<>": operator.ne,
    "contains": operator.contains,
    "not contains": lambda left, right: right not in left,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


class StringCheck(Metric):
    """``string-check``: ``check: [left, operator, right]``, 1 where it holds. The operators are NeMo's."""

    parameters: ClassVar = ("check",)
    scores: ClassVar = ("string-check",)

    def __init__(self, params: dict[str, Any], field: str) -> None:
        super().__init__(params, field)
        check = params.get("check")
        if not isinstance(check, list) or len(check) != 3:
            raise Invalid(f"{field}.check", "must be [left template, operator, right template].")
        if not isinstance(check[1], str) or check[1] not in OPERATORS:
            raise Invalid(f"{field}.check.1", f"unknown operator {check[1]!r}; known: {', '.join(OPERATORS)}.")
        self._left = compile_template(check[0], f"{field}.check.0")
        self._holds = OPERATORS[check[1]]
        self._right = compile_template(check[2], f"{field}.check.2")

    def check_row(self, item: dict) -> None:
        for index, template in ((0, self._left), (2, self._right)):
            if not needs_answer(self._params["check"][index], item):
                self._render(template, f"check.{index}", item, None)

    def score(self, item: dict, sample: dict) -> dict[str, float]:
        left = self._render(self._left, "check.0", item, sample)
        right = self._render(self._right, "check.2", item, sample)
        return {"string-check": float(self._holds(left, right))}


def normalize_answer(text: str) -> str:
    """Lower case, without punctuation and the articles a, an, the; blanks collapsed (as for SQuAD)."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


class _OneReference(Metric):
    parameters: ClassVar = ("ground_truth", "candidate")

    def __init__(self, params: dict[str, Any], field: str) -> None:
        super().__init__(params, field)
        self._truth = self._template("ground_truth")
        self._candidate = self._template("candidate", OUTPUT_TEXT)

    def check_row(self, item: dict) -> None:
        self._render(self._truth, "ground_truth", item, None)

    def _texts(self, item: dict, sample: dict) -> tuple[str, str]:
        candidate = self._render(self._candidate, "candidate", item, sample)
        return candidate, self._render(self._truth, "ground_truth", item, sample)


class ExactMatch(_OneReference):
    """``em`` or ``exact_match``: 1 where candidate and ground truth are the same after ``normalize_answer``."""

    scores: ClassVar = ("em_score",)

    def score(self, item: dict, sample: dict) -> dict[str, float]:
        candidate, truth = self._texts(item, sample)
        return {"em_score": float(normalize_answer(candidate) == normalize_answer(truth))}


class F1(_OneReference):
    """``f1``: harmonic mean of the precision and recall of the words, after ``normalize_answer``."""

    scores: ClassVar = ("f1_score",)

    def score(self, item: dict, sample: dict) -> dict[str, float]:
        candidate, truth = (normalize_answer(text).split() for text in self._texts(item, sample))
        if not candidate or not truth:
            return {"f1_score": float(candidate == truth)}
        common = (Counter(candidate) & Counter(truth)).total()
        return {"f1_score": 2 * common / (len(candidate) + len(truth))}


class Rouge(_OneReference):
    """``rouge``: F-measures of ROUGE-1, -2, -3 and -L (package rouge-score, no stemming), 0 to 1."""

    scores: ClassVar = ("rouge_1_score", "rouge_2_score", "rouge_3_score", "rouge_L_score")

    def __init__(self, params: dict[str, Any], field: str) -> None:
        super().__init__(params, field)
        from rouge_score.rouge_scorer import RougeScorer  # imports NLTK: seconds, only for who asks for it

        self._scorer = RougeScorer(["rouge1", "rouge2", "rouge3", "rougeL"])

    def score(self, item: dict, sample: dict) -> dict[str, float]:
        candidate, truth = self._texts(item, sample)
        scores = self._scorer.score(truth, candidate).values()
        return {name: score.fmeasure for name, score in zip(self.scores, scores, strict=True)}


class Bleu(Metric):
    """``bleu``: sacreBLEU, 0 to 100; ``sentence`` is the mean over the rows, ``corpus`` counts over all."""

    parameters: ClassVar = ("references", "candidate")
    scores: ClassVar = ("sentence",)

    def __init__(self, params: dict[str, Any], field: str) -> None:
        super().__init__(params, field)
        from sacrebleu.metrics import BLEU

        references = params.get("references")
        if not isinstance(references, list) or not references:
            raise Invalid(f"{field}.references", "must be a list of one or more templates.")
        self._references = [compile_template(r, f"{field}.references.{i}") for i, r in enumerate(references)]
        self._candidate = self._template("candidate", OUTPUT_TEXT)
        # Effective order: an answer of fewer than four words has no 4-grams, and would else score 0 even when right.
        self._sentence, self._corpus = BLEU(effective_order=True), BLEU()

    def check_row(self, item: dict) -> None:
        self._reference_texts(item)

    def score(self, item: dict, sample: dict) -> dict[str, float]:
        candidate = self._render(self._candidate, "candidate", item, sample)
        return {"sentence": self._sentence.sentence_score(candidate, self._reference_texts(item)).score}

    def aggregate(self, scored: list[tuple[dict, dict | None]]) -> dict[str, float]:
        candidates = [
            "" if sample is None else self._render(self._candidate, "candidate", item, sample)
            for item, sample in scored
        ]
        references = zip(*(self._reference_texts(item) for item, _ in scored), strict=True)
        return {"corpus": self._corpus.corpus_score(candidates, [list(texts) for texts in references]).score}

    def _reference_texts(self, item: dict) -> list[str]:
        return [self._render(t, f"references.{i}", item, None) for i, t in enumerate(self._references)]
