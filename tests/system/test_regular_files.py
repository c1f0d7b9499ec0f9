"""Opening what may be anything: only regular files, and never waiting."""

import os
import socket
from pathlib import Path

import pytest

from workbench.system.regular_files import open_regular

KINDS = ("named pipe", "socket", "device", "folder")


def make(path: Path, kind: str) -> None:
    """Put something of this kind at ``path``."""
    if kind == "named pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's address has some hundred bytes
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
        os.chdir(here)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_a_regular_file_is_opened(tmp_path: Path, kind: str) -> None:
    make(tmp_path / "x", kind)
    with pytest.raises(OSError) as caught:
        open_regular(tmp_path / "x")
    assert caught.value.strerror == f"is a {kind}, not a file"
    assert caught.value.filename == str(tmp_path / "x")


def test_a_link_to_a_regular_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to("x")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"bytes"


def test_what_is_not_there_is_said_as_ever(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "link")


def test_a_refusal_leaves_no_descriptor_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    free = os.dup(0)  # the lowest that is free, and free again
    os.close(free)
    for _ in range(3):
        with pytest.raises(OSError):
            open_regular(tmp_path / "x")
    again = os.dup(0)
    os.close(again)
    assert again == free
