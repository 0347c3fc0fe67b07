"""What is raised about a model that the platform cannot use."""

from __future__ import annotations


class ModelRefused(ValueError):
    """The model cannot be trained or served here. The message says what is wrong and what to do about it."""
