"""Splits, statistics and hashes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from workbench.config import RunConfig
from workbench.data import ImageRows, Split, load_data
from workbench.data.assemble import resize
from workbench.data.dataset import take, tensor_hash
from workbench.data.statistics import channel_statistics, kept_statistics
from workbench.errors import DataError

MakeConfig = Callable[..., RunConfig]


def make_images(count: int = 12, channels: int = 3, side: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, side, side)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_take_is_indexing_and_keeps_the_layout(layout: torch.memory_format) -> None:
    source = make_images().contiguous(memory_format=layout)
    rows = torch.tensor([3, 3, 11, 0])
    taken = take(source, rows)
    assert torch.equal(taken, source[rows])
    assert taken.is_contiguous(memory_format=layout)


def test_mapped_images_answer_like_a_tensor() -> None:
    source, rows = make_images(), torch.tensor([5, 2, 9])
    mapped = ImageRows(source, rows)
    assert mapped.shape == source[rows].shape and len(mapped) == 3
    assert torch.equal(mapped[1:], source[rows[1:]])
    assert torch.equal(mapped[1], source[2])
    assert torch.equal(mapped[torch.tensor([2, 0])], source[[9, 5]])


def test_a_batch_brings_images_and_targets_together() -> None:
    images = make_images()
    rows = torch.tensor([4, 1, 7])
    resident = Split(images[rows], {"label": torch.tensor([40, 10, 70])})
    mapped = Split(ImageRows(images, rows), resident.targets).to("cpu")
    wanted = torch.tensor([2, 0])
    for split in (resident, mapped):
        batch, targets = split.batch(wanted)
        assert torch.equal(batch, images[[7, 4]])
        assert targets["label"].tolist() == [70, 40]
        assert len(split) == 3


def test_statistics_are_those_of_the_pixels() -> None:
    images = make_images(2500, 3, 4)  # more than a chunk
    mean, std = channel_statistics(images)
    exact = images.double() / 255
    assert mean == pytest.approx(exact.mean(dim=(0, 2, 3)).tolist(), abs=1e-6)
    assert std == pytest.approx(exact.std(dim=(0, 2, 3), correction=0).tolist(), abs=1e-6)


def test_the_hash_sees_every_byte_and_the_shape() -> None:
    images = make_images()
    changed = images.clone()
    changed[-1, -1, -1, -1] ^= 1
    hashes = {tensor_hash(t) for t in (images, changed, images.reshape(6, 6, 5, 5))}
    assert len(hashes) == 3
    assert tensor_hash(images.clone()) in hashes


def test_resizing_keeps_a_flat_image_flat() -> None:
    flat = torch.full((3, 1, 8, 8), 77, dtype=torch.uint8)
    assert torch.equal(resize(flat, 5), torch.full((3, 1, 5, 5), 77, dtype=torch.uint8))
    assert torch.equal(resize(flat, 8), flat)


def test_digits_are_split_three_ways(config: MakeConfig) -> None:
    data = load_data(config())
    assert len(data.train) + len(data.validation) + len(data.test) == 1797
    assert data.classes == tuple("0123456789")
    assert data.train.images.shape[1:] == (1, 8, 8)
    assert int(data.train.images[:].max()) == 255
    assert sum(data.class_counts()) == len(data.train)
    assert data.class_counts("test") == torch.bincount(data.test.targets["label"]).tolist()
    assert data.mean == channel_statistics(data.train.images)[0]


def test_the_hash_follows_what_is_trained_on(config: MakeConfig) -> None:
    same = load_data(config()).content_hash
    assert load_data(config()).content_hash == same
    for change in ({"data__split_seed": 1}, {"data__limit": 500}, {"data__size": 9}):
        assert load_data(config(**change)).content_hash != same


def test_a_limit_counts_training_and_validation(config: MakeConfig) -> None:
    data = load_data(config(data__limit=100))
    assert len(data.train) + len(data.validation) == 100
    assert min(data.class_counts()) >= 8


def test_configured_statistics_win(config: MakeConfig) -> None:
    data = load_data(config(data__mean=[0.25], data__std=[0.5]))
    assert (data.mean, data.std) == ([0.25], [0.5])


def test_statistics_are_kept_by_content(home: Path) -> None:
    images = make_images()
    first = kept_statistics(images, "abc")
    assert kept_statistics(torch.zeros_like(images), "abc") == first  # not computed again
    assert kept_statistics(torch.zeros_like(images), "def") != first
    (home / "cache" / "statistics" / "abc.json").write_text("[half")
    assert kept_statistics(images, "abc") == first


def test_a_size_that_no_memory_holds_is_refused(config: MakeConfig) -> None:
    with pytest.raises(DataError, match=r"data\.size: 1,797 images of 9999999×9999999 need"):
        load_data(config(data__size=9999999))
