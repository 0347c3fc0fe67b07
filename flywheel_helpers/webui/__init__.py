"""Open WebUI: its API, what the course sets up in it, and its server on this machine."""
