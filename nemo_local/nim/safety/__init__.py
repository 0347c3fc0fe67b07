"""The local safety model that the NIM proxy serves, and how it judges."""
