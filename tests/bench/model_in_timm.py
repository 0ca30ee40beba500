#!/usr/bin/env python3
"""A model file in timm: what the README's code says of photos, beside what `lastlayer predict` says.

    pip install torch==2.15.0 timm==1.0.31 safetensors pillow==13.0.0
    cargo build --release
    python3 tests/bench/model_in_timm.py model.safetensors build/weights/efficientnet_lite0-*.safetensors PHOTO...

The code is the README's, run as it stands but for the names of the two files. Photos are prepared with Pillow (short side to the input size,
antialiased bicubic, centre crop) and decoded by it, which is not the command line's decoder.

Exit code: 0 when every probability is within 0.02, or 1.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 0.02


def readme_code():
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    blocks = [block for block in re.findall(r'```python\n(.*?)```', text, re.DOTALL) if 'create_model' in block]
    assert len(blocks) == 1, f'{len(blocks)} blocks of code that load a model into timm'
    return blocks[0]


def prepared(path, card):
    spec = card['input']
    size = spec['size']
    photo = Image.open(path).convert('RGB')
    scale = size / min(photo.size)
    photo = photo.resize([max(size, round(side * scale)) for side in photo.size], Image.Resampling.BICUBIC)
    left, top = ((side - size) // 2 for side in photo.size)
    pixels = torch.frombuffer(bytearray(photo.crop((left, top, left + size, top + size)).tobytes()), dtype=torch.uint8)
    image = pixels.reshape(size, size, 3).permute(2, 0, 1).float()
    mean, std = (torch.tensor(spec[name])[:, None, None] for name in ('mean', 'std'))
    return (image - mean) / std


@torch.no_grad()
def main(model, weights, *photos):
    code = readme_code().replace('"weights/efficientnet_lite0-….safetensors"', repr(weights)).replace('"model.safetensors"', repr(model))
    names = {}
    exec(compile(code, 'README.md', 'exec'), names)
    card = names['card']
    images = torch.stack([prepared(path, card) for path in photos])
    theirs = (names['logits'](images) / card.get('temperature', 1.0)).softmax(1)
    command = [ROOT / 'target/release/lastlayer', 'predict', model, *photos, '--weights', weights, '--top', str(len(card['labels'])), '--json']
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    worst = 0
    for path, row, found in zip(photos, theirs, ours):
        by_label = {guess['label']: guess['probability'] for guess in found['predictions']}
        apart = max(abs(by_label[label] - value) for label, value in zip(card['labels'], row.tolist()))
        print(f'{Path(path).name}: {card["labels"][row.argmax()]} {row.max():.3f}, at most {apart:.4f} apart')
        worst = max(worst, apart)
    return 0 if worst <= TOLERANCE else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
