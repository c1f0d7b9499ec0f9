"""ResNet-18 as one would write it for speed by hand: bfloat16, channels-last, max-autotune.

    python -m benchmarks.gpu_parts.by_hand cuda:0

Prints milliseconds a step at batch 512, over resident random images with crop and flip.
"""

import sys
import time

import torch
from torch.nn import functional as F

from workbench import build_model, load_preset

BATCH, PAD, SIDE = 512, 4, 32


def main() -> None:
    """Compile, warm up, measure."""
    device = torch.device(sys.argv[1])
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.benchmark = True
    model = build_model(load_preset("resnet/resnet18-cifar10"))
    model = model.to(device=device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(
        model.parameters(), 0.1, momentum=0.9, weight_decay=5e-4, fused=True
    )
    images = torch.randn(8 * BATCH, 3, SIDE + 2 * PAD, SIDE + 2 * PAD, device=device)
    images = images.bfloat16().contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (len(images),), device=device)

    @torch.compile(mode="max-autotune")
    def loss_of(batch: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cuda", dtype=torch.bfloat16):
            return F.cross_entropy(model(batch).float(), wanted)

    def step() -> None:
        rows = torch.randint(len(images), (BATCH,), device=device)
        top, left = torch.randint(2 * PAD + 1, (2,)).tolist()
        batch = images[rows, :, top : top + SIDE, left : left + SIDE]
        batch = torch.where(torch.rand(BATCH, 1, 1, 1, device=device) < 0.5, batch.flip(3), batch)
        loss_of(batch.contiguous(memory_format=torch.channels_last), labels[rows]).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    for _ in range(10):
        step()
    torch.cuda.synchronize(device)
    began, count = time.perf_counter(), 200
    for _ in range(count):
        step()
    torch.cuda.synchronize(device)
    print(1e3 * (time.perf_counter() - began) / count)


if __name__ == "__main__":
    main()
