"""The routes of the Hub protocol, and the namespaces that NeMo adds to it."""
