"""The digits are scikit-learn's own, read without importing it."""

import subprocess
import sys

import numpy as np
from sklearn.datasets import load_digits

from workbench.config.split_check import DIGITS
from workbench.data.sets.digits import read_digits


def test_they_are_what_scikit_learn_loads() -> None:
    counts, digits = read_digits()
    bunch = load_digits()
    assert np.array_equal(counts, bunch.images)
    assert np.array_equal(digits, bunch.target)


def test_scikit_learn_is_not_imported_for_them() -> None:
    code = (
        "import sys; from workbench.data.sets.digits import read_digits; read_digits(); "
        "sys.exit('sklearn' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_launcher_knows_how_many_there_are_of_each() -> None:
    assert tuple(np.bincount(read_digits()[1])) == DIGITS
