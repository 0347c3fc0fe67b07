"""Deployment Management: which base models the NIM proxy serves."""

from __future__ import annotations

from nemo_local.deployment.service import create_service

__all__ = ["create_service"]
