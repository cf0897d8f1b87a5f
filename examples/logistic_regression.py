"""Logistic regression: two clouds of points, told apart by a line.

Twice: with one score and `BCEWithLogitsLoss`, and with a score for each class and `cross_entropy`. Both losses take
scores, not probabilities: the sigmoid or softmax is inside, where it cannot overflow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional

RATE, STEPS = 0.5, 100


def clouds() -> tuple[np.ndarray, np.ndarray]:
    """100 points around (-2, -1) of the class 0, 100 around (2, 1) of the class 1: float32 (200, 2), int64 (200,)."""
    generator = np.random.default_rng(3)
    centres = np.repeat([[-2.0, -1.0], [2.0, 1.0]], 100, axis=0)
    points = centres + 0.8 * generator.standard_normal((200, 2))
    return points.astype(np.float32), np.repeat([0, 1], 100)


def binary(steps: int = STEPS, device: str = "cpu") -> tuple[nn.Module, list[float], float]:
    """One score for each point: the model, the losses and the accuracy."""
    points, classes = clouds()
    x = torch.tensor(points, device=device)
    # Targets are floats of the shape of the scores, (200, 1).
    y = torch.tensor(classes[:, None], dtype=torch.float32, device=device)
    model, criterion = nn.Linear(2, 1).to(device), nn.BCEWithLogitsLoss()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    losses = descend(model, lambda: criterion(model(x), y), steps)
    with torch.no_grad():
        accuracy = ((model(x) > 0) == (y > 0.5)).float().mean().item()
    return model, losses, accuracy


def multinomial(steps: int = STEPS, device: str = "cpu") -> tuple[nn.Module, list[float], float]:
    """A score for each class: the model, the losses and the accuracy."""
    points, classes = clouds()
    x = torch.tensor(points, device=device)
    y = torch.tensor(classes, device=device)  # the numbers of the classes, int64 of the shape (200,)
    model = nn.Linear(2, 2).to(device)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    losses = descend(model, lambda: F.cross_entropy(model(x), y), steps)
    with torch.no_grad():
        accuracy = (model(x).argmax(dim=1) == y).float().mean().item()
    return model, losses, accuracy


def descend(model: nn.Module, loss_of: Callable[[], torch.Tensor], steps: int) -> list[float]:
    """Gradient descent over all points at once."""
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main() -> None:
    """Train both."""
    given = options(__doc__, steps=(STEPS, "steps of gradient descent"))
    for name, train in (("one score", binary), ("two scores", multinomial)):
        model, losses, accuracy = train(given.steps, given.device)
        print(f"{name:10}   loss {losses[0]:.4f} → {losses[-1]:.4f}   accuracy {accuracy:.3f}")
        print(f"             weight {model.weight.tolist()}   bias {model.bias.tolist()}")


if __name__ == "__main__":
    main()
