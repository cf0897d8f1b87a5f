"""One model on two devices: the first layer on one, the second on the other, and the hidden values move in between.

autograd follows them back, each gradient lies beside its weight, and one optimizer updates both. The numbers are those
of one device. On a machine with a GPU the devices are "cpu" and "cuda"; simulated ones do where there is none
(`--backend reference` or `torch-sim`), and with one device alone the program runs on it twice.
"""

from __future__ import annotations

import numpy as np
from start import start

from conformance.program import backend, options, torch

nn, F = torch.nn, torch.nn.functional

RATE = 0.05


class TwoDevices(nn.Module):
    """Layers that know where they are."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(6, 8), nn.Linear(8, 3)
        start(self, seed=1)
        # The parameters are the same objects after a move: an optimizer made before it would go on working, whatever
        # older notes say. Buffers are new ones.
        self.hidden.to(first)
        self.out.to(second)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs on the first device, outputs on the second."""
        h = torch.tanh(self.hidden(x))
        return self.out(h.to(self.out.weight.device))


def data(first: str, second: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs on the first device, targets on the second: the loss is computed where the outputs are."""
    generator = np.random.default_rng(13)
    x, y = generator.standard_normal((10, 6)), generator.standard_normal((10, 3))
    return torch.tensor(x, dtype=torch.float32, device=first), torch.tensor(y, dtype=torch.float32, device=second)


def train(steps: int, first: str = "cpu", second: str = "cpu") -> tuple[nn.Module, list[float]]:
    """The model and the loss of each step."""
    model, (x, y) = TwoDevices(first, second), data(first, second)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def without_moving(first: str, second: str) -> torch.Tensor:
    """RuntimeError on two devices: Expected all tensors to be on the same device."""
    model, (x, _) = TwoDevices(first, second), data(first, second)
    return model.out(torch.tanh(model.hidden(x)))


def there_and_back(second: str) -> torch.Tensor:
    """What every introduction shows of a GPU: a tensor made there, one that moves there, their sum in double, back."""
    x = torch.tensor([0.0445], device="cpu")
    y = torch.ones_like(x, device=second)
    z = x.to(second) + y
    return z.to("cpu", torch.double)


def main() -> None:
    """On one device, then on two."""
    given = options(__doc__, steps=(20, "steps of training"))
    second = backend.accelerator or given.device
    print(f"devices: {given.device} and {second}; there and back: {there_and_back(second)}")
    for name, places in (("one device", (given.device, given.device)), ("two devices", (given.device, second))):
        model, losses = train(given.steps, *places)
        where = ", ".join(str(parameter.grad.device) for parameter in (model.hidden.weight, model.out.weight))
        print(f"{name:11}   loss {losses[0]:.6f} → {losses[-1]:.6f}   gradients on {where}")
    if second != given.device:
        try:
            without_moving(given.device, second)
        except RuntimeError as error:
            print(f"without moving the hidden values: RuntimeError: {str(error)[:100]}…")


if __name__ == "__main__":
    main()
