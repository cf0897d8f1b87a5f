"""Linear regression: find w and b of y = w x + b from 64 points, by gradient descent on the mean squared error.

Four times the same steps: written by hand under `no_grad`, by hand through `.data`, with `optim.SGD`, and with a layer
and a loss of `nn`.
"""

from __future__ import annotations

import numpy as np

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional

SLOPE, INTERCEPT = 3.0, -2.0
RATE, EPOCHS = 0.4, 100


def points(device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """64 points of the line, as columns of the shape (64, 1)."""
    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    return torch.tensor(x, device=device), torch.tensor(SLOPE * x + INTERCEPT, device=device)


def beginning(device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """w of the shape (1, 1) and b of the shape (1,), to be learned."""
    w = torch.tensor([[0.5]], device=device, requires_grad=True)
    b = torch.tensor([0.25], device=device, requires_grad=True)
    return w, b


def by_hand(epochs: int = EPOCHS, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """w and b are changed in place where nothing is recorded."""
    (x, y), (w, b) = points(device), beginning(device)
    losses = []
    for _ in range(epochs):
        y_pred = torch.matmul(x, w) + b
        loss = (y - y_pred).pow(2).mean()
        loss.backward()
        with torch.no_grad():
            w -= RATE * w.grad  # `w = w - RATE * w.grad` would make another tensor, which is no leaf
            b -= RATE * b.grad
        # Gradients add up: they are cleared in the loop, after a backward. Before the first one they are None, and
        # w.grad.zero_() is an AttributeError.
        w.grad.zero_()
        b.grad.zero_()
        losses.append(loss.item())
    return w, b, losses


def with_data(epochs: int = EPOCHS, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """The older way: `.data` is the same memory without history. A write there is not noticed by autograd: inside the
    graph of a loss that is still to go backward, it gives wrong gradients without a word."""
    (x, y), (w, b) = points(device), beginning(device)
    losses = []
    for _ in range(epochs):
        loss = (y - (torch.matmul(x, w) + b)).pow(2).mean()
        loss.backward()
        for parameter in (w, b):
            parameter.data -= RATE * parameter.grad.data
            parameter.grad = None
        losses.append(loss.item())
    return w, b, losses


def with_optimizer(epochs: int = EPOCHS, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """The step is the optimizer's."""
    (x, y), (w, b) = points(device), beginning(device)
    optimizer = torch.optim.SGD([w, b], lr=RATE)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()  # leaves None in .grad since PyTorch 2.0, no zeros
        loss = F.mse_loss(torch.matmul(x, w) + b, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return w, b, losses


def with_layer(epochs: int = EPOCHS, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """Parameters are the layer's, too."""
    (x, y), (w, b) = points(device), beginning(device)
    model, criterion = nn.Linear(1, 1).to(device), nn.MSELoss()
    model.load_state_dict({"weight": w.detach(), "bias": b.detach()})
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model.weight, model.bias, losses


def cleared_too_early(device: str = "cpu") -> None:
    """What many notes have: clearing once, before the loop. AttributeError, since there is no gradient yet."""
    w, _ = beginning(device)
    w.grad.data.zero_()


def never_cleared(epochs: int = 3, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """And what becomes of the loop if nothing is cleared inside: each step takes the sum of all gradients so far."""
    (x, y), (w, b) = points(device), beginning(device)
    for _ in range(epochs):
        (y - (torch.matmul(x, w) + b)).pow(2).mean().backward()
        with torch.no_grad():
            w -= RATE * w.grad
            b -= RATE * b.grad
    return w, b


WAYS = {"by hand": by_hand, "with .data": with_data, "with SGD": with_optimizer, "with a layer": with_layer}


def main() -> None:
    """Learn the line four times."""
    given = options(__doc__, epochs=(EPOCHS, "steps of gradient descent, each over all points"))
    print(f"to be found: w = {SLOPE}, b = {INTERCEPT}")
    for name, way in WAYS.items():
        w, b, losses = way(given.epochs, given.device)
        curve = f"loss {losses[0]:.4f} → {losses[-1]:.3g}"
        print(f"{name:13} {curve}   w = {w.item():.6f}   b = {b.item():.6f}")
    try:
        cleared_too_early(given.device)
    except AttributeError as error:
        print(f"clearing before the first backward: {type(error).__name__}: {error}")
    w, b = never_cleared(3, given.device)
    print(f"three steps without clearing: w = {w.item():.4f}, b = {b.item():.4f}: past the goal")


if __name__ == "__main__":
    main()
