"""A network whose depth is drawn anew in every step: a layer in the middle is used none to three times.

Control flow is Python's own, and a layer that is used several times gets the sum of the gradients of its uses. In a
step that does not use it, its gradient is None, and the optimizer leaves it alone.
"""

from __future__ import annotations

import random

import numpy as np
from start import start

from conformance.program import options, torch

nn = torch.nn

ROWS, INPUTS, HIDDEN, OUTPUTS = 32, 16, 12, 3


class DynamicNet(nn.Module):
    """Three layers, of which the second may come several times, or never."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.input_linear = nn.Linear(inputs, hidden)
        self.middle_linear = nn.Linear(hidden, hidden)
        self.output_linear = nn.Linear(hidden, outputs)

    def forward(self, x: torch.Tensor, repeats: int) -> torch.Tensor:
        """`repeats` uses of the middle layer; the seed programs draw the number here, `random.randint(0, 3)`."""
        h = self.input_linear(x).clamp(min=0)
        for _ in range(repeats):
            h = self.middle_linear(h).clamp(min=0)
        return self.output_linear(h)


def data(device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """32 rows of random inputs and targets."""
    generator = np.random.default_rng(9)
    shapes = (ROWS, INPUTS), (ROWS, OUTPUTS)
    x, y = (torch.tensor(generator.standard_normal(shape), dtype=torch.float32, device=device) for shape in shapes)
    return x, y


def train(steps: int, device: str = "cpu") -> tuple[nn.Module, list[float]]:
    """The model and the loss of each step."""
    depths = random.Random(10)
    x, y = data(device)
    model = start(DynamicNet(INPUTS, HIDDEN, OUTPUTS), seed=1).to(device)
    criterion = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.5)
    losses = []
    for _ in range(steps):
        loss = criterion(model(x, depths.randint(0, 3)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def main() -> None:
    """Train, and look at the gradient of the middle layer."""
    given = options(__doc__, steps=(50, "steps of training"))
    model, losses = train(given.steps, given.device)
    for step in range(0, len(losses), 10):
        print(f"step {step:3}   loss {losses[step]:.3f}")
    print(f"last       loss {losses[-1]:.3f}")
    x, y = data(given.device)
    for repeats in range(4):
        model.zero_grad()
        (model(x, repeats) - y).pow(2).sum().backward()
        grad = model.middle_linear.weight.grad
        print(f"used {repeats} times: gradient {'None' if grad is None else f'of norm {grad.norm().item():.4f}'}")


if __name__ == "__main__":
    main()
