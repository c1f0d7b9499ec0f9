"""The handwritten digits that come installed with scikit-learn: 1,797 pictures, 8×8, grey.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits

from workbench.config import RunConfig
from workbench.config.data import DigitsData
from workbench.data.assemble import assemble
from workbench.data.dataset import DataSet, Progress
from workbench.data.split import stratified

FULL_SCALE = 16  # a pixel is a count of 0 to 16 set bits


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the digits, ``data.test`` of each class apart for the test."""
    assert isinstance(config.data, DigitsData)
    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / FULL_SCALE)).astype(np.uint8)
    images = torch.from_numpy(pixels).unsqueeze(1)
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    rows, apart = stratified(labels.numpy(), config.data.test, config.data.split_seed)
    classes = [str(name) for name in bunch.target_names]
    return assemble(config, classes, (images[rows], labels[rows]), (images[apart], labels[apart]))
