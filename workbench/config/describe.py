"""Describes configuration sections for a form: their kinds, and each key with type and bounds."""

import types
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from workbench.config import plugins
from workbench.config.sections.model_section import ModelSection

DISCRIMINATORS = ("kind", "name")


@dataclass(frozen=True)
class FieldSpec:
    """A key with its type, default, help, unit, choices and bounds."""

    key: str  # dotted: "optimizer.lr"
    type: Literal["bool", "int", "float", "str", "choice", "list", "table"]
    default: Any
    help: str
    unit: str
    choices: tuple[Any, ...]
    bounds: dict[str, float]  # ge, gt, le, lt

    @property
    def name(self) -> str:
        """The last part of the key, in words."""
        return self.key.rpartition(".")[2].replace("_", " ")


def section_variants(root: type[BaseModel], name: str) -> dict[str, type[BaseModel]]:
    """The section classes that ``name`` can be, by discriminator; {} if it is no section."""
    field = root.model_fields.get(name)
    if field is None:
        return {}
    members = [m for m in _members(field.annotation) if _is_section(m)]
    if not members:
        return {}
    return {_tag(member) or name: member for member in members} | plugins.loaded(name)


def discriminator(section: type[BaseModel]) -> str | None:
    """``kind`` or ``name``: the key that chooses between variants of a section."""
    for key in DISCRIMINATORS:
        field = section.model_fields.get(key)
        if field is not None and get_origin(field.annotation) is Literal:
            return key
    return None


def describe(section: BaseModel, prefix: str, root: type[BaseModel]) -> list[FieldSpec]:
    """Every key of a section as declared; its kind first, what all networks share last."""
    specs = []
    tag = discriminator(type(section))
    variants = tuple(dict.fromkeys((*section_variants(root, prefix), *plugins.names(prefix))))
    for name, field in type(section).model_fields.items():
        spec = _spec(f"{prefix}.{name}", field)
        if name == tag:
            help_text = (type(section).__doc__ or "").strip().split("\n")[0]
            spec = FieldSpec(spec.key, "choice", spec.default, help_text, "", variants, {})
        specs.append(spec)
    shared = ModelSection.model_fields if prefix == "model" else {}
    specs.sort(
        key=lambda spec: (spec.key != f"{prefix}.{tag}", spec.key[len(prefix) + 1 :] in shared)
    )
    return specs


def _spec(key: str, field: FieldInfo) -> FieldSpec:
    choices: tuple[Any, ...] = ()
    kind: Any = "str"
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        kind, choices = "choice", get_args(annotation)
    elif annotation in (bool, int, float, str):
        kind = annotation.__name__
    elif int in get_args(annotation):  # a number, or a word in its place
        kind = "int"
    elif get_origin(annotation) is list:
        kind = "list"
    elif get_origin(annotation) is dict:
        kind = "table"
    bounds = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(rule, name, None) is not None
    }
    extra = field.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    default = field.get_default(call_default_factory=True)
    return FieldSpec(key, kind, default, field.description or "", unit, choices, bounds)


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tag(section: type[BaseModel]) -> str | None:
    key = discriminator(section)
    return str(get_args(section.model_fields[key].annotation)[0]) if key else None
