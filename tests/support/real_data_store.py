"""What NVIDIA's Data Store does otherwise than the local one: links for large files begin at the root of its host.

The local one has its links below /v1/hf, so nobody would notice that a test's gateway lacks the other route.
"""

from __future__ import annotations

import re

_LOCAL = re.compile(rb"/v1/hf(/[^\"\s]+?\.git/)")


def outward(content: bytes) -> bytes:
    """An answer of the local Data Store, with the links that NVIDIA's gives out."""
    return _LOCAL.sub(rb"\1", content)


def inward(path: str) -> str:
    """The path of a request to such a link, as the local Data Store knows it."""
    return f"/v1/hf{path}" if ".git/" in path and not path.startswith("/v1/hf/") else path
