"""The networks of benches/cpu_kernels.rs in PyTorch, with random weights: EfficientNet-Lite0 by its table, the others by torchvision.

Functions take the module torch, so that the names are there without it. Weights are drawn after He et al., so that no number is so small that
a processor takes its slow path.
"""
from dataclasses import dataclass
from typing import Any, Callable

EPSILON = 1e-3
# Expansion, kernel, stride, channels, blocks, as in src/backbone/efficientnet_lite.rs.
STEM = 32
STAGES = [
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
]
LITE0_FEATURES = 1280


@dataclass(frozen=True)
class Network:
    title: str
    # How many of the stages learn in the training step, and what is cached of a picture before them: channels, height, width.
    last_stages: int
    activations: tuple[int, int, int]
    features: int
    # From pictures to pooled features, batch-norms folded.
    trunk: Callable[[Any], Any]
    # The last stages, whatever comes after them and the average over all places; batch-norms are there.
    suffix: Callable[[Any], Any]

    @property
    def learns(self):
        return 'the last stage' if self.last_stages == 1 else f'the last {self.last_stages} stages'


def pooling(torch):
    """The average over all places."""
    return [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]


def lite0_convolution(torch, inputs, outputs, kernel, stride, groups, relu6, norm):
    """Convolution, batch-norm or its folded bias, activation."""
    layer = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=not norm)
    torch.nn.init.normal_(layer.weight, std=((2 if relu6 else 1) * groups / (inputs * kernel * kernel)) ** 0.5)
    layers = [layer]
    if norm:
        layers.append(torch.nn.BatchNorm2d(outputs, eps=EPSILON))
    if relu6:
        layers.append(torch.nn.ReLU6(inplace=True))
    return torch.nn.Sequential(*layers)


def lite0(torch, first_stage, norm):
    """The stages from one on, the last convolution and the average over all places; the stem belongs to the first stage."""

    class Block(torch.nn.Module):
        def __init__(self, inputs, outputs, expansion, kernel, stride):
            super().__init__()
            hidden = inputs * expansion
            expand = [lite0_convolution(torch, inputs, hidden, 1, 1, 1, True, norm)] if expansion > 1 else []
            depthwise = lite0_convolution(torch, hidden, hidden, kernel, stride, hidden, True, norm)
            self.layers = torch.nn.Sequential(*expand, depthwise, lite0_convolution(torch, hidden, outputs, 1, 1, 1, False, norm))
            self.residual = stride == 1 and inputs == outputs

        def forward(self, x):
            return self.layers(x) + x if self.residual else self.layers(x)

    layers = [lite0_convolution(torch, 3, STEM, 3, 2, 1, True, norm)] if first_stage == 0 else []
    channels = STEM if first_stage == 0 else STAGES[first_stage - 1][3]
    for expansion, kernel, stride, outputs, blocks in STAGES[first_stage:]:
        for block in range(blocks):
            layers.append(Block(channels, outputs, expansion, kernel, stride if block == 0 else 1))
            channels = outputs
    return torch.nn.Sequential(*layers, lite0_convolution(torch, channels, LITE0_FEATURES, 1, 1, 1, True, norm), *pooling(torch))


def resnet18(torch):
    from torchvision.models import resnet18 as make

    return make(weights=None).eval()


def resnet18_trunk(torch):
    from torch.nn.utils.fusion import fuse_conv_bn_eval as fuse

    network = resnet18(torch)
    stages = [network.layer1, network.layer2, network.layer3, network.layer4]
    for block in (block for stage in stages for block in stage):
        block.conv1, block.bn1 = fuse(block.conv1, block.bn1), torch.nn.Identity()
        block.conv2, block.bn2 = fuse(block.conv2, block.bn2), torch.nn.Identity()
        if block.downsample is not None:
            block.downsample = fuse(*block.downsample)
    return torch.nn.Sequential(fuse(network.conv1, network.bn1), network.relu, network.maxpool, *stages, *pooling(torch))


def resnet18_suffix(torch):
    return torch.nn.Sequential(resnet18(torch).layer4, *pooling(torch))


def vgg16_convolutions(torch):
    from torchvision.models import vgg16 as make

    return make(weights=None).features


def vgg16_trunk(torch):
    return torch.nn.Sequential(vgg16_convolutions(torch), *pooling(torch))


def vgg16_suffix(torch):
    layers = list(vgg16_convolutions(torch))
    # A stage ends with its pooling; the fifth is what comes after the fourth one.
    ends = [index for index, layer in enumerate(layers) if isinstance(layer, torch.nn.MaxPool2d)]
    return torch.nn.Sequential(*layers[ends[3] + 1 :], *pooling(torch))


# By their names in lastlayer.
NETWORKS = {
    'efficientnet_lite0': Network(
        title='EfficientNet-Lite0',
        last_stages=2,
        activations=(112, 14, 14),
        features=LITE0_FEATURES,
        trunk=lambda torch: lite0(torch, 0, norm=False),
        suffix=lambda torch: lite0(torch, len(STAGES) - 2, norm=True),
    ),
    'resnet18': Network(
        title='ResNet-18',
        last_stages=1,
        activations=(256, 14, 14),
        features=512,
        trunk=resnet18_trunk,
        suffix=resnet18_suffix,
    ),
    'vgg16': Network(
        title='VGG-16',
        last_stages=1,
        activations=(512, 14, 14),
        features=512,
        trunk=vgg16_trunk,
        suffix=vgg16_suffix,
    ),
}
