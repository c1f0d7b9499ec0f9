"""The loaded data set: three splits of uint8 images and targets, with classes and statistics."""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

CPU = torch.device("cpu")
RESIDENT_SHARE = 0.4  # of a GPU's free memory


class Progress(Protocol):
    """A callback for progress; ``total`` is 0 where it is not known."""

    def __call__(self, message: str, done: int, total: int) -> None: ...


def no_progress(message: str, done: int, total: int) -> None:
    """A :class:`Progress` that does nothing."""


class ImageSource(Protocol):
    """Images that are made when they are asked for."""

    @property
    def shape(self) -> torch.Size:
        """[M, C, H, W]."""

    @property
    def device(self) -> torch.device:
        """Where they are made: the CPU."""

    def gather(self, rows: Tensor) -> Tensor:
        """Images uint8 [B, C, H, W] of ``rows`` (int64 [B])."""


@dataclass(frozen=True)
class ImageRows:
    """Rows of a shared image tensor, gathered when they are indexed.

    The tensor may be mapped from a file larger than memory, or not be there at all
    (:class:`workbench.data.uncached.UncachedImages`). Has the part of a tensor's interface
    that a training loop uses.
    """

    source: Tensor | ImageSource  # uint8 [M, C, H, W], resident or mapped
    rows: Tensor  # int64 [N]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> torch.Size:
        """[N, C, H, W]."""
        return torch.Size((len(self.rows), *self.source.shape[1:]))

    @property
    def device(self) -> torch.device:
        """The device of indexed batches: the CPU."""
        return self.source.device

    def __getitem__(self, indices: Tensor | slice | int) -> Tensor:
        rows = self.rows[indices]
        if not isinstance(self.source, Tensor):
            images = self.source.gather(rows.reshape(-1))
            return images if rows.ndim else images[0]
        return take(self.source, rows) if rows.ndim else self.source[rows]


Images = Tensor | ImageRows


@dataclass(frozen=True)
class Split:
    """Images with their targets.

    ``images`` is uint8 [N, C, H, W] (channels-last: then batches are fastest), resident
    or mapped; ``targets`` holds one tensor [N, …] a name: ``label`` (int64 [N]) for
    classification. Batches are on ``device``, wherever the images are.
    """

    images: Images
    targets: dict[str, Tensor]
    device: torch.device = CPU

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Images [B, C, H, W] and targets of ``indices`` (int64 [B])."""
        rows = onto(indices, self.images.device)
        images = self.images
        return self.with_targets(
            take(images, rows) if isinstance(images, Tensor) else images[rows], indices
        )

    def with_targets(self, images: Tensor, indices: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """As :meth:`batch`, of images that were read before."""
        wanted = onto(indices, self.device)
        targets = {name: target[wanted] for name, target in self.targets.items()}
        return onto(images, self.device), targets

    def to(self, device: torch.device | str) -> "Split":
        """The split with its batches on ``device``; resident there where it fits.

        On a GPU it fits when it takes at most ``RESIDENT_SHARE`` of the free
        memory; on the CPU nothing is copied, mapped images stay in their file.
        """
        device = torch.device(device)
        targets = {name: target.to(device) for name, target in self.targets.items()}
        images = self.images
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            held = isinstance(images, Tensor) or isinstance(images.source, Tensor)
            if held and images.shape.numel() <= RESIDENT_SHARE * free:
                images = images[:].to(device)
        elif isinstance(images, Tensor):
            images = images.to(device)
        return Split(images, targets, device)


@dataclass(frozen=True)
class DataSet:
    """Three splits with class names, statistics and a hash of the content."""

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    mean: list[float]  # of each channel over the training images, 0 to 1
    std: list[float]
    content_hash: str  # sha256 over images, targets and split
    skipped: list[tuple[str, str]] = field(default_factory=list)  # (file, what is wrong with it)
    given: frozenset[str] = frozenset()  # splits that the data lays out: they may lack a class

    @property
    def splits(self) -> dict[str, Split]:
        """The three splits by their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def size(self, split: str = "train") -> int:
        """Images of a split."""
        return len(self.splits[split])

    def class_counts(self, split: str = "train") -> list[int]:
        """Images of each class in a split (train, validation, test), in the classes' order.

        An image with boxes counts once for each class that it shows.
        """
        labels = self.splits[split].targets["label"]
        if labels.ndim > 1:
            rows, places = torch.nonzero(labels >= 0, as_tuple=True)
            shown = torch.zeros(len(labels), len(self.classes), dtype=torch.int64)
            shown[rows, labels[rows, places]] = 1
            return shown.sum(dim=0).tolist()
        return torch.bincount(labels, minlength=len(self.classes)).tolist()


def onto(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor copied to ``device``, from the CPU to a GPU without a wait of the host.

    For that it goes through page-locked memory, which torch keeps until the copy is done.
    """
    if tensor.device == device:
        return tensor
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)  # synchronises where it comes back from a GPU


def take(images: Tensor, rows: Tensor) -> Tensor:
    """Images ``rows`` (int64 [B]) of [N, C, H, W]; channels-last where the source is.

    Each image is one run of bytes; indexing would copy it pixel by pixel into
    another layout.
    """
    pixels = images.permute(0, 2, 3, 1)
    if not pixels.is_contiguous():
        return images.index_select(0, rows)
    taken = pixels.flatten(1).index_select(0, rows)
    return taken.view(len(rows), *pixels.shape[1:]).permute(0, 3, 1, 2)


def tensor_hash(tensor: Tensor) -> str:
    """sha256 of a tensor's shape, type and bytes."""
    tensor = tensor.contiguous().cpu()
    digest = hashlib.sha256(f"{tensor.dtype} {list(tensor.shape)} ".encode())
    digest.update(tensor.numpy().data)
    return digest.hexdigest()
