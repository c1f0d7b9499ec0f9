"""What is found in a folder of images, and what is said where it cannot be used."""

import os
from pathlib import Path

import pytest
from PIL import Image

from workbench.catalog.image_folder import (
    count_images,
    find_classes,
    find_images,
    grey_only,
    images_below,
)
from workbench.errors import DataError


def put(path: Path, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (2, 2)).save(path)


def test_train_and_test_folders(tmp_path: Path) -> None:
    for split, name in (("train", "cat"), ("train", "ant"), ("test", "ant"), ("val", "cat")):
        put(tmp_path / split / name / "1.png")
    found = find_images(tmp_path)
    assert found.classes == find_classes(tmp_path) == ("ant", "cat")
    assert [(file.path, file.label) for file in found.train] == [
        ("train/ant/1.png", 0),
        ("train/cat/1.png", 1),
    ]
    assert [(file.path, file.label) for file in found.test] == [("test/ant/1.png", 0)]
    assert [(file.path, file.label) for file in found.validation] == [("val/cat/1.png", 1)]


def test_one_tree_is_all_training(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / name / "1.png")
    found = find_images(tmp_path)
    assert len(found.train) == 2 and not found.test and not found.validation


def test_only_images_count_and_folders_below_a_class_do(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.png")
    put(tmp_path / "a" / "more" / "2.PNG")
    put(tmp_path / "a" / ".hidden.png")
    (tmp_path / "a" / "notes.txt").write_text("x")
    put(tmp_path / "b" / "1.jpg")
    assert [file.path for file in find_images(tmp_path).train] == [
        "a/1.png",
        "a/more/2.PNG",
        "b/1.jpg",
    ]


def test_a_changed_file_is_told_by_its_entry(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / name / "1.png")
    before = find_images(tmp_path)
    os.utime(tmp_path / "a" / "1.png", ns=(1, 1))
    assert find_images(tmp_path).train[0] != before.train[0]
    assert find_images(tmp_path).train[1] == before.train[1]


def refusal(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        find_images(root)
    with pytest.raises(DataError):
        find_classes(root)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    text = refusal(tmp_path / "none")
    assert f"{tmp_path / 'none'}: no such folder" in text and "train/<class>/" in text


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    assert "is a file" in refusal(tmp_path / "f")


@pytest.mark.parametrize("name", ["x" * 5000, "zero\0byte"])
def test_a_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    assert "cannot be read" in refusal(tmp_path / name)


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    assert "no images; put images into train/<class>/" in refusal(tmp_path)


def test_loose_images_want_class_folders(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    assert "images, but no class folders" in refusal(tmp_path)


def test_a_class_without_images_is_named(tmp_path: Path) -> None:
    put(tmp_path / "train" / "a" / "1.png")
    (tmp_path / "train" / "b").mkdir()
    assert f"{tmp_path / 'train' / 'b'}: class folder with no images" in refusal(tmp_path)


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    put(tmp_path / "train" / "a" / "1.png")
    assert "only one class folder (a/)" in refusal(tmp_path)


def test_a_test_class_that_training_lacks_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / "train" / name / "1.png")
    put(tmp_path / "test" / "c" / "1.png")
    assert str(tmp_path / "test" / "c") in refusal(tmp_path)


def test_test_without_train(tmp_path: Path) -> None:
    put(tmp_path / "test" / "a" / "1.png")
    assert "has test/ but no train/" in refusal(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / name / "1.png")
    (tmp_path / "a").chmod(0)
    try:
        assert f"{tmp_path / 'a'}: no permission" in refusal(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o755)


def test_refused_by_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("workbench.catalog.image_folder.os.scandir", refuse)
    assert "no permission to read this folder" in refusal(tmp_path)


@pytest.mark.parametrize(("modes", "grey"), [("LL", True), ("L1", True), ("LP", False)])
def test_grey_only_where_every_image_is(tmp_path: Path, modes: str, grey: bool) -> None:
    for name, mode in zip("ab", modes, strict=True):
        put(tmp_path / name / "1.png", mode)
    assert grey_only(tmp_path) is grey


def test_broken_headers_do_not_make_a_folder_grey(tmp_path: Path) -> None:
    for name in "ab":
        put(tmp_path / name / "1.png", "L")
    (tmp_path / "a" / "1.png").write_bytes(b"no image")
    assert grey_only(tmp_path) is True
    (tmp_path / "b" / "1.png").write_bytes(b"no image")
    assert grey_only(tmp_path) is False


@pytest.mark.parametrize(
    "name",
    ["__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found", ".git"],
)
def test_what_archives_and_servers_leave_behind_is_no_class(tmp_path: Path, name: str) -> None:
    for place in ("train/a", "train/b", "test/a", f"train/{name}", f"test/{name}", name):
        put(tmp_path / place / "1.png")
    put(tmp_path / "train" / "a" / name / "2.png")
    put(tmp_path / "train" / "a" / "._1.png")
    (tmp_path / "train" / "b" / "Thumbs.db").write_bytes(b"")
    (tmp_path / "train" / "b" / "desktop.ini").write_bytes(b"")
    found = find_images(tmp_path)
    assert found.classes == find_classes(tmp_path) == ("a", "b")
    assert count_images(tmp_path) == (("a", "b"), {"train": (1, 1), "test": (1, 0)})
    assert [file.path for file in (*found.train, *found.test)] == [
        "train/a/1.png",
        "train/b/1.png",
        "test/a/1.png",
    ]
    assert {path for path, _ in found.skipped} == {
        *(name, f"train/{name}", f"test/{name}", f"train/a/{name}"),
        *("train/a/._1.png", "train/b/Thumbs.db", "train/b/desktop.ini"),
    }
    assert all(why for _, why in found.skipped)


def test_in_one_tree_too_and_in_any_case(tmp_path: Path) -> None:
    for place in ("a", "b", "__macosx", "$Recycle.Bin"):
        put(tmp_path / place / "1.png")
    assert find_images(tmp_path).classes == ("a", "b")


@pytest.mark.timeout(20)
def test_only_regular_files_are_images(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.png", "L")
    put(tmp_path / "b" / "1.png", "L")
    os.mkfifo(tmp_path / "a" / "0.png")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "b" / "device.png").symlink_to("/dev/zero")
    (tmp_path / "b" / "folder.png").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "link.png").symlink_to("../a/1.png")
    (tmp_path / "b" / "nothing.png").symlink_to("gone.png")
    (tmp_path / "b" / "round.png").symlink_to("round.png")
    assert grey_only(tmp_path)  # opens the first of each class
    found = find_images(tmp_path)
    assert [file.path for file in found.train] == ["a/1.png", "b/1.png", "b/link.png"]
    assert found.skipped == (
        ("a/0.png", "is a named pipe, not a file"),
        ("b/device.png", "is a link to a device, not a file"),
        ("b/folder.png", "is a link to a folder, not a file"),
        ("b/nothing.png", "is a link to nothing"),
        ("b/round.png", "is a link to nothing"),
        ("pipe", "is a named pipe, not a file"),
    )


def test_a_class_of_nothing_but_pipes_has_no_images(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.png")
    (tmp_path / "b").mkdir()
    os.mkfifo(tmp_path / "b" / "1.png")
    assert f"{tmp_path / 'b'}: class folder with no images" in refusal(tmp_path)


def test_images_below_any_folder(tmp_path: Path) -> None:
    put(tmp_path / "2.png")
    put(tmp_path / "deep" / "er" / "1.png")
    put(tmp_path / "__MACOSX" / "._2.png")
    os.mkfifo(tmp_path / "0.png")
    found, skipped = images_below(tmp_path)
    assert found == [tmp_path / "2.png", tmp_path / "deep" / "er" / "1.png"]
    assert [path for path, _ in skipped] == ["0.png", "__MACOSX"]


def test_no_more_are_counted_than_asked_for(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path / "a" / f"{number}.png")
    put(tmp_path / "b" / "1.png")
    assert count_images(tmp_path, most=3) == (("a", "b"), {"train": (3, 1)})
