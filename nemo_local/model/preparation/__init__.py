"""Adding a base model: where it may come from, how its files are fetched and checked, and the process that does it."""
