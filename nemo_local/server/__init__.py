"""The processes of the platform: the gateway, and the supervisor that starts the servers."""
