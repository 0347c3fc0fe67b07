"""Rows: read, converted to the formats of the services, and curated."""
