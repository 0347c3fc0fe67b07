"""The local safety model: what it judges by, what it learns from, and how it judges."""
