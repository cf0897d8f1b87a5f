"""A small residual network: the eighteen layers of ResNet-18, an eighth as wide.

Every block adds its input to what two convolutions make of it, so that gradients have a short way back. Where a block
halves the picture and doubles the channels, a convolution of 1 by 1 does the same to the input.
(He et al. 2016, Deep residual learning for image recognition.)
"""

from __future__ import annotations

import numpy as np
from start import start

from conformance.program import options, torch

nn, F = torch.nn, torch.nn.functional


class BasicBlock(nn.Module):
    """Two convolutions of 3 by 3 around which the input goes."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or in_channels != channels:
            shortcut = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """relu(F(x) + x)."""
        identity = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += identity
        return F.relu(out)


class ResNet(nn.Module):
    """Pictures (N, 3, H, W) to scores (N, classes): four stages of two blocks each."""

    def __init__(self, width: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        stages, channels = [], width
        for stage in range(4):
            wide, stride = width * 2**stage, 1 if stage == 0 else 2
            stages.append(nn.Sequential(BasicBlock(channels, wide, stride), BasicBlock(wide, wide, 1)))
            channels = wide
        self.stages = nn.Sequential(*stages)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A convolution, the blocks, the mean of each channel, the scores."""
        x = self.stages(F.relu(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def pictures(batch: int, side: int, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """Random pictures and classes: nothing to be learned but by heart."""
    generator = np.random.default_rng(8)
    x = torch.tensor(generator.standard_normal((batch, 3, side, side)), dtype=torch.float32, device=device)
    return x, torch.tensor(generator.integers(0, 10, batch), device=device)


def train(net: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int) -> list[float]:
    """Losses of some steps on one batch."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    net.train()
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main() -> None:
    """Learn one batch by heart, and evaluate it."""
    given = options(__doc__, steps=(10, "steps of training"), side=(32, "height and width of the pictures"))
    net = start(ResNet(), seed=1).to(given.device)
    parameters = list(net.parameters())
    print(f"{len(parameters)} parameters with {sum(p.numel() for p in parameters)} elements")
    x, y = pictures(16, given.side, given.device)
    for step, loss in enumerate(train(net, x, y, given.steps), start=1):
        print(f"step {step:2}   loss {loss:.4f}")
    net.eval()  # batch normalisation takes its running statistics from here on: a picture's scores are its own
    with torch.no_grad():
        together, alone = net(x)[:1], net(x[:1])
    print(f"the first picture in a batch and alone: scores at most {(together - alone).abs().max().item():.1e} apart")


if __name__ == "__main__":
    main()
