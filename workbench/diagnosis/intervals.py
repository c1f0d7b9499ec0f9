"""How sure an accuracy is: Wilson's interval of a share."""

import math

Z = 1.96  # 95 %


def wilson(hits: int, count: int, z: float = Z) -> tuple[float, float]:
    """The 95 % interval of a share, 0 to 1: ``hits`` of ``count``. (0, 1) of none.

    Wilson 1927; unlike the textbook interval it stays within 0 and 1, near which accuracies are.
    """
    if not count:
        return 0.0, 1.0
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    half /= 1 + z * z / count
    return max(0.0, middle - half), min(1.0, middle + half)
