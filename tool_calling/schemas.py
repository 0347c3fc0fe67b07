"""JSON Schema in every legal form, brought into one plain form that the prompt and the grammars are written from.

In the plain form there are no references (but where a schema contains itself), no `allOf`, `oneOf`, `const` and boolean
schemas: what they say is merged into `type`, `enum`, `anyOf`, `properties`, `required`, `items`, `prefixItems` and the
bounds. Keywords that need no merging, such as `pattern` and `not`, stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tool_calling.schema_dialects import SchemaError, modern
from tool_calling.scoring import json_equal
from tool_calling.strict_json import kind as kind_of

MAX_DEPTH = 40  # schemas inside one another, references followed
MAX_SCHEMAS = 2_000  # in one plain form: with references to references, every line of a schema can double it

Schema = dict[str, Any]

TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_ANNOTATIONS = ("title", "description", "default", "examples")
_LEFT_OUT = ("$schema", "$id", "$comment", "$defs", "definitions", "$ref", "allOf", "anyOf", "oneOf", "const")


def plain(schema: Any) -> Schema:
    """The plain form of a schema.

    Raises:
        SchemaError: it is not legal, no value fits it, or a reference leads nowhere or in a circle.
    """
    root = modern(schema)
    found = _Reader(root).read(root, _Place())
    if found is False:
        raise SchemaError((), "no value fits it")
    return found


def parameters(schema: Any) -> Schema:
    """The plain form of a function's parameters: an object that always has `properties` and `required`.

    Raises:
        SchemaError: as `plain`; or it does not describe an object.
    """
    found = plain({} if schema is None else schema)
    options = [option for option in found.get("anyOf", [found]) if "object" in _types(option)]
    if not options:
        raise SchemaError((), "the parameters of a function must be an object")
    if len(options) == 1:
        return {"properties": {}, "required": [], **options[0], "type": "object"}
    names = dict.fromkeys(name for option in options for name in option.get("properties", {}))
    return {
        "type": "object",
        "properties": {
            name: _union([option["properties"][name] for option in options if name in option.get("properties", {})])
            for name in names
        },
        "required": [name for name in names if all(name in option.get("required", ()) for option in options)],
        "anyOf": options,
    }


def kinds(schema: Schema) -> list[str]:
    """The types that the values of a plain schema may have, as far as it tells; empty where it does not."""
    kind = schema.get("type")
    if kind is not None:
        return kind if isinstance(kind, list) else [kind]
    for keywords, implied in _IMPLIED.items():
        if any(keyword in schema for keyword in keywords):
            return [implied]
    return []


# What keywords say of the type where a schema has none. Strictly they say nothing of values of other types.
_IMPLIED = {
    ("properties", "additionalProperties", "required"): "object",
    ("items", "prefixItems", "minItems", "maxItems"): "array",
    ("minLength", "maxLength", "pattern", "format"): "string",
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"): "number",
}


@dataclass(frozen=True)
class _Place:
    """Where a schema is used.

    Args:
        path: the way to it, for errors.
        depth: number of schemas around it.
        level: number of lists and objects around the values that it describes.
        entered: the references that led here, each with the level at which it was followed.
    """

    path: tuple[str | int, ...] = ()
    depth: int = 0
    level: int = 0
    entered: tuple[tuple[str, int], ...] = ()

    def beside(self, *steps: str | int) -> _Place:
        """Of a schema for the same values."""
        return _Place((*self.path, *steps), self.depth + 1, self.level, self.entered)

    def inside(self, *steps: str | int) -> _Place:
        """Of a schema for values inside these."""
        return _Place((*self.path, *steps), self.depth + 1, self.level + 1, self.entered)


class _Reader:
    """Reads the schemas of one document.

    Args:
        root: the document, which references lead into.
    """

    def __init__(self, root: Any) -> None:
        self._root = root
        self._count = 0

    def read(self, schema: Any, place: _Place) -> Schema | bool:
        """The plain form of a modern schema, or False where no value fits."""
        self._count_one()
        if place.depth > MAX_DEPTH:
            raise SchemaError(place.path[:4], f"nests deeper than {MAX_DEPTH} levels, references included")
        if isinstance(schema, bool):
            return {} if schema else False
        found = self._own(schema, place)
        for number, part in enumerate(schema.get("allOf", ())):
            found = self._merge(found, self.read(part, place.beside("allOf", number)))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                parts = enumerate(schema[keyword])
                found = self._merge(
                    found, _union([self.read(part, place.beside(keyword, number)) for number, part in parts])
                )
        if "$ref" in schema:
            found = self._merge(found, self._referenced(schema["$ref"], place))
        return found

    def _own(self, schema: Schema, place: _Place) -> Schema | bool:
        """What a schema says itself, without the schemas that it is combined with."""
        found = {keyword: value for keyword, value in schema.items() if keyword not in _LEFT_OUT}
        for keyword in (*_LOWER, *_UPPER):
            if keyword in found and (isinstance(found[keyword], bool) or not isinstance(found[keyword], int | float)):
                raise SchemaError((*place.path, keyword), f"must be a number, not {kind_of(found[keyword])}")
        if "type" in found:
            found["type"] = _legal_type(found["type"], place)
        if not isinstance(found.get("enum", []), list):
            raise SchemaError((*place.path, "enum"), f"must be a list, not {kind_of(found['enum'])}")
        required = found.get("required", [])
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise SchemaError((*place.path, "required"), "must be a list of names")
        if "const" in schema:
            const = schema["const"]
            found["enum"] = [value for value in found.get("enum", [const]) if json_equal(value, const)]
        if found.get("enum") == []:
            return False
        if "properties" in found:
            read = {name: self.read(p, place.inside("properties", name)) for name, p in found["properties"].items()}
            if any(read.get(name) is False for name in required):
                return False
            found["properties"] = {name: part for name, part in read.items() if part is not False}
        for keyword in ("additionalProperties", "items"):
            if keyword in found:
                found[keyword] = self.read(found[keyword], place.inside(keyword))
        if "prefixItems" in found:
            parts = enumerate(found["prefixItems"])
            found["prefixItems"] = [self.read(part, place.inside("prefixItems", number)) for number, part in parts]
        return found

    def _referenced(self, reference: Any, place: _Place) -> Schema | bool:
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise SchemaError(place.path, f"the reference {reference!r} is not of the form #/...; no other is followed")
        target = self._root
        for step in reference.split("/")[1:]:
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(step) if isinstance(target, list) else step]
            except (LookupError, TypeError, ValueError):
                raise SchemaError(place.path, f"the reference {reference} leads nowhere in the schema") from None
        if not isinstance(target, dict | bool):
            raise SchemaError(place.path, f"the reference {reference} does not lead to a schema")
        level = dict(place.entered).get(reference)
        if level == place.level:
            raise SchemaError(place.path, f"the reference {reference} contains itself and nothing else")
        if level is not None:
            return {"$ref": reference, "type": kind[0]} if (kind := kinds(target)) else {"$ref": reference}
        followed = (*place.entered, (reference, place.level))
        return self.read(target, _Place(place.path, place.depth + 1, place.level, followed))

    def _merge(self, a: Schema | bool, b: Schema | bool) -> Schema | bool:
        """The plain schema of the values that fit both. Annotations of the first win."""
        self._count_one()
        if a is False or b is False:
            return False
        if "$ref" in a or "$ref" in b:
            return {**b, **a}
        notes = {keyword: schema[keyword] for schema in (b, a) for keyword in _ANNOTATIONS if keyword in schema}
        if "anyOf" in a or "anyOf" in b:
            pairs = [(one, other) for one in a.get("anyOf", [_bare(a)]) for other in b.get("anyOf", [_bare(b)])]
            options = _union([self._merge(one, other) for one, other in pairs])
            return options and {**options, **notes}
        merged = {**b, **a, **notes}
        for keyword, choose in ((_LOWER, max), (_UPPER, min)):
            merged |= {bound: choose(a[bound], b[bound]) for bound in keyword if bound in a and bound in b}
        if "type" in a and "type" in b:
            shared = [kind for kind in _types(a) if kind in _types(b)]
            shared = [kind for kind in shared if kind != "integer" or "number" not in shared]
            merged["type"] = shared[0] if len(shared) == 1 else shared
        if "enum" in a and "enum" in b:
            merged["enum"] = [value for value in a["enum"] if any(json_equal(value, other) for other in b["enum"])]
        if not all(merged.get(keyword, True) for keyword in ("type", "enum")):
            return False
        merged |= self._merged_items(a, b)
        properties = self._merged_properties(a, b)
        return properties is not False and {**merged, **properties}

    def _merged_items(self, a: Schema, b: Schema) -> Schema:
        found: Schema = {}
        if "items" in a and "items" in b:
            found["items"] = self._merge(a["items"], b["items"])
        length = max(len(schema.get("prefixItems", ())) for schema in (a, b))
        if length:
            first, second = (
                [*schema.get("prefixItems", ()), *[schema.get("items", {})] * length][:length] for schema in (a, b)
            )
            found["prefixItems"] = [self._merge(one, other) for one, other in zip(first, second, strict=True)]
        return found

    def _merged_properties(self, a: Schema, b: Schema) -> Schema | bool:
        found: Schema = {}
        if "additionalProperties" in a and "additionalProperties" in b:
            found["additionalProperties"] = self._merge(a["additionalProperties"], b["additionalProperties"])
        if "required" in a and "required" in b:
            found["required"] = list(dict.fromkeys([*a["required"], *b["required"]]))
        names = dict.fromkeys([*a.get("properties", ()), *b.get("properties", ())])
        if names:
            first, second = (
                {name: s.get("properties", {}).get(name, s.get("additionalProperties", {})) for name in names}
                for s in (a, b)
            )
            merged = {name: self._merge(first[name], second[name]) for name in names}
            if any(merged.get(name) is False for schema in (a, b) for name in schema.get("required", ())):
                return False
            found["properties"] = {name: part for name, part in merged.items() if part is not False}
        return found

    def _count_one(self) -> None:
        self._count += 1
        if self._count > MAX_SCHEMAS:
            raise SchemaError((), f"has more than {MAX_SCHEMAS:,} parts, references and combinations included")


def _union(options: list[Schema | bool]) -> Schema | bool:
    """The plain schema of the values that fit one of these."""
    found: list[Schema] = []
    for option in options:
        if option is not False:
            new = option.get("anyOf", [option])
            found += [one for one in new if not any(json_equal(one, other) for other in found)]
    if not found:
        return False
    if any(not _bare(option) for option in found):
        return {}
    return found[0] if len(found) == 1 else {"anyOf": found}


def _bare(schema: Schema) -> Schema:
    """A schema without its annotations."""
    return {keyword: value for keyword, value in schema.items() if keyword not in _ANNOTATIONS}


def _types(schema: Schema) -> list[str]:
    """The types of a plain schema; every number type includes the integers, and no type is every type."""
    kind = schema.get("type", list(TYPES))
    kind = kind if isinstance(kind, list) else [kind]
    return [*kind, "integer"] if "number" in kind and "integer" not in kind else kind


def _legal_type(kind: Any, place: _Place) -> str | list[str]:
    several = kind if isinstance(kind, list) else [kind]
    for one in several:
        if one not in TYPES:
            raise SchemaError((*place.path, "type"), f"{one!r} is not one of the types {', '.join(TYPES)}")
    if not several:
        raise SchemaError((*place.path, "type"), "must have at least one type")
    return several[0] if len(several) == 1 else several
