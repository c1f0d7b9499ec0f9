"""The base class of configuration sections, and the functions that declare their fields."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Activation = Literal["relu", "silu", "gelu", "leaky_relu", "elu", "tanh"]
PositiveInt = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """One table of a configuration: immutable, with strict keys and strict types.

    An integer is accepted for a float; nothing else is converted, so that ``epochs = true``
    or ``lr = "fast"`` is an error.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,  # the whole configuration is what is validated, not each section too
    )


def setting(default: Any, help: str, *, unit: str = "", **bounds: Any) -> Any:
    """Declare a field with its default, its help text for the form, unit and bounds.

    ``bounds`` are pydantic's: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, …
    """
    return Field(default, description=help, json_schema_extra={"unit": unit}, **bounds)


def per_item(help: str, *, unit: str = "", default: list[Any], **bounds: Any) -> Any:
    """Declare a list field, as :func:`setting`; the default is copied for each section."""
    return Field(
        default_factory=lambda: list(default),
        description=help,
        json_schema_extra={"unit": unit},
        **bounds,
    )
