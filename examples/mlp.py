"""A perceptron with one hidden layer reads handwritten digits.

Images of 64 pixels, 128 hidden units, a score for each of ten digits; cross entropy, SGD with momentum. Weights and the
order of the batches are drawn by NumPy, so that the curve of the loss is the same in every library.
"""

from __future__ import annotations

import time

import numpy as np
from digits import digits
from start import batches, start

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional

RATE, MOMENTUM, BATCH, EPOCHS = 0.1, 0.9, 64, 12


class MLP(nn.Module):
    """Pixels, hidden units, scores. The softmax is in the loss: the scores of the last layer go there as they are."""

    def __init__(self, hidden: int = 128) -> None:
        super().__init__()
        self.fc1 = nn.Linear(64, hidden)
        self.fc2 = nn.Linear(hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 64) gives (N, 10)."""
        return self.fc2(F.relu(self.fc1(x)))


def train(epochs: int = EPOCHS, device: str = "cpu", steps: int | None = None) -> tuple[nn.Module, list[float]]:
    """The model, and the loss of every batch; at most `steps` batches."""
    images, targets, _, _ = digits()
    model = start(MLP(), seed=1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    generator = np.random.default_rng(2)
    losses: list[float] = []
    for _ in range(epochs):
        for rows in batches(len(images), BATCH, generator):
            x, y = torch.tensor(images[rows], device=device), torch.tensor(targets[rows], device=device)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if len(losses) == steps:
                return model, losses
    return model, losses


def accuracy(model: nn.Module, device: str = "cpu") -> float:
    """The share of the test images that the model reads."""
    _, _, images, targets = digits()
    model.eval()
    with torch.no_grad():
        predicted = model(torch.tensor(images, device=device)).argmax(dim=1)
    return (predicted == torch.tensor(targets, device=device)).float().mean().item()


def main() -> None:
    """Train and test."""
    given = options(__doc__, epochs=(EPOCHS, "passes over the 1437 images to train with"))
    began = time.perf_counter()
    model, losses = train(given.epochs, given.device)
    per_epoch = len(losses) // given.epochs
    for epoch in range(given.epochs):
        part = losses[epoch * per_epoch : (epoch + 1) * per_epoch]
        print(f"epoch {epoch + 1:2}   loss {sum(part) / len(part):.4f}")
    print(f"accuracy on 360 other images {accuracy(model, given.device):.4f}, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
