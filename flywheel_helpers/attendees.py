"""Names for people who share a platform: from what somebody is called to a namespace that nobody else has."""

from __future__ import annotations

import hashlib
import re

ALONE = "tool-calling"  # the namespace of someone who has the platform to themselves
LONGEST = 40  # characters: short enough for names made from it to fit into Kubernetes' 63


def own_namespace(attendee: str) -> str:
    """The namespace of an attendee: the same one in every run, and no one else's.

    A short plain name stays readable: "ada" becomes "tool-calling-ada". Whatever is lost on the way to lower case
    letters, digits and single hyphens is made up for by eight digits of the name's SHA-256, so that "Ada" and "ada",
    or two long e-mail addresses that begin alike, do not meet.

    Args:
        attendee: any text, such as a user name of JupyterHub; empty for someone alone.
    """
    attendee = attendee.strip()
    if not attendee:
        return ALONE
    plain = re.sub(r"[^a-z0-9]+", "-", attendee.lower()).strip("-")
    digits = hashlib.sha256(attendee.encode()).hexdigest()[:8]
    # A plain name that ends like ours with digits gets its own as well, or it could be taken for another's.
    if plain == attendee and len(f"{ALONE}-{plain}") <= LONGEST and not re.search(r"(^|-)[0-9a-f]{8}$", plain):
        return f"{ALONE}-{plain}"
    readable = f"{ALONE}-{plain}"[: LONGEST - 9].strip("-")
    return f"{readable}-{digits}"


def owner_mark(attendee: str) -> str:
    """What is written on a namespace to tell whose it is: equal for the same person, and not the name itself."""
    return hashlib.sha256(attendee.strip().encode()).hexdigest()[:16]
