"""The base models and their chat templates, which Customizer and NIM share."""
