"""Names for people who share a platform: each gets a namespace of their own."""

from __future__ import annotations

import hashlib
import re

ALONE = "tool-calling"  # the namespace of someone who does not share the platform
LONGEST = 40  # characters; names that start with a namespace have to fit into the 63 of Kubernetes


def own_namespace(attendee: str) -> str:
    """The namespace of an attendee: the same in every run, and different from everyone else's.

    A short plain name stays readable: "ada" becomes "tool-calling-ada". Other names are reduced to lower-case letters,
    digits and single hyphens, and get eight digits of their SHA-256, so that "Ada" and "ada", or two long e-mail
    addresses with the same beginning, get different namespaces.

    Args:
        attendee: any text, such as a user name of JupyterHub; empty for someone who does not share the platform.
    """
    attendee = attendee.strip()
    if not attendee:
        return ALONE
    plain = re.sub(r"[^a-z0-9]+", "-", attendee.lower()).strip("-")
    digits = hashlib.sha256(attendee.encode()).hexdigest()[:8]
    # A plain name that ends with eight such digits gets its own as well; otherwise it could equal another namespace.
    if plain == attendee and len(f"{ALONE}-{plain}") <= LONGEST and not re.search(r"(^|-)[0-9a-f]{8}$", plain):
        return f"{ALONE}-{plain}"
    readable = f"{ALONE}-{plain}"[: LONGEST - 9].strip("-")
    return f"{readable}-{digits}"


def owner_mark(attendee: str) -> str:
    """The mark that a namespace carries for its owner: equal for the same person, but not the name itself."""
    return hashlib.sha256(attendee.strip().encode()).hexdigest()[:16]
