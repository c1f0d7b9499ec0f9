"""What is read from a run's folder is a document as this program writes it, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.recorded import write_layers
from workbench.runs.store.documents import check_evaluation, read_layers
from workbench.runs.store.folder import RunFolder

RESULT = {"crop": 8, "accuracy": 0.5}
EVALUATION: dict[str, Any] = {"split": "test", "results": [RESULT], "best": RESULT}


def test_an_evaluation_comes_back_with_the_keys_that_are_not_checked() -> None:
    assert check_evaluation(EVALUATION | {"same_data": True}) == EVALUATION | {"same_data": True}


@pytest.mark.parametrize("document", [[], "x", None])
def test_what_is_no_table_is_no_document(document: Any) -> None:
    with pytest.raises(ValueError, match="not a document of this program"):
        check_evaluation(document)


def test_a_layer_table_with_a_budget_is_none_of_a_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    write_layers(folder)
    document = read_layers(folder)
    # Only ``summary --budget`` writes one, and what shows the table does not check it again.
    (folder.path / "layers.json").write_text(json.dumps(document | {"budget": 3}))
    with pytest.raises(ValueError, match="not a document of this program"):
        read_layers(folder)
