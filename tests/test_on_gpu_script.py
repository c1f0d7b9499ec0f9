"""The script for GPUs, tried on a CPU: its logic, its clock and its kept rows."""

import time
from pathlib import Path

import pytest

from benchmarks import on_gpu
from benchmarks.gpu_parts import race, studies
from benchmarks.gpu_parts.sheet import LAST, Options, Sheet
from workbench.training.compiled import capture


@pytest.fixture(autouse=True)
def closures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script puts closures in place of graphs; give the graphs back."""
    for name in ("CudaRecorder", "has_graphs"):
        monkeypatch.setattr(capture, name, getattr(capture, name))


def run(part: str, only: str, out: Path, *more: str) -> Sheet:
    arguments = ["--part", part, "--device", "cpu", "--quick", "--only", only, "--out", str(out)]
    return on_gpu.main([*arguments, *more])


@pytest.mark.parametrize(
    ("part", "only", "cell"),
    [
        ("check", "captured: detection/rpn-digits", "equal to the bit"),
        ("speed", "step of quick/digits", "images/s"),
        ("speed", "not resident", "≥ 0.95"),
        ("race", "bare, seed 0", "0."),
    ],
)
def test_rows_of_each_part(
    part: str, only: str, cell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = run(part, only, tmp_path)
    (row,) = (cells for name, cells in sheet.rows.items() if only in name)
    assert any(cell in each for each in row), row
    assert "| what |" in capsys.readouterr().out.splitlines()[-3]


def test_studies_are_runs_that_go_on(tmp_path: Path) -> None:
    sheet = run("studies", "digits", tmp_path)
    assert sheet.rows["digits"][:2] == ["finished", "2"]
    assert (tmp_path / "runs" / "digits" / "record.toml").exists()


def test_the_studies_at_full_length() -> None:
    names = [study.name for study in studies._studies(Options("cpu"))]
    assert names[0].startswith("pipeline-simplenn") and names[-1] == "resnet-5-4-3-150"
    assert len(names) == len(set(names)) > 10


def sheet(out: Path, **options: object) -> Sheet:
    return Sheet("part", ("what", "result"), Options("cpu", out=out, **options))  # type: ignore[arg-type]


def test_rows_are_kept_and_measured_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet(tmp_path).measure("a", lambda: ["1"])
    again = sheet(tmp_path)
    again.measure("a", lambda: pytest.fail("it was measured again"))
    again.print()
    assert "| a | 1 |" in capsys.readouterr().out


def test_rows_of_another_card_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet(tmp_path).measure("a", lambda: ["1"])
    monkeypatch.setattr("benchmarks.gpu_parts.sheet.where", lambda device: "another card")
    assert sheet(tmp_path).rows == {}


def test_the_time_ends_a_row_in_its_midst_and_owes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = sheet(tmp_path, minutes=(LAST + 1.2) / 60)
    began = time.monotonic()
    short.measure("long", lambda: time.sleep(30))  # type: ignore[arg-type, return-value]
    short.measure("next", lambda: ["1"])
    assert time.monotonic() - began < 5
    short.print()
    assert "no time left for long, next" in capsys.readouterr().out
    longer = sheet(tmp_path)
    longer.measure("long", lambda: ["done"])
    assert longer.rows == {"long": ["done"]}


def test_a_row_that_fails_is_a_row(tmp_path: Path) -> None:
    part = sheet(tmp_path)
    part.measure("broken", lambda: [str(1 / 0)])
    assert part.rows["broken"][0].startswith("failed: ZeroDivisionError")


def test_a_public_script_is_run_as_it_is_in_its_own_folder(tmp_path: Path) -> None:
    script = tmp_path / "public" / "record.py"
    script.parent.mkdir()
    script.write_text(
        "import pathlib; print('|  mean 0.9401 |', pathlib.Path('record.py').exists())"
    )
    _, said, status = race._public(script, sheet(tmp_path))
    assert "mean 0.9401" in said and "True" in said and "|" not in said and status == "status 0"


def test_without_a_gpu_it_says_how_to_try_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        on_gpu.main(["--part", "check"])
    assert "--device cpu --quick" in capsys.readouterr().err
