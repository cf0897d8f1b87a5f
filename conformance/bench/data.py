"""Samples that become batches."""

from __future__ import annotations

from typing import Any

from conformance.bench.task import Timed, tensor, uniform

SAMPLES, PIXELS, BATCH = 1024, 64, 64


def epoch(torch: Any, device: str) -> Timed:
    """Batches of 64 from a dataset of 1024 samples, two tensors each, in the process itself: time for a sample."""
    images, targets = uniform("epoch.images", (SAMPLES, PIXELS)), uniform("epoch.targets", (SAMPLES,))
    dataset = torch.utils.data.TensorDataset(tensor(torch, images, device), tensor(torch, targets, device))
    loader = torch.utils.data.DataLoader(dataset, batch_size=BATCH)

    def call() -> Any:
        return tuple([part for batch in loader for part in batch])

    want = [array[i : i + BATCH] for i in range(0, SAMPLES, BATCH) for array in (images, targets)]
    return Timed(call, tuple(want), 0.0, SAMPLES)
