"""Tools from an OpenAPI 3 document, an MCP or OpenAI list of tools, or a Python file, in the form of xLAM.

All are brought into the form that the model is shown (`tool_calling.prompt`): a short type for each parameter, and
nothing of what lies inside an object. What the teacher writes and the model learns is then about the same tools.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flywheel_helpers.data.tool_schema import MAX_PARAMETERS, ConversionCounts, MalformedRow, function_name, openai_tool
from flywheel_helpers.own_data import files, openapi, python_tools
from flywheel_helpers.own_data.problems import Problem, Wrong
from tool_calling import strict_json
from tool_calling.prompt import shown_tool
from tool_calling.schema_dialects import SchemaError

Row = dict[str, Any]


@dataclass(frozen=True)
class Tools:
    """The tools of a file.

    Args:
        tools: those that can be used, in the form of xLAM.
        problems: what is wrong with the others.
        warnings: what may go wrong with those that can be used.
    """

    tools: list[Row]
    problems: list[Problem]
    warnings: list[str]


def read(path: str | Path, text: str) -> Tools | None:
    """The tools of a file; None where it has no tools but rows, or something else.

    Args:
        path: of the file; its name says whether it is Python, JSON or YAML.
        text: what is in it.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".py":
        return _checked(python_tools.functions(path, text))
    if suffix not in (".json", ".yaml", ".yml") or (suffix == ".json" and _is_jsonl(text)):
        return None
    value = files.read_value(path, text)
    if isinstance(value, dict) and {"openapi", "swagger"} & value.keys():
        return _checked(openapi.operations(path, value))
    if isinstance(value, dict) and isinstance(value.get("result"), dict):
        value = value["result"]  # the whole answer of an MCP server
    if isinstance(value, dict):
        value = value.get("tools")
    if isinstance(value, list) and any(_looks_like_a_tool(one) for one in value):
        return _checked((f"tool {number}", tool) for number, tool in enumerate(value, 1))
    if not isinstance(value, list) or suffix != ".json":
        files.refuse(path, "it has neither tools nor a list of rows", files.GUIDE)
    return None


def _is_jsonl(text: str) -> bool:
    """Whether the first line is a whole row. Some name their JSONL files `.json`."""
    try:
        first = strict_json.loads(text.lstrip().split("\n", 1)[0])
    except strict_json.NotStrict:
        return False
    return isinstance(first, dict) and bool({"query", "messages"} & first.keys())


def xlam_tool(tool: Any) -> Any:
    """A tool in the form of xLAM, made from that, from the OpenAI API's or from MCP's.

    Raises:
        Wrong: its parameters are no JSON Schema, or one that cannot be shown to a model.
    """
    if not isinstance(tool, dict):
        return tool  # whoever converts the row says what is wrong with it
    function = tool.get("function", tool)
    if not isinstance(function, dict):
        raise Wrong(f"the function of a tool is {strict_json.kind(function)}", files.GUIDE)
    schema = function.get("inputSchema", function.get("parameters"))
    bare = isinstance(schema, dict) and schema.get("type") != "object" and "properties" not in schema
    if function is tool and "inputSchema" not in tool and bare:
        return tool
    named = f"the parameters of {function.get('name')!r}"
    try:
        return shown_tool({"name": "", **function, "parameters": schema})
    except SchemaError as error:
        raise Wrong(f"{named} cannot be read: {error}", "Correct the schema.") from None
    except (AttributeError, TypeError, ValueError, LookupError, RecursionError) as error:
        raise Wrong(f"{named} are no JSON Schema ({type(error).__name__})", "Correct the schema.") from None


def _looks_like_a_tool(value: Any) -> bool:
    return (
        isinstance(value, dict) and not {"query", "messages"} & value.keys() and bool({"name", "function"} & set(value))
    )


def too_large(tools: Iterable[Row]) -> list[str]:
    """A warning about those that have more parameters than a NIM can take, if there are any."""
    names = sorted({str(tool["name"]) for tool in tools if len(tool.get("parameters") or {}) > MAX_PARAMETERS})
    if not names:
        return []
    return [
        f"{shortened(names)}: more than {MAX_PARAMETERS} parameters, at which a NIM stops answering. Those that are "
        "used, then the required ones are kept. Better split the tool."
    ]


def shortened(names: list[str], most: int = 3) -> str:
    """The first few of some names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _checked(candidates: Iterable[tuple[str, Any]]) -> Tools:
    tools: dict[str, Row] = {}
    problems = []
    unknown: set[str] = set()
    for place, candidate in candidates:
        try:
            if isinstance(candidate, Wrong):
                raise candidate
            tool = xlam_tool(candidate)
            name = function_name(tool, "a tool")
            counts = ConversionCounts()
            converted = openai_tool(name, tool, set(), counts)
            if not converted["function"]["description"].strip():
                raise Wrong(f"{name} has no description", "Describe it: the model uses it to choose.")
            if name in tools:
                raise Wrong("two tools have the same name")
            strict_json.check(tool)
            unknown |= set(counts.unknown_types)
            tools[name] = {**tool, "name": name}
        except Wrong as wrong:
            problems.append(wrong.at(place))
        except (MalformedRow, strict_json.NotStrict) as reason:
            problems.append(Wrong(str(reason)).at(place))
    return Tools(list(tools.values()), problems, [*too_large(tools.values()), *unknown_types(unknown)])


def unknown_types(names: Iterable[str]) -> list[str]:
    """A warning about types that JSON does not have, if there are any."""
    if not (known := sorted(set(names))):
        return []
    return [f"{shortened(known)}: no type that JSON knows, so its values are taught as text. Write such as List[int]."]
