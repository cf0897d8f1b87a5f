"""A generative adversarial network: a generator of points learns to hit a cloud that it never sees.

The discriminator scores points, true ones high and generated ones low; the generator wants its points scored high.
What notes leave out about the order of the calls is here, each as a function of its own. (Goodfellow et al. 2014.)
"""

from __future__ import annotations

import numpy as np
from start import start

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional

NOISE, POINTS, RATE = 2, 64, 0.05


def networks(device: str = "cpu") -> tuple[nn.Module, nn.Module]:
    """Generator (N, 2) → (N, 2), and discriminator (N, 2) → (N, 1)."""
    generator = nn.Sequential(nn.Linear(NOISE, 16), nn.ReLU(), nn.Linear(16, 2))
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return start(generator, seed=1).to(device), start(discriminator, seed=2).to(device)


def draw(generator: np.random.Generator, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """True points, around (2, -1), and noise to generate others from."""
    real = np.array([2.0, -1.0]) + 0.3 * generator.standard_normal((POINTS, 2))
    noise = generator.standard_normal((POINTS, NOISE))
    return tuple(torch.tensor(array, dtype=torch.float32, device=device) for array in (real, noise))


def called(scores: torch.Tensor, value: float) -> torch.Tensor:
    """The loss if the points are to be called true (1) or generated (0)."""
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, value))


def both_losses(g: nn.Module, d: nn.Module, real: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The losses of generator and discriminator over one graph: the scores of the generated points are in both."""
    scores = d(g(noise))
    return called(scores, 1.0), called(d(real), 1.0) + called(scores, 0.0)


def one_optimizer(g: nn.Module, d: nn.Module) -> torch.optim.Optimizer:
    """Both networks as two groups of parameters; a group may have a rate of its own."""
    return torch.optim.SGD([{"params": g.parameters()}, {"params": d.parameters()}], lr=RATE)


def step_of_the_notes(g: nn.Module, d: nn.Module, real: torch.Tensor, noise: torch.Tensor) -> None:
    """The order that notes have: both backward, then one step.

    `retain_graph=True` keeps what the second backward needs. Nothing may be updated between the two. And each network
    gets the gradients of BOTH losses, which pull in opposite directions: it runs, and it does not learn.
    """
    optimizer = one_optimizer(g, d)
    loss_g, loss_d = both_losses(g, d, real, noise)
    optimizer.zero_grad()
    loss_g.backward(retain_graph=True)
    loss_d.backward()
    optimizer.step()


def graph_not_retained(g: nn.Module, d: nn.Module, real: torch.Tensor, noise: torch.Tensor) -> None:
    """RuntimeError: Trying to backward through the graph a second time."""
    loss_g, loss_d = both_losses(g, d, real, noise)
    loss_g.backward()
    loss_d.backward()


def step_in_between(g: nn.Module, d: nn.Module, real: torch.Tensor, noise: torch.Tensor) -> None:
    """RuntimeError: a variable needed for gradient computation has been modified by an inplace operation. The step
    writes into weights whose old values the second backward needs."""
    optimizer = one_optimizer(g, d)
    loss_g, loss_d = both_losses(g, d, real, noise)
    optimizer.zero_grad()
    loss_g.backward(retain_graph=True)
    optimizer.step()
    loss_d.backward()


def discriminator_loss(g: nn.Module, d: nn.Module, real: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """The loss of the discriminator alone: behind `detach` the generator is not seen, and gets no gradient."""
    return called(d(real), 1.0) + called(d(g(noise).detach()), 0.0)


def train_with_one(steps: int, device: str = "cpu") -> tuple[nn.Module, nn.Module]:
    """One optimizer with two groups. What the generator's loss leaves in the discriminator is thrown away."""
    g, d = networks(device)
    optimizer, numbers = one_optimizer(g, d), np.random.default_rng(11)
    for _ in range(steps):
        real, noise = draw(numbers, device)
        optimizer.zero_grad()
        called(d(g(noise)), 1.0).backward()
        d.zero_grad()
        discriminator_loss(g, d, real, noise).backward()
        optimizer.step()
    return g, d


def train_with_two(steps: int, device: str = "cpu") -> tuple[nn.Module, nn.Module]:
    """Two optimizers, and both losses worked out before either takes its step: the same training."""
    g, d = networks(device)
    optimizer_g = torch.optim.SGD(g.parameters(), lr=RATE)
    optimizer_d = torch.optim.SGD(d.parameters(), lr=RATE)
    numbers = np.random.default_rng(11)
    for _ in range(steps):
        real, noise = draw(numbers, device)
        optimizer_g.zero_grad()
        called(d(g(noise)), 1.0).backward()
        optimizer_d.zero_grad()  # after the generator's backward, which went through the discriminator
        discriminator_loss(g, d, real, noise).backward()
        optimizer_g.step()
        optimizer_d.step()
    return g, d


def distance(g: nn.Module, device: str = "cpu") -> float:
    """How far the mean of generated points lies from (2, -1)."""
    _, noise = draw(np.random.default_rng(12), device)
    points = g(noise).detach()  # without `detach`, .numpy() refuses a tensor that requires grad
    return float(np.linalg.norm(points.mean(dim=0).cpu().numpy() - np.array([2.0, -1.0])))


def main() -> None:
    """Show the two errors, then train both ways."""
    given = options(__doc__, steps=(120, "steps of training"))
    for wrong in (graph_not_retained, step_in_between):
        try:
            wrong(*networks(given.device), *draw(np.random.default_rng(11), given.device))
        except RuntimeError as error:
            print(f"{wrong.__name__}: RuntimeError: {str(error).splitlines()[0][:120]}…")
    print(
        f"before training the points lie {distance(networks(given.device)[0], given.device):.3f} from where they belong"
    )
    for name, train in (("one optimizer", train_with_one), ("two optimizers", train_with_two)):
        g, _ = train(given.steps, given.device)
        print(f"{name:14} after {given.steps} steps: {distance(g, given.device):.3f}")


if __name__ == "__main__":
    main()
