"""First gradients: what `backward` leaves in `.grad`, for four small formulas and a loop.

autograd writes down what is computed and walks back through it. Every call builds its graph anew, so that Python's own
`while` and `if` may decide what it is.
"""

from __future__ import annotations

from conformance.program import options, torch


def line() -> tuple[torch.Tensor, torch.Tensor]:
    """z = mean(2 t + 5) of four elements: dz/dt is 2/4 everywhere, whatever t is."""
    t = torch.rand(2, 2, requires_grad=True)
    y = 2 * t + 5  # y.grad_fn is an AddBackward0; older texts have no 0 there
    z = y.mean()
    z.backward()
    return t, z


def square() -> tuple[torch.Tensor, torch.Tensor]:
    """out = mean(3 (x + 2)²) at x = 1: the value is 27 and the gradient 6 (x + 2) / 4 = 4.5."""
    x = torch.ones(2, 2, requires_grad=True)
    y = x + 2
    z = y * y * 3
    out = z.mean()
    out.backward()  # the same as out.backward(torch.tensor(1.0))
    return x, out


def dot() -> tuple[torch.Tensor, torch.Tensor]:
    """y = 2 x·x: the gradient is 4 x."""
    x = torch.arange(4.0, requires_grad=True)
    y = 2 * torch.dot(x, x)
    y.backward()
    return x, y


def three_passes() -> list[torch.Tensor]:
    """The gradients of x·x·2, then of sum(x) on top of it, then of sum(x) alone after clearing."""
    x = torch.arange(4.0, requires_grad=True)
    # x.grad.zero_() here is an AttributeError: .grad is None until the first backward
    found = []
    (2 * torch.dot(x, x)).backward()
    found.append(x.grad.clone())
    x.sum().backward()  # adds to what is there
    found.append(x.grad.clone())
    x.grad.zero_()
    x.sum().backward()
    found.append(x.grad.clone())
    return found


def detached() -> tuple[torch.Tensor, torch.Tensor]:
    """z = u x, where u = x² is taken as a constant: the gradient is u, not 3 x²."""
    x = torch.arange(4.0, requires_grad=True)
    y = x * x
    u = y.detach()
    (u * x).sum().backward()
    return x, u


def doubled(a: torch.Tensor) -> torch.Tensor:
    """A program with a loop and a branch; for every a it is a constant times a."""
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    return b if b.sum() > 0 else 100 * b


def control_flow(value: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient of `doubled` at a: the constant.

    Textbooks print `a.grad == d / a`. That is true of real numbers and false of about 6 % of random float32 ones,
    because 100 * b is rounded: compare with `torch.allclose`.
    """
    a = torch.tensor(value, requires_grad=True)
    d = doubled(a)
    d.backward()
    return a, d


def main() -> None:
    """Print them all."""
    given = options(__doc__)
    torch.set_default_device(given.device)
    t, z = line()
    print(f"z = mean(2 t + 5) = {z.item():.4f}   t.grad = {t.grad.tolist()}")
    x, out = square()
    print(f"out = mean(3 (x + 2)²) = {out.item()}   x.grad = {x.grad.tolist()}")
    x, y = dot()
    print(f"y = 2 x·x = {y.item()}   x.grad = {x.grad.tolist()}   is 4 x: {(x.grad == 4 * x).tolist()}")
    print("gradients add up until they are cleared:", *[grad.tolist() for grad in three_passes()])
    x, u = detached()
    print(f"detached: x.grad = {x.grad.tolist()}   u = {u.tolist()}")
    for value in (0.7, -0.3):
        a, d = control_flow(value)
        print(f"a = {a.item():.4f}   d = {d.item():.4f}   a.grad = {a.grad.item()}   d / a = {(d / a).item()}")


if __name__ == "__main__":
    main()
