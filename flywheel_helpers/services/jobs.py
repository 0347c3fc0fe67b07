"""What customization and evaluation jobs have in common: a job is found by its inputs, and not repeated needlessly."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

ACTIVE = frozenset({"created", "pending", "running"})
# A custom field of the job with the digest of its inputs. Nothing is recorded elsewhere, so that a restarted kernel or
# another machine finds the job as well.
INPUTS_FIELD = "course_inputs"


@dataclass(frozen=True)
class Job:
    """A job that was found or created.

    Args:
        id: the platform's id.
        how: "new", "joined" (it was under way) or "reused" (it had finished with the same inputs).
        model: full name of the model that it creates or evaluates.
        note: a sentence for the reader.
    """

    id: str
    how: str
    model: str
    note: str


def digest(inputs: Any) -> str:
    """A short digest of inputs: equal if and only if they are."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def same_inputs(jobs: list[dict[str, Any]], inputs: str) -> list[dict[str, Any]]:
    """The jobs with these inputs that are under way or completed."""
    return [
        job
        for job in jobs
        if (job.get("custom_fields") or {}).get(INPUTS_FIELD) == inputs
        and (job["status"] in ACTIVE or job["status"] == "completed")
    ]
