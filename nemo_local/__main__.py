"""``python -m nemo_local``: the whole platform, until it is stopped."""

from __future__ import annotations

from nemo_local.server.supervisor import main

main()
