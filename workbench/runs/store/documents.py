"""Validates the JSON documents of a run's folder when they are read; other keys are kept."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.runs.store.files import read_json
from workbench.runs.store.folder import RunFolder

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# As deep as networks are: what reads the table goes down one level after the other.
ModuleName = Annotated[str, Field(max_length=500, pattern=r"^[^.]*(\.[^.]*){0,60}$")]


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Layer(_Document):
    name: ModuleName
    type: str
    kind: str
    output_shape: list[int]
    kernel: list[int]
    stride: list[int]
    groups: int
    params: Count
    macs: Count
    other_ops: Count
    share: float
    note: str


class _Ptflops(_Document):
    macs: int | None
    params: int | None
    note: str
    convention: str


class _LayerTable(_Document):
    params: Count
    macs: Count
    layers: list[_Layer]
    ptflops: _Ptflops
    lr_per_epoch: list[float] = []
    lr_per_step: list[float] = []


class _Result(_Document):
    crop: Annotated[int, Field(ge=1, le=1 << 20)]
    accuracy: Share


class _Evaluation(_Document):
    split: str
    results: list[_Result]
    best: _Result


def read_layers(folder: RunFolder) -> dict[str, Any]:
    """``layers.json``: the document of ``summary --json`` of the run's network.

    Raises OSError where there is none, ValueError where it is damaged.
    """
    return _checked(read_json(folder.path / "layers.json"), _LayerTable)


def check_evaluation(document: Any) -> dict[str, Any]:
    """An evaluation as ``evaluate`` writes it; raises ValueError for anything else."""
    return _checked(document, _Evaluation)


def _checked(document: Any, kind: type[_Document]) -> dict[str, Any]:
    if not isinstance(document, Mapping) or document.get("budget") is not None:
        raise ValueError("not a document of this program")
    try:
        kind.model_validate(document)
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} values are not as this program writes") from None
    return dict(document)
