"""Data Store: files in repositories, served with the protocol of the Hugging Face Hub."""

from __future__ import annotations

from nemo_local.data_store.service import create_service

__all__ = ["create_service"]
