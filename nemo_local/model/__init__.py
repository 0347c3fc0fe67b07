"""The base model and its chat template, which Customizer and NIM share."""
