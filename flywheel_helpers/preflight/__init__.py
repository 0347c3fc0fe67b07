"""The preflight: whether the notebooks have everything they need, and if not, what to change."""

from flywheel_helpers.preflight.report import Check, Report, run

__all__ = ["Check", "Report", "run"]
