"""CIFAR-10: 50,000 + 10,000 images, 32×32 RGB, 10 classes."""

from workbench.config import RunConfig
from workbench.data.dataset import DataSet, Progress
from workbench.data.sets import cifar


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load CIFAR-10 from ``data.root``, downloading it first where it is missing."""
    from torchvision.datasets import CIFAR10  # 1.3 s: only for those who need it

    return cifar.load(config, progress, CIFAR10)
