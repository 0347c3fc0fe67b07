"""``python -m nemo_local.nim``: the NIM proxy alone, with its log on stderr."""

from __future__ import annotations

import logging
import sys

from nemo_local.common.hub_client import set_up_hub
from nemo_local.nim.app import create_app
from nemo_local.nim.refresh import refresh_seconds
from nemo_local.server.serving import PortTaken, serve
from nemo_local.settings import Settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each poll would fill the log
    set_up_hub()
    try:
        settings = Settings.from_env()
        serve(create_app(settings, refresh_seconds()), settings, settings.nim_port)
    except (PortTaken, ValueError) as error:
        sys.exit(f"nim: {error}")


if __name__ == "__main__":
    main()
