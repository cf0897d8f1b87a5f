"""DoubleConv, the block that a U-Net is built of, with an error that many have met, and its cure.

Two convolutions, each with batch normalisation and a ReLU. The second one gets what the first one gives: its number of
input channels is the first one's number of output channels. (Ronneberger et al. 2015, U-Net.)
"""

from __future__ import annotations

import numpy as np
from start import start

from conformance.program import options, torch

nn = torch.nn


class WrongDoubleConv(nn.Module):
    """The second convolution is told the number of channels that the first one is told."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, out_channels, 3),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """RuntimeError: the second convolution gets `out_channels` channels."""
        return self.conv(x)


class DoubleConv(nn.Module):
    """(N, in_channels, H, W) → (N, out_channels, H - 4, W - 4): a convolution of 3 by 3 takes a pixel from each side.

    The ReLU may write in place, because batch normalisation does not need its own result on the way back.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Both convolutions."""
        return self.conv(x)


def picture(batch: int, side: int, device: str = "cpu") -> torch.Tensor:
    """Random pictures of three channels."""
    values = np.random.default_rng(6).standard_normal((batch, 3, side, side))
    return torch.tensor(values, dtype=torch.float32, device=device)


def train(steps: int, device: str = "cpu") -> tuple[nn.Module, list[float]]:
    """Learn to give the mean of the three channels in each of four; the losses."""
    block = start(DoubleConv(3, 4), seed=1).to(device)
    x = picture(2, 12, device)
    target = x.mean(dim=1, keepdim=True)[:, :, 2:-2, 2:-2].relu()
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (block(x) - target).pow(2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return block, losses


def main() -> None:
    """Meet the error, then the cure."""
    given = options(__doc__, side=(160, "height and width of the pictures"), steps=(20, "steps of training"))
    x = picture(4, given.side, given.device)
    try:
        WrongDoubleConv(3, 64).to(given.device)(x)
    except RuntimeError as error:
        # Older versions wrote the weight's size without brackets and commas: 64 3 3 3.
        print(f"RuntimeError: {error}")
    print(f"{tuple(x.shape)} → {tuple(DoubleConv(3, 64).to(given.device)(x).shape)}")
    _, losses = train(given.steps, given.device)
    print(f"loss {losses[0]:.4f} → {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
