"""Grammars for answers that must have a given form: required tool calls and ``response_format``."""
