"""A network of two layers, trained six times with the same steps, each time with more of the work left to the library.

y = relu(x w1) w2, without biases; the loss is the sum of the squared differences to 5 targets for each of 32 rows. In
NumPy and with tensors the gradients are worked out on paper; then autograd finds them; then a ReLU of our own says how
its gradient is computed; at last layers, loss and optimizer are the library's. The curves of the loss are the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.program import options, torch

nn = torch.nn

ROWS, INPUTS, HIDDEN, OUTPUTS = 32, 40, 20, 5
RATE, STEPS = 5e-5, 60


def beginning() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Inputs (32, 40), targets (32, 5), weights (40, 20) and (20, 5), in float32."""
    generator = np.random.default_rng(7)
    shapes = (ROWS, INPUTS), (ROWS, OUTPUTS), (INPUTS, HIDDEN), (HIDDEN, OUTPUTS)
    x, y, w1, w2 = (generator.standard_normal(shape).astype(np.float32) for shape in shapes)
    return x, y, w1, w2


def in_numpy(steps: int = STEPS, device: str = "cpu") -> list[float]:
    """NumPy knows nothing of graphs or gradients, and nothing of devices."""
    x, y, w1, w2 = beginning()
    losses = []
    for _ in range(steps):
        h = x.dot(w1)
        h_relu = np.maximum(h, 0)
        y_pred = h_relu.dot(w2)
        losses.append(float(np.square(y_pred - y).sum()))

        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h_relu.T.dot(grad_y_pred)
        grad_h = grad_y_pred.dot(w2.T)
        grad_h[h < 0] = 0
        grad_w1 = x.T.dot(grad_h)

        w1 -= RATE * grad_w1
        w2 -= RATE * grad_w2
    return losses


def with_tensors(steps: int = STEPS, device: str = "cpu") -> list[float]:
    """The same on any device. `mm` takes two matrices and nothing else: `matmul` and `@` take batches and vectors."""
    x, y, w1, w2 = (torch.tensor(array, device=device) for array in beginning())
    losses = []
    for _ in range(steps):
        h = x.mm(w1)
        h_relu = h.clamp(min=0)
        y_pred = h_relu.mm(w2)
        losses.append((y_pred - y).pow(2).sum().item())

        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h_relu.t().mm(grad_y_pred)
        grad_h = grad_y_pred.mm(w2.t())
        grad_h[h < 0] = 0
        grad_w1 = x.t().mm(grad_h)

        w1 -= RATE * grad_w1
        w2 -= RATE * grad_w2
    return losses


def with_autograd(steps: int = STEPS, device: str = "cpu") -> list[float]:
    """Only the way forward is written."""
    x, y, w1, w2 = (torch.tensor(array, device=device) for array in beginning())
    w1.requires_grad_()
    w2.requires_grad_()
    losses = []
    for _ in range(steps):
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w1 -= RATE * w1.grad
            w2 -= RATE * w2.grad
            w1.grad = w2.grad = None
        losses.append(loss.item())
    return losses


class MyReLU(torch.autograd.Function):
    """An operation of our own. Its methods are static, and it is called through `apply`: older texts make an instance
    and call that, which is a RuntimeError today."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """The positive part; what backward needs is saved."""
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> torch.Tensor:
        """Nothing passes where the input was negative. At zero it does; the library's ReLU stops it there."""
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[x < 0] = 0
        return grad_input


def with_function(steps: int = STEPS, device: str = "cpu") -> list[float]:
    """autograd calls our backward in its turn."""
    x, y, w1, w2 = (torch.tensor(array, device=device) for array in beginning())
    w1.requires_grad_()
    w2.requires_grad_()
    losses = []
    for _ in range(steps):
        loss = (MyReLU.apply(x.mm(w1)).mm(w2) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for w in (w1, w2):
                w -= RATE * w.grad
                w.grad = None
        losses.append(loss.item())
    return losses


def model_and_data(device: str) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """Two layers with the weights of the others. A layer's weight has the shape (outputs, inputs): transposed."""
    x, y, w1, w2 = beginning()
    layers = nn.Linear(INPUTS, HIDDEN, bias=False), nn.ReLU(), nn.Linear(HIDDEN, OUTPUTS, bias=False)
    model = nn.Sequential(*layers).to(device)
    model.load_state_dict({"0.weight": torch.tensor(w1.T.copy()), "2.weight": torch.tensor(w2.T.copy())})
    return model, torch.tensor(x, device=device), torch.tensor(y, device=device)


def with_nn(steps: int = STEPS, device: str = "cpu") -> list[float]:
    """Modules hold the parameters."""
    model, x, y = model_and_data(device)
    loss_fn = nn.MSELoss(reduction="sum")
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= RATE * parameter.grad
        losses.append(loss.item())
    return losses


def with_optim(steps: int = STEPS, device: str = "cpu") -> list[float]:
    """And an optimizer takes the steps."""
    model, x, y = model_and_data(device)
    loss_fn = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


WAYS = {
    "NumPy": in_numpy,
    "tensors": with_tensors,
    "autograd": with_autograd,
    "own Function": with_function,
    "nn": with_nn,
    "nn and optim": with_optim,
}


def main() -> None:
    """Train all, and hold each curve against the first."""
    given = options(__doc__, steps=(STEPS, "steps of gradient descent"))
    first = np.array(in_numpy(given.steps))
    for name, way in WAYS.items():
        losses = np.array(way(given.steps, given.device))
        apart = np.abs(losses / first - 1).max()
        print(f"{name:13} loss {losses[0]:.2f} → {losses[-1]:.4f}   at most {apart:.1e} from NumPy's curve")


if __name__ == "__main__":
    main()
