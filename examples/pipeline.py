"""From a dataset to a saved model: Dataset, DataLoader, training, a schedule, evaluation, saving, loading, going on.

The model reads handwritten digits. Its state goes into a file and comes back into a new model, which predicts the same;
a checkpoint with the state of the optimizer and of the schedule too goes on as if nothing had happened.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from digits import digits
from start import start

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional
data = torch.utils.data


class Digits(data.Dataset):
    """The images to train with. A dataset knows its length, and gives one sample for an index."""

    def __init__(self) -> None:
        self.images, self.targets, _, _ = digits()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """An image (64,) and its digit; the loader makes batches of them: (N, 64) and int64 (N,)."""
        return torch.tensor(self.images[index], device="cpu"), int(self.targets[index])


def test_set() -> data.Dataset:
    """The images to test with, as tensors."""
    _, _, images, targets = digits()
    return data.TensorDataset(torch.tensor(images, device="cpu"), torch.tensor(targets, device="cpu"))


def loader_of(dataset: data.Dataset, shuffle: bool, seed: int = 0, workers: int = 0) -> data.DataLoader:
    """Batches of 64. The generator makes the order of an epoch repeatable; workers are processes, no threads, and 0
    means that the batches are made here."""
    order = torch.Generator("cpu").manual_seed(seed)
    return data.DataLoader(dataset, batch_size=64, shuffle=shuffle, generator=order, num_workers=workers)


def built(device: str) -> tuple[nn.Module, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Model, optimizer, and a schedule that halves the rate every four epochs.

    The model is moved first, the advice of all tutorials; but a parameter stays the same object when its module moves,
    so that an optimizer made before would go on working. Only state that it has already gathered stays behind.
    """
    model = start(nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)), seed=1).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5)


def train_epoch(model: nn.Module, optimizer: torch.optim.Optimizer, loader: data.DataLoader, device: str) -> float:
    """One pass over the data; the mean of the losses."""
    model.train()
    total, rows = 0.0, 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        rows += len(x)
    return total / rows


def predict(model: nn.Module, device: str = "cpu") -> torch.Tensor:
    """The scores of the test images, on the CPU: (360, 10)."""
    model.eval()
    with torch.no_grad():
        scores = [model(x.to(device)).to("cpu") for x, _ in loader_of(test_set(), shuffle=False)]
    return torch.cat(scores)


def accuracy(scores: torch.Tensor) -> float:
    """The share of right answers."""
    _, targets = test_set().tensors
    return (scores.argmax(dim=1) == targets).float().mean().item()


def train(epochs: int, device: str = "cpu", workers: int = 0) -> tuple[nn.Module, list[float]]:
    """The model and the loss of each epoch."""
    model, optimizer, schedule = built(device)
    losses = []
    for epoch in range(epochs):
        loader = loader_of(Digits(), shuffle=True, seed=epoch, workers=workers)
        losses.append(train_epoch(model, optimizer, loader, device))
        schedule.step()
    return model, losses


def saved_and_loaded(model: nn.Module, path: Path, device: str = "cpu") -> nn.Module:
    """A new model with the state of `model`, which went through the file `path`."""
    torch.save(model.state_dict(), path)
    again, _, _ = built(device)
    again.load_state_dict(torch.load(path, map_location=device))
    return again


def interrupted(epochs: int, stop: int, path: Path, device: str = "cpu") -> tuple[nn.Module, list[float]]:
    """`train`, which ends after `stop` epochs and goes on from a checkpoint, all objects being made anew."""
    model, optimizer, schedule = built(device)
    losses = []
    for epoch in range(epochs):
        if epoch == stop:
            parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
            torch.save({name: part.state_dict() for name, part in parts.items()}, path)
            model, optimizer, schedule = built(device)
            found = torch.load(path, map_location=device)
            for name, part in (("model", model), ("optimizer", optimizer), ("schedule", schedule)):
                part.load_state_dict(found[name])
        losses.append(train_epoch(model, optimizer, loader_of(Digits(), shuffle=True, seed=epoch), device))
        schedule.step()
    return model, losses


def main() -> None:
    """Train, save, load, and train with an interruption."""
    given = options(__doc__, epochs=(8, "passes over the data"), workers=(0, "processes that make the batches"))
    model, losses = train(given.epochs, given.device, given.workers)
    for epoch, loss in enumerate(losses, start=1):
        print(f"epoch {epoch:2}   loss {loss:.4f}")
    scores = predict(model, given.device)
    print(f"accuracy on 360 other images {accuracy(scores):.4f}")
    with tempfile.TemporaryDirectory() as folder:
        again = saved_and_loaded(model, Path(folder) / "model.pt", given.device)
        print(f"loaded from a file: the same scores: {torch.equal(predict(again, given.device), scores)}")
        other, _ = interrupted(given.epochs, given.epochs // 2, Path(folder) / "checkpoint.pt", given.device)
        print(f"interrupted and resumed: the same scores: {torch.equal(predict(other, given.device), scores)}")


if __name__ == "__main__":
    main()
