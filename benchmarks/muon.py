"""How long a step of Muon takes: equal matrices in one product, beside one after the other.

    python -m benchmarks.muon [--count 24] [--shape 128 512] [--threads 2] [--repeats 15]

The same optimiser both times: one call with all weights, or one with each. They take turns,
and medians of whole steps are compared.
"""

import argparse
import statistics
import time

import torch
from torch import nn

from workbench.training.optimizers.muon import Muon


def optimisers(shape: tuple[int, int], groups: list[int]) -> list[Muon]:
    """One for each number of weights, their gradients filled."""
    found = []
    for count in groups:
        weights = [nn.Parameter(torch.randn(shape)) for _ in range(count)]
        for weight in weights:
            weight.grad = torch.randn(shape)
        found.append(Muon([{"params": weights, "orthogonal": True}], lr=1e-3))
    return found


def seconds(every: list[Muon]) -> float:
    """Of one step of all of them."""
    began = time.perf_counter()
    for optimizer in every:
        optimizer.step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--shape", type=int, nargs=2, default=(128, 512))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    shape = (args.shape[0], args.shape[1])
    together, alone = optimisers(shape, [args.count]), optimisers(shape, [1] * args.count)
    pairs = [(seconds(together), seconds(alone)) for _ in range(args.repeats + 2)][2:]
    one, other = (1e3 * statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"{args.count} of {shape[0]} x {shape[1]}: together {one:.2f} ms, one after the other "
        f"{other:.2f} ms, ratio {other / one:.2f}"
    )


if __name__ == "__main__":
    main()
