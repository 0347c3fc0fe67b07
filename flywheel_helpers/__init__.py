"""Small helpers for the tool-calling course: one module a service, and what notebooks need to show results.

A notebook starts with::

    import config
    from flywheel_helpers import connect

    nemo = connect(config)

and hands ``nemo`` to everything else. The helpers know no profile: they speak HTTP to the addresses in ``config``.
"""

from __future__ import annotations

from flywheel_helpers.services.connection import Connection, connect

__all__ = ["Connection", "connect"]
