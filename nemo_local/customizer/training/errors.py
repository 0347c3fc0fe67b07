"""What ends a customization job through no fault of the platform."""

from __future__ import annotations


class JobError(Exception):
    """Ends a job for a reason that its user can act on.

    The message says what failed, why, and what to do. It is all that the user sees: no traceback.
    """
