"""``workbench report``: the tables of a run, of several and of a sweep, escaped."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from tests.cli.conftest import Workbench
from workbench.formatting.layer_table import number
from workbench.runs.store.evaluations import keep_evaluation
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.sweeps.config import build_sweep, sweep_toml
from workbench.sweeps.folder import Note, open_sweep, write_note
from workbench.sweeps.plan import plan


class Tags(HTMLParser):
    """Collects the tags of a document and checks that they close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_runs_report_has_the_studies_tables(
    workbench: Workbench, finished: RunFolder, tmp_path: Path
) -> None:
    crops = [{"crop": crop, "accuracy": crop / 10} for crop in (6, 8)]
    best = {"crop": 8, "accuracy": 0.8}
    keep_evaluation(finished, "crops", {"split": "test", "results": crops, "best": best})
    result = workbench("report", finished.path, "-o", tmp_path / "out.md", "--json")
    text = (tmp_path / "out.md").read_text()
    record = read_record(finished.record)
    for words in (
        f"| parameters | {record['result']['params']:,} |",
        f"| test top-1 | {record['result']['test_accuracy']:.2%} |",
        "| optimizer.lr | 0.004 |",
        "**Learning rates**",
        "**Accuracy of each class, the worst first**",
        "**test accuracy against the test crop**",
        "| 8 px ★ | 80.00% |",
    ):
        assert words in text
    total = text.split("| **total** |" if "| **total** |" in text else "| total |")[1].split("\n")[
        0
    ]
    assert number(record["result"]["macs"]) in total
    plots = re.findall(r"\]\((out-plots/[^)]+)\)", text)
    assert len(plots) == 4 and len(result.document["files"]) == 5
    for plot in plots:
        ElementTree.parse(tmp_path / plot)


def test_html_is_one_file_without_scripts(
    workbench: Workbench, finished: RunFolder, tmp_path: Path
) -> None:
    text = finished.config.read_text()
    title = 'title = "<script>alert(1)</script>"'
    finished.config.write_text(re.sub(r"^title = .*$", title, text, count=1, flags=re.M))
    twin = finished.path.parent / "twin"
    shutil.copytree(finished.path, twin, symlinks=True)
    workbench("report", finished.path, twin, "-o", tmp_path / "out.html")
    page = Tags()
    document = (tmp_path / "out.html").read_text()
    page.feed(document)
    assert not page.open and {"svg", "table", "h1"} <= page.seen
    assert "script" not in page.seen and "&lt;script&gt;" in document
    assert "src=" not in document and "href=" not in document


def test_a_sweeps_report_has_its_table_and_the_best_run(
    workbench: Workbench, finished: RunFolder, tmp_path: Path
) -> None:
    tables = {"preset": "quick/digits", "title": "A | B", "grid": {"optimizer.lr": [0.1, 0.2]}}
    sweep = build_sweep(tables)
    runs = finished.path.parent
    first = plan(sweep, "mine")[0]
    shutil.copytree(finished.path, runs / first.id, symlinks=True)
    write_note(RunFolder(runs / first.id), Note("mine", first.variant))
    folder = open_sweep("mine", runs)
    folder.path.mkdir(parents=True)
    folder.spec.write_text(sweep_toml(sweep))
    result = workbench("report", "mine", "-o", tmp_path / "s.md", "--runs-dir", runs)
    text = (tmp_path / "s.md").read_text()
    assert result.status == 0
    assert r"# A \| B" in text and "| ★ | lr 0.1 | 1/1 |" in text
    assert "|  | lr 0.2 | 0/1 waiting |" in text and "## The best: lr 0.1" in text
