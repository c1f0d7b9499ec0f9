"""Turns pydantic's validation errors into one line a key, with what would be right."""

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workbench.config.describe import section_variants
from workbench.errors import ConfigError


def config_error(found: ValidationError, root: type[BaseModel], source: str) -> ConfigError:
    """Turn pydantic's findings into one :class:`ConfigError` with a line a key."""
    problems: dict[str, str] = {}
    for detail in found.errors():
        key, text = _explain(detail, root)
        problems.setdefault(key, text)
    return ConfigError(problems, source)


def _explain(detail: ErrorDetails, root: type[BaseModel]) -> tuple[str, str]:
    path, section = _walk(list(detail["loc"]), root)
    key = ".".join(path) or "configuration"
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return key, _unknown(path, section)
    if kind in ("missing", "union_tag_not_found"):
        tag = str(context.get("discriminator", "")).strip("'")
        return (f"{key}.{tag}" if tag else key), "is missing"
    if kind == "union_tag_invalid":
        tag = str(context["discriminator"]).strip("'")
        wanted = [value.strip("' ") for value in str(context["expected_tags"]).split(",")]
        return f"{key}.{tag}", _no_such(str(context["tag"]), wanted)
    if kind == "literal_error":
        wanted = [repr(value) for value in _choices(section, path[-1])] or [context["expected"]]
        return key, f"must be one of {', '.join(wanted)} (got {detail['input']!r})"
    if kind == "string_pattern_mismatch":  # the help text says it better than the expression
        wanted_text = section.model_fields[path[-1]].description or context["pattern"]
        return key, f"must be {wanted_text.rstrip('.')} (got {_short(detail['input'])})"
    if kind == "value_error":
        text = str(context["error"])
        # What a whole section refuses begins with the field that is to be changed.
        field = text.partition(" ")[0]
        return (f"{key}.{field}" if field in section.model_fields else key), text
    text = detail["msg"]
    text = text.replace("Input should be a valid ", "must be a ").replace("Input should ", "must ")
    text = text.replace("must be a integer", "must be an integer")
    text = text.replace("List should ", "must ").replace(" after validation", "")
    return key, f"{text} (got {_short(detail['input'])})"


def _walk(loc: list[Any], root: type[BaseModel]) -> tuple[list[str], type[BaseModel]]:
    """Drop the union tags from pydantic's location; also give the section it ends in."""
    path: list[str] = []
    section = root
    while loc:
        part = loc.pop(0)
        if isinstance(part, int):
            path[-1] += f"[{part}]"
            continue
        path.append(str(part))
        variants = section_variants(section, str(part))
        if variants:
            if len(variants) > 1 and loc:
                section = variants.get(str(loc.pop(0)), section)
            else:
                section = next(iter(variants.values()))
    return path, section


def _choices(section: type[BaseModel], name: str) -> tuple[Any, ...]:
    field = section.model_fields.get(name)
    return get_args(field.annotation) if field else ()


def _unknown(path: list[str], section: type[BaseModel]) -> str:
    near = difflib.get_close_matches(path[-1], section.model_fields, n=1, cutoff=0.5)
    if near:
        return f"no such key; did you mean {'.'.join([*path[:-1], near[0]])}?"
    return f"no such key; there are {', '.join(section.model_fields)}"


def _no_such(value: str, wanted: list[str]) -> str:
    near = difflib.get_close_matches(value, wanted, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"no {value!r}; {hint}there are {', '.join(wanted)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
