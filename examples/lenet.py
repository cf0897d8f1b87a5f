"""LeNet, as the 60-minute introduction to PyTorch has it, in both forms that are about: with kernels of 5 and of 3.

It is built, printed and asked for its parameters; then one image of random numbers goes through it, a loss comes back,
and a step of SGD lowers that loss. (LeCun et al. 1998, Gradient-based learning applied to document recognition.)
"""

from __future__ import annotations

import numpy as np
from start import start

from conformance.program import options, torch

nn, F, optim = torch.nn, torch.nn.functional, torch.optim


class Net(nn.Module):
    """Images (N, 1, 32, 32) to scores (N, 10). Two convolutions and poolings leave 16 channels of 5 by 5 pixels where
    kernels have the size 5 (32 → 28 → 14 → 10 → 5), of 6 by 6 where they have the size 3 (32 → 30 → 15 → 13 → 6)."""

    def __init__(self, kernel: int = 5) -> None:
        super().__init__()  # super.__init__() without the parentheses is a TypeError
        side = {5: 5, 3: 6}[kernel]
        self.conv1 = nn.Conv2d(1, 6, kernel)
        self.conv2 = nn.Conv2d(6, 16, kernel)
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Convolutions, poolings, and three layers."""
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # a square window can be one number
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def num_flat_features(self, x: torch.Tensor) -> int:
        """Elements of one row of the batch: all dimensions but the first."""
        return int(np.prod(x.size()[1:]))


def image(batch: int = 1, device: str = "cpu") -> torch.Tensor:
    """Random numbers of the shape (N, 1, 32, 32)."""
    values = np.random.default_rng(4).standard_normal((batch, 1, 32, 32))
    return torch.tensor(values, dtype=torch.float32, device=device)


def fill_gradients(net: nn.Module, x: torch.Tensor) -> list[torch.Tensor | None]:
    """conv1.bias.grad before the first backward, after one, after zero_grad.

    Older texts show zeros before and after. It is None both times: before the first backward there is no gradient, and
    since PyTorch 2.0 zero_grad takes the gradients away (`zero_grad(set_to_none=False)` fills them with zeros).
    """
    found = [net.conv1.bias.grad]
    out = net(x)
    weights = np.random.default_rng(5).standard_normal(tuple(out.shape))
    out.backward(torch.tensor(weights, dtype=torch.float32, device=out.device))
    found.append(net.conv1.bias.grad)
    net.zero_grad()
    return [*found, net.conv1.bias.grad]


def train_step(net: nn.Module, x: torch.Tensor) -> tuple[float, float]:
    """The loss before and after one step of SGD."""
    target = torch.tensor(np.linspace(-1, 1, 10), dtype=torch.float32, device=x.device)
    target = target.view(1, -1)  # the shape of the output: (10,) against (1, 10) broadcasts, and warns
    criterion = nn.MSELoss()
    optimizer = optim.SGD(net.parameters(), lr=0.001)
    optimizer.zero_grad()
    loss = criterion(net(x), target)
    loss.backward()
    optimizer.step()
    return loss.item(), criterion(net(x), target).item()


def main() -> None:
    """Build, print and train both forms."""
    given = options(__doc__, batch=(1, "images at a time"))
    for kernel in (5, 3):
        net = start(Net(kernel), seed=1).to(given.device)
        print(net)
        parameters = list(net.parameters())
        print(f"{len(parameters)} parameters, the first of the shape {tuple(parameters[0].size())}")
        before, between, after = fill_gradients(net, image(given.batch, given.device))
        print(f"conv1.bias.grad\n  before backward  {before}\n  after backward   {between}\n  after zero_grad  {after}")
        first, second = train_step(net, image(1, given.device))
        print(f"loss {first:.4f}, after one step {second:.4f}\n")
    x = image(1, given.device)
    print(f"one image without a batch: conv1 gives {tuple(net.conv1(x[0]).shape)}, the network does not take it:")
    try:
        net(x[0])
    except RuntimeError as error:
        print(f"  RuntimeError: {error}\n  net(image.unsqueeze(0)) gives {tuple(net(x[0].unsqueeze(0)).shape)}")


if __name__ == "__main__":
    main()
