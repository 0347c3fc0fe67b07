"""Targets that bring a base model: its preparation, and what is made and removed with it."""
