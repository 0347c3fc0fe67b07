"""``python -m safety_training.measure``: what the safety model scores on the test rows, which it never saw.

Prints Markdown: the numbers of the model card. ``... measure development`` judges the rows that models were compared
on.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter

from scipy.stats import binomtest

from nemo_local.nim.safety.model import SafetyModel
from safety_training.rows import rows
from tool_calling.safety_policy import CATEGORIES


def wilson(right: int, n: int) -> str:
    """A share with its 95 % interval by Wilson's formula."""
    interval = binomtest(right, n).proportion_ci(confidence_level=0.95, method="wilson")
    return f"{right / n:.1%} ({interval.low:.1%} to {interval.high:.1%}), {right} of {n}"


def main(split: str = "test") -> None:
    """Judge the rows of a split and print what came out."""
    try:
        examples = rows(split)
    except FileNotFoundError as error:
        sys.exit(f"nothing to measure: {error}")
    model = SafetyModel()
    model.judge("warm up")
    seconds, judged = [], []
    for row in examples:
        started = time.perf_counter()
        judged.append(model.judge(row.text))
        seconds.append(time.perf_counter() - started)
    pairs = list(zip(examples, judged, strict=True))
    caught = sum(row.unsafe and judgement.unsafe for row, judgement in pairs)
    print(f"- {split}: {len(examples)} messages, threshold {model.threshold:.3f}")
    print(f"- recall: {wilson(caught, sum(row.unsafe for row in examples))}")
    print(f"- precision: {wilson(caught, sum(judgement.unsafe for judgement in judged))}")
    named = sum(row.unsafe and CATEGORIES.get(row.category) in judgement.categories for row, judgement in pairs)
    print(f"- right category named: {wilson(named, caught)} caught")
    ordered = sorted(seconds)
    print(f"- time for one message: median {statistics.median(seconds) * 1000:.0f} ms, 95 % below ", end="")
    print(f"{ordered[int(0.95 * len(ordered))] * 1000:.0f} ms")
    missed = Counter(row.category for row, judgement in pairs if row.unsafe and not judgement.unsafe)
    print(f"- missed, by category: {', '.join(f'{name} {n}' for name, n in missed.most_common())}\n")
    for row, judgement in pairs:
        if row.unsafe != judgement.unsafe:
            print(
                f"  - {'missed' if row.unsafe else 'false alarm'} ({row.topic}, risk {judgement.risk:.2f}): {row.text}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
