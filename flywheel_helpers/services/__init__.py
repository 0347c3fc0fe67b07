"""The API calls: one module a service, over one connection."""
