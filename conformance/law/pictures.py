"""Networks that look at pictures: LeNet, a block of a U-Net, a residual network."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.law.program import arrays, match, opened, slope

LENET = """Net(
  (conv1): Conv2d(1, 6, kernel_size=({0}, {0}), stride=(1, 1))
  (conv2): Conv2d(6, 16, kernel_size=({0}, {0}), stride=(1, 1))
  (fc1): Linear(in_features={1}, out_features=120, bias=True)
  (fc2): Linear(in_features=120, out_features=84, bias=True)
  (fc3): Linear(in_features=84, out_features=10, bias=True)
)"""


def lenet(trial: Trial, kernel: int, device: str) -> tuple[Any, Any]:
    """The program and the network with its starting weights."""
    program = opened(trial, "lenet")
    return program, program.start(program.Net(kernel), seed=1).to(device)


def lenet_text(trial: Trial, kernel: int, side: int) -> None:
    """Character by character."""
    with trial.case(f"Net({kernel})", call=f"repr(Net({kernel}))") as case:
        case.equal("text", repr(opened(trial, "lenet").Net(kernel)), LENET.format(kernel, 16 * side * side))


def lenet_parameters(trial: Trial, kernel: int, side: int) -> None:
    """Names, shapes and starting flags."""
    shapes = {
        "conv1": (6, 1, kernel, kernel),
        "conv2": (16, 6, kernel, kernel),
        "fc1": (120, 16 * side * side),
        "fc2": (84, 120),
        "fc3": (10, 84),
    }
    want = [(f"{name}.{part}", shape[: 4 if part == "weight" else 1])
            for name, shape in shapes.items() for part in ("weight", "bias")]  # fmt: skip
    with trial.case(f"Net({kernel})", call=f"Net({kernel}).named_parameters()") as case:
        net = opened(trial, "lenet").Net(kernel)
        case.equal("parameters", [(name, tuple(value.shape)) for name, value in net.named_parameters()], want)
        case.equal("requires_grad", [value.requires_grad for value in net.parameters()], [True] * 10)


def lenet_shape(trial: Trial, kernel: int, device: str) -> None:
    """Three images together and one by one."""
    with trial.case(f"Net({kernel})", call=f"Net({kernel})(x)", inputs="x: (3, 1, 32, 32)") as case:
        program, net = lenet(trial, kernel, device)
        x = program.image(3, device)
        together = net(x)
        case.equal("shape", tuple(together.shape), (3, 10))
        alone = np.concatenate([trial.read(net(x[i : i + 1]).detach()) for i in range(3)])
        case.within(together.detach(), alone, 1e-4, 1e-5)
        case.holds("scores", bool(alone.std() > 0.1), "scores that differ", str(alone[0]))


def lenet_grad(trial: Trial, kernel: int, device: str) -> None:
    """All ten afterwards, and the gradient that was taken away lives on."""
    with trial.case(f"Net({kernel})", call="fill_gradients(net, image())") as case:
        program, net = lenet(trial, kernel, device)
        before, between, after = program.fill_gradients(net, program.image(1, device))
        case.equal("before backward", before, None)
        case.equal("after backward", tuple(between.shape), (6,))
        case.holds("gradient", bool(trial.read(between).all()), "no zeros", str(trial.read(between)))
        case.equal("after zero_grad", after, None)
        case.equal("all after zero_grad", [parameter.grad for parameter in net.parameters()], [None] * 10)


def lenet_gradient(trial: Trial, kernel: int, device: str) -> None:
    """Two images, weighted scores."""
    with trial.case(f"Net({kernel})", call="(net(x) * w).sum().backward()", inputs="x: (2, 1, 32, 32)") as case:
        program, net = lenet(trial, kernel, device)
        net, x = net.double(), program.image(2, device).double()
        weights = x.new_tensor(np.linspace(-1, 2, 20).reshape(2, 10).tolist())
        slope(case, net, lambda: (net(x) * weights).sum())


def lenet_step(trial: Trial, kernel: int, device: str) -> None:
    """The gradients are those that the step leaves."""
    with trial.case(f"Net({kernel})", call="train_step(net, image())") as case:
        program, net = lenet(trial, kernel, device)
        before = arrays(trial, net)
        first, second = program.train_step(net, program.image(1, device))
        case.holds("loss", second < first, f"below {first}", str(second))
        grads = [trial.read(parameter.grad).astype(float) for parameter in net.parameters()]
        match(case, net, [value - 0.001 * grad for value, grad in zip(before, grads, strict=True)], 1e-6, "parameter")


def lenet_unbatched(trial: Trial, device: str) -> None:
    """The seed of the trouble: `x.size()[1:]` of 16 by 5 by 5."""
    with trial.case("net(x)", inputs="x: (1, 32, 32)") as case:
        program, net = lenet(trial, 5, device)
        x = program.image(1, device)[0]
        case.equal("shape after conv1", tuple(net.conv1(x).shape), (6, 28, 28))
        with case.raises("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (16x25 and 400x120)"):
            net(x)
        case.equal("shape with unsqueeze", tuple(net(x.unsqueeze(0)).shape), (1, 10))


def lenet_mismatch(trial: Trial, device: str) -> None:
    """28, 24, 12, 8, 4."""
    with trial.case("net(x)", inputs="x: (1, 1, 28, 28)") as case:
        program, net = lenet(trial, 5, device)
        x = program.image(1, device)
        with case.raises("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (1x256 and 400x120)"):
            net(x[:, :, 2:-2, 2:-2])
        case.equal("shape of 32 by 32", tuple(net(x).shape), (1, 10))


def lenet_dimensions(trial: Trial, device: str) -> None:
    """Height and width alone."""
    with trial.case("net(x)", inputs="x: (32, 32)") as case:
        program, net = lenet(trial, 5, device)
        x = program.image(1, device)
        words = "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [32, 32]"
        with case.raises("RuntimeError", words):
            net(x[0, 0])
        case.equal("shape with both", tuple(net(x[0, 0].view(1, 1, 32, 32)).shape), (1, 10))


def unet_mismatch(trial: Trial, device: str) -> None:
    """The sizes of the message that made the rounds, and smaller ones."""
    for side, channels in ((12, 5),) if trial.quick else ((12, 5), (160, 64)):
        with trial.case(
            f"{side}", call=f"WrongDoubleConv(3, {channels})(x)", inputs=f"x: (4, 3, {side}, {side})"
        ) as case:
            program = opened(trial, "unet_block")
            block = program.WrongDoubleConv(3, channels).to(device)
            words = (
                f"Given groups=1, weight of size [{channels}, 3, 3, 3], expected input[4, {channels}, {side - 2}, "
                f"{side - 2}] to have 3 channels, but got {channels} channels instead"
            )
            with case.raises("RuntimeError", words):
                block(program.picture(4, side, device))
            counted = [int(trial.read(block.conv[index].num_batches_tracked)) for index in (1, 4)]
            case.equal("batches counted", counted, [1, 0])


def unet_shape(trial: Trial, device: str) -> None:
    """Twelve, ten, eight."""
    with trial.case("DoubleConv(3, 5)(x)", inputs="x: (2, 3, 12, 12)") as case:
        program = opened(trial, "unet_block")
        block = program.DoubleConv(3, 5).to(device)
        x = program.picture(2, 12, device)
        case.equal("shape between", tuple(block.conv[:3](x).shape), (2, 5, 10, 10))
        y = block(x)
        case.equal("shape", tuple(y.shape), (2, 5, 8, 8))
        case.holds("values", bool(trial.read(y.detach()).min() == 0), "none below zero, and zeros", "others")


def unet_gradient(trial: Trial, device: str) -> None:
    """The biases before a normalisation do not count."""
    with trial.case("DoubleConv(3, 4)(x)", inputs="x: (2, 3, 8, 8)") as case:
        program = opened(trial, "unet_block")
        block = program.start(program.DoubleConv(3, 4), seed=1).to(device).double()
        x = program.picture(2, 8, device).double()
        weights = x.new_tensor(np.linspace(-1, 2, 2 * 4 * 16).reshape(2, 4, 4, 4).tolist())
        slope(case, block, lambda: (block(x) * weights).sum(), every=False)
        case.holds("gradient of the first weight", bool(trial.read(block.conv[0].weight.grad).any()), "some", "none")


def unet_training(trial: Trial, device: str) -> None:
    """The mean of three channels, in four."""
    with trial.case("train(20)") as case:
        _, losses = opened(trial, "unet_block").train(20, device)
        case.holds("last loss", losses[-1] < losses[0] / 2, f"below {losses[0] / 2}", str(losses[-1]))


def resnet(trial: Trial, device: str) -> tuple[Any, ...]:
    """Program, network, eight pictures of 16 by 16 (four in a quick run) and their classes."""
    program = opened(trial, "resnet")
    net = program.start(program.ResNet(width=4), seed=1).to(device)
    return (program, net, *program.pictures(4 if trial.quick else 8, 16, device))


def resnet_parameters(trial: Trial) -> None:
    """Counted by hand for the width w: 3 w 9 for the first, then four stages."""
    with trial.case("ResNet(width=4)") as case:
        net = opened(trial, "resnet").ResNet(width=4)
        widths = [4, 8, 16, 32]
        convolutions = 3 * 4 * 9 + sum(36 * w * w for w in widths) - sum(9 * w * w // 2 for w in widths[1:])
        shortcuts = sum(w * w // 2 for w in widths[1:])
        scales = 2 * (4 + sum(4 * w for w in widths) + sum(widths[1:]))
        case.equal("parameters", len(list(net.parameters())), 62)
        total = convolutions + shortcuts + scales + 32 * 10 + 10
        case.equal("elements", sum(parameter.numel() for parameter in net.parameters()), total)
        case.equal("buffers", len(list(net.buffers())), 60)


def resnet_gradient(trial: Trial, device: str) -> None:
    """Cross entropy of a batch, with normalisation over it."""
    with trial.case("cross_entropy(net(x), y)", inputs="x: (8, 3, 16, 16)") as case:
        program, net, x, y = resnet(trial, device)
        net, x = net.double(), x.double()
        slope(case, net, lambda: program.F.cross_entropy(net(x), y))


def resnet_training(trial: Trial, device: str) -> None:
    """From log 10 or so to nearly nothing; in a quick run, from there to half of it."""
    steps, most = (4, 1.0) if trial.quick else (10, 0.3)
    with trial.case(f"train(net, x, y, {steps})", inputs="x: (8, 3, 16, 16)") as case:
        program, net, x, y = resnet(trial, device)
        losses = program.train(net, x, y, steps)
        case.holds("first loss", losses[0] > 1.5, "above 1.5", str(losses[0]))
        case.holds("last loss", losses[-1] < most, f"below {most}", str(losses[-1]))


def resnet_eval(trial: Trial, device: str) -> None:
    """After two steps of training, so that the running statistics say something."""
    with trial.case("net.eval()(x)", inputs="x: (8, 3, 16, 16)") as case:
        program, net, x, y = resnet(trial, device)
        program.train(net, x, y, 1 if trial.quick else 2)
        net.eval()
        buffers = [np.array(trial.read(buffer)) for buffer in net.buffers()]
        together = np.array(trial.read(net(x).detach()))
        case.same(net(x).detach(), together, "a second time")
        case.within(net(x[2:3]).detach(), together[2:3], 1e-4, 1e-4, "one alone")
        for index, (got, want) in enumerate(zip(net.buffers(), buffers, strict=True)):
            case.same(got, want, f"buffer {index}")
        net.train()
        apart = np.abs(trial.read(net(x).detach()) - together).max()
        case.holds("training", bool(apart > 1e-2), "other scores than in evaluation", f"the same to {apart}")


def resnet_counted(trial: Trial, device: str) -> None:
    """The first normalisation, behind the first convolution."""
    with trial.case("net(x)", inputs="x: (8, 3, 16, 16)") as case:
        _, net, x, _ = resnet(trial, device)
        seen = trial.read(net.conv1(x).detach()).astype(float)
        net(x)
        case.within(net.bn1.running_mean, 0.1 * seen.mean(axis=(0, 2, 3)), 1e-4, 1e-6, "running mean")
        spread = seen.transpose(1, 0, 2, 3).reshape(4, -1).var(axis=1, ddof=1)
        case.within(net.bn1.running_var, 0.9 + 0.1 * spread, 1e-4, 1e-6, "running variance")
        net(x)
        counts = [
            int(trial.read(buffer)) for name, buffer in net.named_buffers() if name.endswith("num_batches_tracked")
        ]
        case.equal("batches counted", counts, [2] * 20)
