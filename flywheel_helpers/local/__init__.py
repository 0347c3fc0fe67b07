"""The programs of this machine that the course starts and stops."""
