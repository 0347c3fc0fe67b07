"""Random texts of a grammar: where a grammar lets something wrong through, this finds it, and without a model."""

from __future__ import annotations

import json
import random
import re

_TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{\d+(?:,\d+)?\}|[\w]+|[|()?*+]')
_STRANGE = "\té°\\/ }]"


class Grammar:
    """A grammar in the EBNF that the engine reads.

    Args:
        text: its rules; the first one is what texts are made of.

    Raises:
        ValueError: something in it is not EBNF, or a rule is used that is not there.
    """

    def __init__(self, text: str) -> None:
        rules = dict(line.split(" ::= ", 1) for line in text.splitlines() if line.strip())
        parsers = {name: _Parser(body) for name, body in rules.items()}
        self._rules = {name: parser.alternatives() for name, parser in parsers.items()}
        self._start = next(iter(rules))
        if unknown := {name for parser in parsers.values() for name in parser.used} - set(rules):
            raise ValueError(f"no such rules: {unknown}")

    def sample(self, source: random.Random) -> str:
        """A text of the grammar."""
        return self._write(self._rules[self._start], source)

    def _write(self, node: tuple, source: random.Random) -> str:
        kind, value, least, most = node
        if kind == "repeat":
            return "".join(self._write(value, source) for _ in range(source.randint(least, min(most, least + 3))))
        if kind == "choice":
            return "".join(self._write(part, source) for part in source.choice(value))
        if kind == "literal":
            return value
        if kind == "class":
            return source.choice(value)
        return self._write(self._rules[value], source)


class _Parser:
    def __init__(self, text: str) -> None:
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != text:
            raise ValueError(f"not EBNF: {text[:200]}")
        self._tokens = [token for token in tokens if token.strip()]
        self.used: set[str] = set()

    def alternatives(self) -> tuple:
        ways: list[list[tuple]] = [[]]
        while self._tokens and self._tokens[0] != ")":
            token = self._tokens.pop(0)
            if token == "|":
                ways.append([])
            elif token in "?*+" or re.fullmatch(r"\{\d.*\}", token):
                least, most = {"?": (0, 1), "*": (0, 9), "+": (1, 9)}.get(token) or _counts(token)
                ways[-1].append(("repeat", ways[-1].pop(), least, most))
            elif token == "(":
                ways[-1].append(self.alternatives())
                self._tokens.pop(0)
            elif token[0] == '"':
                ways[-1].append(("literal", json.loads(token), 0, 0))
            elif token[0] == "[":
                ways[-1].append(("class", _characters(token), 0, 0))
            else:
                self.used.add(token)
                ways[-1].append(("rule", token, 0, 0))
        return ("choice", ways, 0, 0)


def _counts(token: str) -> tuple[int, int]:
    least, _, most = token.strip("{}").partition(",")
    if most and int(most) < int(least):
        raise ValueError(f"not EBNF: {token}")
    return int(least), int(most or least)


def _characters(token: str) -> str:
    allowed = re.compile(token)
    return "".join(c for c in map(chr, range(128)) if allowed.match(c)) + "".join(
        c for c in _STRANGE if allowed.match(c)
    )
