"""Helpers for the tool-calling course: the API calls, one module for each service, and the display of results.

A notebook starts with::

    import config
    from flywheel_helpers import connect

    nemo = connect(config)

and passes ``nemo`` to everything else. The helpers speak HTTP to the addresses in ``config``. The profile in it decides
three things only: what the preflight expects, how many requests an evaluation sends at a time, and whether the safety
model needs a key.
"""

from __future__ import annotations

from flywheel_helpers.services.connection import Connection, connect

__all__ = ["Connection", "connect"]
