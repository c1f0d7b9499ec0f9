"""A run as one document, whatever of its files is there."""

from pathlib import Path

from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record


def test_a_run_whose_record_says_nothing_of_it_has_its_id_and_status(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "one")
    folder.path.mkdir()
    write_record(folder.record, {"result": {"test_accuracy": 0.5}})
    document = as_json(read_run(folder))
    assert document["run"] == {"id": "one", "status": document["status"]}
    assert document["result"] == {"test_accuracy": 0.5}
