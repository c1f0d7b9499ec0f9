"""The pytest plugin, in a pytest run of its own."""

import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
SMALL = """
[about]
title = "small"
[model]
kind = "resnet"
blocks = [1]
width = 4
[data]
name = "digits"
channels = 1
size = 8
[train]
epochs = 1
"""


@pytest.fixture
def own_preset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A preset ``mine/small`` of the user's own."""
    folder = tmp_path / "presets" / "mine"
    folder.mkdir(parents=True)
    (folder / "small.toml").write_text(SMALL)
    monkeypatch.setenv("WORKBENCH_PRESETS", str(tmp_path / "presets"))


@pytest.mark.usefixtures("own_preset")
def test_presets_are_collected_and_chosen_by_k(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--workbench-presets", "-k", "mine/small", "-v")

    result.assert_outcomes(passed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*preset mine/small*PASSED*"])


@pytest.mark.usefixtures("own_preset")
def test_golden_files_are_written_then_compared(pytester: pytest.Pytester) -> None:
    options = ["--workbench-presets", "--workbench-golden", "golden", "-k", "mine/small"]

    assert pytester.runpytest_subprocess(*options, "--update-golden").ret == pytest.ExitCode.OK
    golden = pytester.path / "golden/mine/small.json"
    golden.write_text(golden.read_text().replace('"params": ', '"params": 1'))
    result = pytester.runpytest_subprocess(*options)

    result.assert_outcomes(failed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["golden/mine/small.json: params is *"])


def test_without_the_option_nothing_is_collected(pytester: pytest.Pytester) -> None:
    assert pytester.runpytest_subprocess().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_fixture_says_whether_golden_files_are_rewritten(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(update_golden): print('rewrite', update_golden)")

    told = pytester.runpytest_subprocess("--update-golden", "-s")
    told.stdout.fnmatch_lines(["*rewrite True*"])
    pytester.runpytest_subprocess("-s").stdout.fnmatch_lines(["*rewrite False*"])


def test_the_plugin_alone_imports_no_torch(pytester: pytest.Pytester) -> None:
    code = "import sys, workbench.testing.pytest_plugin; sys.exit('torch' in sys.modules)"

    assert pytester.run(sys.executable, "-c", code).ret == 0
