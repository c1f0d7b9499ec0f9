"""Golden files: parameters and MACs of a network, in total and layer by layer."""

import json
from pathlib import Path
from typing import Any

from workbench.analysis import Trace, count, summarize
from workbench.config import RunConfig
from workbench.testing.subject import Subject

COLUMNS = ("name", "type", "output_shape", "params", "macs")


def counts(model: RunConfig | Subject) -> dict[str, Any]:
    """The content of a network's golden file."""
    if isinstance(model, RunConfig):
        summary = summarize(model)
        rows = [[layer[column] for column in COLUMNS] for layer in summary["layers"]]
        return _document(summary["input"], summary["params"], summary["macs"], rows)
    traced: Trace = count(model.network(), model.shape)
    rows = [
        [row.name, row.type, list(row.output_shape), row.params, row.macs] for row in traced.rows
    ]
    return _document(list(model.shape), traced.params, traced.macs, rows)


def check_counts(model: RunConfig | Subject, path: Path, *, update: bool = False) -> None:
    """Compare a network with its golden file, or write that file.

    Raises ``AssertionError`` that names the first row which differs.
    """
    found = counts(model)
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(found), encoding="utf-8")
        return
    assert path.is_file(), f"{path}: no golden file; pytest --update-golden writes it"
    kept = json.loads(path.read_text(encoding="utf-8"))
    for index, (row, golden) in enumerate(zip(found["layers"], kept["layers"], strict=False)):
        assert row == golden, f"{path}: row {index + 1} is {row}, in the golden file {golden}"
    for key in ("input", "params", "macs"):
        assert found[key] == kept[key], (
            f"{path}: {key} is {found[key]}, in the golden file {kept[key]}"
        )
    assert len(found["layers"]) == len(kept["layers"]), (
        f"{path}: {len(found['layers'])} rows, in the golden file {len(kept['layers'])}"
    )


def _document(shape: list[int], params: int, macs: int, rows: list[Any]) -> dict[str, Any]:
    return {"input": shape, "params": params, "macs": macs, "layers": rows}


def _text(document: dict[str, Any]) -> str:
    """JSON with one line a layer, so that a difference reads well."""
    head = {key: value for key, value in document.items() if key != "layers"}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    rows = ",\n".join(f"  {json.dumps(row)}" for row in document["layers"])
    return "\n".join(["{", *lines, ' "layers": [', rows, " ]", "}"]) + "\n"
