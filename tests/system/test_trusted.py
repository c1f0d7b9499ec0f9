"""Trusted folders: what may be imported from where, and what is said where it may not."""

import sys
from pathlib import Path

import pytest

from workbench.config.presets import load_preset
from workbench.errors import ConfigError, RequestError
from workbench.system.trusted import load_target, own_modules, trust, trusted_folders, untrust


@pytest.fixture(autouse=True)
def modules_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test imports is not there in the next one."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("mynet", "helper", "mypackage", "mypackage.deep"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def refusal(target: str) -> str:
    with pytest.raises(ConfigError) as error:
        load_target(target, "model.target")
    text = str(error.value)
    assert text.startswith("model.target: ") and "\n" not in text
    return text


def test_trust_is_kept_and_taken_back(tmp_path: Path) -> None:
    link = tmp_path / "link"
    (tmp_path / "real").mkdir()
    link.symlink_to(tmp_path / "real")
    assert trust(link) == tmp_path / "real" and trust(link) == tmp_path / "real"
    assert trusted_folders() == [tmp_path / "real"]
    untrust(link)
    assert trusted_folders() == []
    for wrong, words in ((tmp_path / "no", "no such folder"), (Path("/"), "the whole machine")):
        with pytest.raises(RequestError, match=words):
            trust(wrong)
    with pytest.raises(RequestError, match="is not trusted"):
        untrust(tmp_path)


def test_nothing_is_imported_before_the_folder_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mynet.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nNet = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")  # as of `python -m`
    config = load_preset("quick/digits", {"model.kind": "python", "model.target": "mynet:Net"})
    assert config.model.kind == "python"
    assert f"workbench trust {tmp_path}" in refusal("mynet:Net")
    assert not (tmp_path / "ran").exists()
    trust(tmp_path)
    assert load_target("mynet:Net", "model.target") == 1 and (tmp_path / "ran").exists()
    assert own_modules() == {"mynet": tmp_path / "mynet.py"}


def test_packages_and_siblings_are_found(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WIDTH = 7\n")
    package = tmp_path / "mypackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text("from helper import WIDTH\nfrom . import __name__ as top\n")
    trust(tmp_path)
    assert load_target("mypackage.deep:WIDTH", "model.target") == 7
    assert sorted(own_modules()) == ["helper", "mypackage", "mypackage.deep"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("Net = 1\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "mynet.py").symlink_to(tmp_path / "outside.py")
    trust(tmp_path / "in")
    assert "no trusted folder" in refusal("mynet:Net")


def test_installed_packages_need_no_trust() -> None:
    assert load_target("pathlib:Path", "model.target") is Path


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("", "mynet:Net", "mynet.py has no 'Net'"),
        ("1 +", "mynet:Net", "mynet.py, line 1: SyntaxError"),
        ("\n1 / 0\n", "mynet:Net", "mynet.py, line 2: ZeroDivisionError: division by zero"),
        ("import nothing_there", "mynet:Net", "line 1: ModuleNotFoundError"),
        ("raise SystemExit(3)", "mynet:Net", "line 1: SystemExit: 3"),
        ("", "mynet", "must be module:name"),
        ("", "../mynet:Net", "must be module:name"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, source: str, target: str, words: str
) -> None:
    (tmp_path / "mynet.py").write_text(source)
    trust(tmp_path)
    assert words in refusal(target)
    assert "mynet" not in sys.modules or not source


def test_one_name_in_two_folders_or_of_another_module_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mynet.py").write_text("Net = 1\n")
        trust(tmp_path / name)
    with pytest.raises(RequestError, match="is in two trusted folders"):
        load_target("mynet:Net", "model.target")
    (tmp_path / "a" / "json.py").write_text("Net = 1\n")
    assert "Python has another module 'json'; rename yours" in refusal("json:Net")
