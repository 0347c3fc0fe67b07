"""The preflight: is everything there that the notebooks need, and if not, which one thing to change."""

from flywheel_helpers.preflight.report import Check, Report, run

__all__ = ["Check", "Report", "run"]
