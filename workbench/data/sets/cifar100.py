"""CIFAR-100: 50,000 + 10,000 images, 32×32 RGB, 100 classes."""

from workbench.config import RunConfig
from workbench.data.dataset import DataSet, Progress
from workbench.data.sets import cifar


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load CIFAR-100 from ``data.root``, downloading it first where it is missing."""
    from torchvision.datasets import CIFAR100  # 1.3 s: only for those who need it

    return cifar.load(config, progress, CIFAR100)
