"""Data parallelism: copies of a model, each with a part of the batch, and the gradients put together.

First by hand, on any device: the gradient of a mean is the mean of the parts' gradients, weighted by their sizes. Then
with `nn.DataParallel`, which spreads the parts over the accelerators: PyTorch's own, or the simulated ones
(`--backend reference`, `--backend torch-sim`).
"""

from __future__ import annotations

import copy

import numpy as np
from start import start

from conformance.program import backend, options, torch

nn, F = torch.nn, torch.nn.functional

ROWS, RATE = 10, 0.05


def model_of(device: str = "cpu") -> nn.Module:
    """Six inputs, eight hidden units, three outputs; no batch normalisation, which would see each part by itself."""
    return start(nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)), seed=1).to(device)


def data(device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """Ten rows: they do not divide evenly into three parts."""
    generator = np.random.default_rng(13)
    arrays = generator.standard_normal((ROWS, 6)), generator.standard_normal((ROWS, 3))
    x, y = (torch.tensor(array, dtype=torch.float32, device=device) for array in arrays)
    return x, y


def whole_gradients(device: str = "cpu") -> list[torch.Tensor]:
    """The gradients of the whole batch at once."""
    model, (x, y) = model_of(device), data(device)
    F.mse_loss(model(x), y).backward()
    return [parameter.grad for parameter in model.parameters()]


def split_gradients(parts: int, device: str = "cpu") -> list[torch.Tensor]:
    """The batch in parts, a copy of the model for each, and the weighted mean of their gradients."""
    model, (x, y) = model_of(device), data(device)
    gradients = [torch.zeros_like(parameter) for parameter in model.parameters()]
    for some_x, some_y in zip(x.chunk(parts), y.chunk(parts), strict=True):
        replica = copy.deepcopy(model)
        F.mse_loss(replica(some_x), some_y).backward()
        for total, parameter in zip(gradients, replica.parameters(), strict=True):
            total += parameter.grad * (len(some_x) / len(x))
    return gradients


def train(steps: int, device: str = "cpu", parallel: bool = False) -> tuple[nn.Module, list[float]]:
    """The model and its losses; `parallel` wraps it in DataParallel, which is used as the model itself is."""
    model, (x, y) = model_of(device), data(device)
    # Every call copies the model to the devices, runs each copy on its rows, and joins the results on the first device.
    forward = nn.DataParallel(model) if parallel else model
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(forward(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def main() -> None:
    """By hand, then by DataParallel where there are accelerators."""
    given = options(__doc__, steps=(20, "steps of training"))
    whole = whole_gradients(given.device)
    for parts in (2, 3):
        pairs = zip(split_gradients(parts, given.device), whole, strict=True)
        apart = max((got - want).abs().max().item() for got, want in pairs)
        print(f"{parts} parts: gradients at most {apart:.1e} from those of the whole batch")
    _, losses = train(given.steps, given.device)
    print(f"one device ({given.device})   loss {losses[0]:.4f} → {losses[-1]:.4f}")
    if backend.accelerator is None:
        print(f"{backend.name} has no accelerator here: DataParallel would call the model as it is")
        return
    _, losses = train(given.steps, backend.accelerator, parallel=True)
    count = torch.accelerator.device_count()
    print(f"DataParallel on {count} devices   loss {losses[0]:.4f} → {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
