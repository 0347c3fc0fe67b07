"""Guardrails: checks what goes into a model and what comes out, on the library ``nemoguardrails``.

The flows, the safety actions and the parsers of verdicts are the library's. Around them stand the API of the
microservice and one rule: a message passes only where every rail has said so. No verdict means blocked.
"""

from __future__ import annotations

from nemo_local.guardrails.service import create_service

__all__ = ["create_service"]
