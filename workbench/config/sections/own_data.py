"""Data of the user's own: a function, or arrays in files."""

from typing import Any, Literal

from pydantic import Field

from workbench.config.sections.base import setting
from workbench.config.sections.data_section import DataSection


class PythonData(DataSection):
    """What a function of your own gives: train, validation (or none) and test."""

    name: Literal["python"] = "python"
    target: str = setting(
        "mydata:load",
        "module:name of a function in a trusted folder that gives train, validation (or None) "
        "and test, each as arrays (images, labels) or a map-style torch data set.",
    )
    args: dict[str, Any] = Field(
        default_factory=dict,
        description="What it is called with, by name, as in { year = 2024 }.",
        json_schema_extra={"unit": ""},
    )


class ArraysData(DataSection):
    """Arrays in a .npz or .safetensors file, or .npy files in a folder: x_train, y_train, …"""

    name: Literal["arrays"] = "arrays"
    test: float = setting(0.2, "Share kept for the test where there is no x_test.", gt=0, le=0.5)
