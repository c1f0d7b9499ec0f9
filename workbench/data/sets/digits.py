"""Loads the handwritten digits that come with scikit-learn: 1,797 images, 8×8, grey.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
"""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from workbench.catalog.splits import stratified
from workbench.config import RunConfig
from workbench.config.sections.data import DigitsData
from workbench.data.assemble import assemble
from workbench.data.dataset import DataSet, Progress
from workbench.errors import DataError

FULL_SCALE = 16  # a pixel is a count of 0 to 16 set bits
SIDE = 8


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the digits; a share ``data.test`` of each class is the test split."""
    assert isinstance(config.data, DigitsData)
    counts, targets = read_digits()
    pixels = np.rint(counts * (255 / FULL_SCALE)).astype(np.uint8)
    images = torch.from_numpy(pixels).unsqueeze(1)
    labels = torch.from_numpy(targets)
    rows, apart = stratified(labels.numpy(), config.data.test, config.data.split_seed)
    classes = [str(digit) for digit in range(10)]
    return assemble(config, classes, (images[rows], labels[rows]), (images[apart], labels[apart]))


def read_digits() -> tuple[np.ndarray, np.ndarray]:
    """Counts (int64 [N, 8, 8], 0 to 16) and digits (int64 [N]), as scikit-learn's package has them.

    Its file is read without importing it: that would take a second, most of it scipy.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise DataError("digits: they come with scikit-learn, which is not installed")
    path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    try:
        text = gzip.decompress(path.read_bytes()).decode("ascii")
    except OSError as error:
        raise DataError(f"{path}: the digits cannot be read: {error.strerror or error}") from None
    rows = [line.split(",") for line in text.split()]
    table = np.array(rows, dtype=np.float64).astype(np.int64)
    return table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]
