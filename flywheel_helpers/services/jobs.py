"""What customization and evaluation jobs have in common: found again by their inputs, never run twice for nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

ACTIVE = frozenset({"created", "pending", "running"})
# The digest of a job's inputs travels with the job, under this custom field. The platform's records are all the
# memory there is, so a restarted kernel or another machine finds the job as well.
INPUTS_FIELD = "course_inputs"


@dataclass(frozen=True)
class Job:
    """A job, found or made.

    Args:
        id: the platform's id.
        how: "new", "joined" (it was under way) or "reused" (it had finished with the same inputs).
        model: full name of the model it makes or scores.
        note: a sentence for the reader.
    """

    id: str
    how: str
    model: str
    note: str


def digest(inputs: Any) -> str:
    """A short name for inputs: equal exactly when they are."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def same_inputs(jobs: list[dict[str, Any]], inputs: str) -> list[dict[str, Any]]:
    """Those of the jobs that have these inputs and can still be of use: under way or completed."""
    return [
        job
        for job in jobs
        if (job.get("custom_fields") or {}).get(INPUTS_FIELD) == inputs
        and (job["status"] in ACTIVE or job["status"] == "completed")
    ]
