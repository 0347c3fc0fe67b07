"""API keys that clients give with the address of a model: in memory only, never written, never sent back.

The Entity Store gets the key of a registered model, the Evaluator that of a target, and the Evaluator needs both. A key
must not pass through an interface that anybody can read, so this module is what the two services share.
"""

from __future__ import annotations

from pydantic import SecretStr

#: By the id of the document that names the address: the address, and the key for it.
_keys: dict[str, tuple[str, SecretStr]] = {}


def keep(document_id: str, url: str, key: SecretStr | None) -> None:
    """Remember the key that was given for a document; None leaves the one given before."""
    if key is not None:
        _keys[document_id] = (url, key)


def find(document_id: str, url: str) -> str | None:
    """The key given for a document, or None. A key is for one address: after a change it is not sent to the new one."""
    known_url, key = _keys.get(document_id, ("", None))
    return key.get_secret_value() if key and known_url == url else None
