"""Which service answers a path: the rules of the VirtualService that the NeMo framework really renders."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

import charts


@dataclass(frozen=True)
class Rule:
    """One match of the VirtualService. The first that fits wins."""

    service: str
    port: int
    prefix: str | None
    regex: str | None
    rewrite: str | None

    def inner_path(self, path: str) -> str | None:
        """The path as the service sees it; None where this rule does not fit."""
        if self.regex is not None:
            return path if re.fullmatch(self.regex, path) else None
        if not path.startswith(self.prefix):
            return None
        return path if self.rewrite is None else self.rewrite + path.removeprefix(self.prefix)


@functools.cache
def virtual_service(release: str = charts.RELEASE) -> dict[str, Any]:
    """The VirtualService as it is rendered."""
    return charts.of_kind(charts.render(charts.staged(charts.NEMO, release)), "VirtualService")[0]


@functools.cache
def rules(release: str = charts.RELEASE) -> tuple[Rule, ...]:
    """All matches, in order."""
    return tuple(
        Rule(
            route["route"][0]["destination"]["host"].partition(".")[0],
            route["route"][0]["destination"]["port"]["number"],
            match["uri"].get("prefix"),
            match["uri"].get("regex"),
            route.get("rewrite", {}).get("uri"),
        )
        for route in virtual_service(release)["spec"]["http"]
        for match in route["match"]
    )


def find(path: str, release: str = charts.RELEASE) -> tuple[str, str] | None:
    """The service that answers a path, and the path as it sees it; None where there is no route."""
    for rule in rules(release):
        inner = rule.inner_path(path)
        if inner is not None:
            return rule.service, inner
    return None
