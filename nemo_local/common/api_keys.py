"""API keys that clients send with the address of a model. They are kept in memory, never written and never sent back.

The Entity Store receives the keys of registered models and the Evaluator those of targets; the Evaluator uses both. No
public interface may return a key, so the two services share this module.
"""

from __future__ import annotations

from pydantic import SecretStr

# The address and its key, by the id of the document that contains the address.
_keys: dict[str, tuple[str, SecretStr]] = {}


def keep(document_id: str, url: str, key: SecretStr | None) -> None:
    """Remember the key given for a document. None keeps the one given before."""
    if key is not None:
        _keys[document_id] = (url, key)


def find(document_id: str, url: str) -> str | None:
    """The key given for a document, or None. A key belongs to one address: it is not found for a new one."""
    known_url, key = _keys.get(document_id, ("", None))
    return key.get_secret_value() if key and known_url == url else None
