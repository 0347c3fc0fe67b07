"""What both sides of the API must agree on: the text form of calls, their scoring, the safety policy.

The notebooks' helpers and the local platform both import this package and never each other. Standard library only.
"""
