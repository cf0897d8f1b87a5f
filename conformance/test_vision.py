"""Laws of the chapter vision: what chance decides, and where images and tensors agree."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.case import Trial


@pytest.mark.clause("vision.array.default")
def test_default_dtype(trial: Trial) -> None:
    """Float64, and float32 again."""
    torch, transforms = trial.namespace, trial.companion("torchvision").transforms
    a = np.array([[51, 255]], dtype=np.uint8)
    with trial.case("float64", call="torch.set_default_dtype(torch.float64); ToTensor()(a)") as case:
        torch.set_default_dtype(torch.float64)
        try:
            x, y = transforms.ToTensor()(a), transforms.ToTensor()(a.astype(np.float32))
        finally:
            torch.set_default_dtype(torch.float32)
        case.close(x, np.array([[[0.2, 1.0]]]), "float64")
        case.equal("dtype of bytes", x.dtype, torch.float64)
        case.equal("dtype of floats", y.dtype, torch.float32)
        case.equal("dtype of bytes afterwards", transforms.ToTensor()(a).dtype, torch.float32)


@pytest.mark.clause("vision.resize.agree")
def test_image_and_tensor(trial: Trial) -> None:
    """Larger, smaller, and one of each; in colour and in gray."""
    from PIL import Image

    torch, transforms = trial.namespace, trial.companion("torchvision").transforms
    for channels in (1, 3):
        a = trial.generator(str(channels)).integers(0, 256, (9, 13, channels)).astype(np.uint8)
        image = Image.fromarray(a[:, :, 0] if channels == 1 else a)
        for size in ((4, 5), (20, 31), (5, 26), (18, 6)):
            with trial.case(f"{channels} {size}", call="Resize(size)(x)") as case:
                resize = transforms.Resize(size)
                got = trial.read(resize(torch.from_numpy(a.copy()).permute(2, 0, 1))).astype(int)
                want = np.asarray(resize(image)).astype(int).reshape(*size, channels).transpose(2, 0, 1)
                case.equal("shape", got.shape, want.shape)
                apart = int(np.abs(got - want).max())
                case.holds("distance", apart <= 1, "at most 1", str(apart))


@pytest.mark.clause("vision.crop.random")
def test_random_crop(trial: Trial) -> None:
    """All twelve places of a 2 x 3 part in a 4 x 6 image come up in 300 draws (one is missing once in 10**11)."""
    torch, transforms = trial.namespace, trial.companion("torchvision").transforms
    x = torch.arange(24).view(1, 4, 6)
    crop = transforms.RandomCrop((2, 3))
    with trial.case("places", call="RandomCrop((2, 3))(x)") as case:
        torch.manual_seed(3)
        parts = [trial.read(crop(x)) for _ in range(300)]
        corners = [int(part[0, 0, 0]) for part in parts]
        want = [np.arange(24).reshape(4, 6)[k // 6 :, k % 6 :][:2, :3] for k in corners]
        case.holds("parts", all(np.array_equal(p[0], w) for p, w in zip(parts, want, strict=True)), "parts", "others")
        case.equal("corners", sorted(set(corners)), [6 * row + column for row in range(3) for column in range(4)])
        torch.manual_seed(3)
        case.equal("again", [int(trial.read(crop(x))[0, 0, 0]) for _ in range(300)], corners)


@pytest.mark.clause("vision.flip.random")
def test_random_flip(trial: Trial) -> None:
    """A probability of 0.3, 1000 times: five standard deviations are 73."""
    torch, transforms = trial.namespace, trial.companion("torchvision").transforms
    x = torch.tensor([[[1.0, 2.0]]])
    for name in ("RandomHorizontalFlip", "RandomVerticalFlip"):
        image = x if name == "RandomHorizontalFlip" else x.transpose(1, 2)
        flip = getattr(transforms, name)(p=0.3)
        with trial.case(name, call=f"{name}(p=0.3)(x)") as case:
            torch.manual_seed(5)
            flipped = [float(trial.read(flip(image)).flat[0]) == 2 for _ in range(1000)]
            case.holds("flips", 227 <= sum(flipped) <= 373, "300 ± 73", str(sum(flipped)))
            torch.manual_seed(5)
            again = [float(trial.read(flip(image)).flat[0]) == 2 for _ in range(1000)]
            case.equal("again", again, flipped)
