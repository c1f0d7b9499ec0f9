"""A network of the user's own, named by module and name."""

from typing import Any, Literal

from pydantic import Field

from workbench.config.sections.base import setting
from workbench.config.sections.model_section import ModelSection


class PythonModel(ModelSection):
    """A class or function of your own that gives a network, in a trusted folder or a package."""

    kind: Literal["python"] = "python"
    target: str = setting(
        "mynet:Net",
        "module:name of a class or function that gives a torch module; it is called with args "
        "and, where it takes them, classes, channels and size.",
    )
    args: dict[str, Any] = Field(
        default_factory=dict,
        description="What it is called with, by name, as in { width = 32 }.",
        json_schema_extra={"unit": ""},
    )
