"""How the local safety model was trained: a developer's program, not part of the installed package."""
