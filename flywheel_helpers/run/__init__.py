"""The `flywheel` command: runs notebooks in order, reports, cleans up."""
