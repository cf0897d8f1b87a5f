"""A small convolutional network reads handwritten digits.

Two convolutions, each followed by a ReLU and a pooling that halves the image, and one layer of scores. Images are
(N, C, H, W): the batch first, then the channels, also where a text says width, height, channel, batch.
"""

from __future__ import annotations

import time

import numpy as np
from digits import digits
from start import batches, start

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional

RATE, MOMENTUM, BATCH, EPOCHS = 0.05, 0.9, 64, 8


class CNN(nn.Module):
    """(N, 1, 8, 8) → (N, 16, 4, 4) → (N, 32, 2, 2) → (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.fc = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores for each digit."""
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(start_dim=1))


def train(epochs: int = EPOCHS, device: str = "cpu", steps: int | None = None) -> tuple[nn.Module, list[float]]:
    """The model, and the loss of every batch; at most `steps` batches."""
    images, targets, _, _ = digits()
    model = start(CNN(), seed=1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    generator = np.random.default_rng(2)
    losses: list[float] = []
    for _ in range(epochs):
        for rows in batches(len(images), BATCH, generator):
            x = torch.tensor(images[rows], device=device).view(-1, 1, 8, 8)
            y = torch.tensor(targets[rows], device=device)
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
    model.eval()  # changes nothing here: it is for dropout and batch normalisation. It does not switch gradients off
    with torch.no_grad():
        predicted = model(torch.tensor(images, device=device).view(-1, 1, 8, 8)).argmax(dim=1)
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
