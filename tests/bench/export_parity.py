#!/usr/bin/env python3
"""Exported models elsewhere: our ONNX in ONNX Runtime and our safetensors in timm, against what `lastlayer predict` says of the same photos.

    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 onnx==1.23.2 onnxruntime==1.32.0 safetensors pillow==13.0.0
    ./build.sh && cargo build --release
    python3 tests/bench/export_parity.py                    # prints the table; --only TEXT a part of it: lite0, drawn, sizes, README

Every row is a network that is taught something first (three flowers a class, a few epochs), the site's networks with their weights, the others
with drawn ones (`fixtures/make_networks.py`). Photos are decoded here and given to both sides as PNG. For each row:

    tensor     onnx, given the picture that `lastlayer draws` writes: the largest difference of a probability
    photo      onnx-image, given the decoded photo: the same
    levels     the picture inside the file against ours: the largest difference of a colour, of 255, and how many in a million differ
    half       as `tensor`, weights in half precision; only of the site's networks, whose weights are not drawn
    timm       safetensors in timm's network, on our picture: the largest difference of a logit (both less their mean), where logits are larger
               than 1 as a part of the largest; of the rows that say so in torchvision's, too

Then the worst of drawn photos of awkward sizes, 1 x 1 to 6000 x 4000, for each framing, and the README's code, run as it stands.

Exit code: 0 when every first guess is the same and no difference above its limit, or 1.
"""
import argparse
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy
import onnx
import onnxruntime
import timm
import torch
import torchvision
from PIL import Image, ImageOps
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/fixtures'))
from make_networks import drawn, is_between  # noqa: E402

BINARY = os.environ.get('LASTLAYER_BINARY', ROOT / 'target/release/lastlayer')
DATA = Path(os.environ.get('LASTLAYER_DATA', ROOT / '../shared/data'))
# Around the pictures of a sheet, in src/image/mosaic.rs.
BORDER = 6
LIMITS = {'tensor': 1e-3, 'photo': 2e-2, 'levels': 1, 'half': 2e-2, 'timm': 1e-3}
SIZES = [
    (1, 1), (2, 3), (1, 500), (500, 1), (224, 224), (225, 224), (223, 500), (300, 200), (640, 480), (480, 640), (1023, 767),
    (8000, 500), (500, 8000), (16384, 16), (3, 16384), (4032, 3024), (6000, 4000), (4000, 6000)]


@dataclass(frozen=True)
class Case:
    title: str
    # Of the site, where its weights are there; drawn otherwise.
    network: str
    train: tuple = ('--regime', 'head', '--epochs', '20')
    # What `draws` has to know to prepare a photo in the same way.
    draws: tuple = ()
    photos: int = 8
    # None: the source model itself.
    taught: bool = True
    whole: bool = False
    # Its name in torchvision, where the file is loaded there, too.
    torchvision: str | None = None


HEAD = ('--regime', 'head', '--augment', '0')
CASES = [
    Case('lite0, head, several taps, temperature', 'efficientnet_lite0', (*HEAD, '--folds', '3'), photos=60),
    Case('lite0, head, last tap', 'efficientnet_lite0', (*HEAD, '--features', 'last')),
    Case('lite0, last 3, pad, mirror images', 'efficientnet_lite0',
         ('--last-stages', '3', '--epochs', '3', '--augment', '0', '--framing', 'pad', '--flip-average', '1'), ('--framing', 'pad'), 20),
    Case('lite0, last 1, several taps, squash', 'efficientnet_lite0',
         ('--last-stages', '1', '--features', 'several', '--epochs', '3', '--augment', '0', '--framing', 'squash'), ('--framing', 'squash'), 20),
    Case('lite0, full', 'efficientnet_lite0', ('--regime', 'full', '--epochs', '1', '--augment', '0')),
    Case('lite0, scratch at 64', 'efficientnet_lite0',
         ('--regime', 'scratch', '--epochs', '4', '--augment', '0', '--input-size', '64'), ('--input-size', '64')),
    Case('lite0, head, several, squash, mirror images', 'efficientnet_lite0',
         (*HEAD, '--framing', 'squash', '--flip-average', '1'), ('--framing', 'squash')),
    Case('lite0, ImageNet', 'efficientnet_lite0', taught=False, photos=40),
    Case('lite1, head', 'efficientnet_lite1', HEAD),
    Case('lite2, head', 'efficientnet_lite2', HEAD),
    *(Case(f'{name}, drawn, head', name, HEAD, photos=5) for name in [
        'efficientnet_lite3', 'efficientnet_lite4', 'mobilenetv2_035', 'mobilenetv2_050', 'mobilenetv2_075', 'mobilenetv2_100',
        'mobilenetv2_140', 'resnet18', 'resnet34', 'resnet50', 'vgg16', 'vgg19', 'vgg16_bn', 'vgg19_bn']),
    Case('mobilenetv2_100, drawn, torchvision', 'mobilenetv2_100', (*HEAD, '--features', 'last'), photos=5, torchvision='mobilenet_v2'),
    Case('resnet18, drawn, torchvision', 'resnet18', (*HEAD, '--features', 'last'), photos=5, torchvision='resnet18'),
    Case('mobilenetv2_050, drawn, last 2', 'mobilenetv2_050', ('--last-stages', '2', '--epochs', '2', '--augment', '0'), photos=5),
    Case('resnet18, drawn, last 1', 'resnet18', ('--last-stages', '1', '--epochs', '2', '--augment', '0'), photos=5),
    Case('vgg16_bn, drawn, last 1', 'vgg16_bn', ('--last-stages', '1', '--epochs', '1', '--augment', '0'), photos=5),
    Case('vgg16, drawn, its own head', 'vgg16', taught=False, whole=True, photos=3),
]


def lastlayer(*arguments):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f'lastlayer {" ".join(map(str, arguments))}: {done.stderr}')
    return done.stdout


def timms(network):
    return f'tf_{network}' if network.startswith('efficientnet') else network


def source(case, folder):
    """Arguments that name the network: the site's, or a file with drawn weights."""
    if (ROOT / f'build/weights/{case.network}.json').exists():
        return ['--backbone', case.network]
    path = folder / f'{case.network}{"-whole" if case.whole else ""}.safetensors'
    if not path.exists():
        state = settled(drawn(timm.create_model(timms(case.network)), case.whole)).state_dict()
        keep = {name: value for name, value in state.items() if case.whole or not (is_between(name) or name.startswith('head.fc'))}
        save_file(keep, path)
    return ['--backbone', path]


@torch.no_grad()
def settled(model):
    """With the statistics that batch-norms really have, on a few photos: otherwise what a deep network of drawn numbers says grows from layer
    to layer, and no probability is anything but 0 and 1."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.momentum = 1
        photos = [ImageOps.fit(Image.open(path).convert('RGB'), (224, 224)) for path in real_photos(8)]
        images = torch.from_numpy(numpy.stack([numpy.asarray(photo) for photo in photos])).permute(0, 3, 1, 2)
        model.train()(images.float() / 64 - 2)
    return model.eval()


def few_photos(folder):
    """Three flowers of each class to learn from."""
    for label in sorted((DATA / 'flowers5/train').iterdir()):
        (folder / 'train' / label.name).mkdir(parents=True)
        for path in sorted(label.iterdir())[:3]:
            shutil.copy(path, folder / 'train' / label.name)


def real_photos(count):
    """In turn from each set, so that a few are of every size there is."""
    sets = [sorted(path for path in (DATA / name).rglob('*') if path.suffix.lower() in ('.jpg', '.jpeg', '.png')) for name in
            ('imagenet40', 'flowers5/test', 'waste6/test', 'digits5/test', 'sketches6/test')]
    each = -(-count // len(sets))
    picked = [paths[i * len(paths) // each] for i in range(each) for paths in sets]
    return picked[:count]


def as_png(paths, folder):
    folder.mkdir(exist_ok=True)
    for number, path in enumerate(paths):
        png = folder / f'{number:03}.png'
        if not png.exists():
            ImageOps.exif_transpose(Image.open(path)).convert('RGB').save(png)
        yield png


def drawn_photos(folder):
    """Stripes, edges and noise: what a filter that is a little off gets wrong."""
    folder.mkdir(exist_ok=True)
    rng = numpy.random.default_rng(1)
    for width, height in SIZES:
        path = folder / f'{width}x{height}.png'
        if not path.exists():
            y, x = numpy.mgrid[0:height, 0:width]
            waves = [128 + 100 * numpy.sin(x / (3 + 40 * i) + y / (7 + 11 * i)) for i in range(3)]
            planes = numpy.stack(waves, -1).astype(numpy.float32) + rng.normal(0, 25, (height, width, 1)).astype(numpy.float32)
            planes[(x // 37 + y // 53) % 5 == 0] = 255
            planes[(x // 41 + y // 29) % 7 == 0] = 0
            Image.fromarray(planes.clip(0, 255).astype(numpy.uint8)).save(path, compress_level=1)
        yield path


def pixels(path):
    return numpy.asarray(Image.open(path).convert('RGB'))


def answers(model, weights, paths, classes):
    """`[photos, classes]`, as the command line has them."""
    found = json.loads(lastlayer('predict', model, *paths, *weights, '--top', classes, '--json'))
    rows = numpy.zeros((len(paths), classes))
    for row, photo in zip(rows, found):
        for guess in photo['predictions']:
            row[guess['index']] = guess['probability']
    return rows


def seen(path, weights, draws, folder):
    """The picture that our network sees of a photo."""
    picture = folder / 'seen.png'
    lastlayer('draws', path, '--count', 0, *weights, *draws, '-o', picture)
    # The only picture of a sheet, which has a border.
    return pixels(picture)[BORDER:-BORDER, BORDER:-BORDER]


def with_picture(path):
    """The model with one more output: what goes into the first convolution, the normalised picture."""
    model = onnx.load(path)
    inside = next(node for node in model.graph.node if node.op_type == 'Conv').input[0]
    # Where mirror images are looked at these come after it.
    model.graph.output.append(onnx.helper.make_tensor_value_info(inside, onnx.TensorProto.FLOAT, None))
    return run_time(model.SerializeToString()), inside


def run_time(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model if isinstance(model, bytes) else str(model), options)


@torch.no_grad()
def in_timm(case, path, images):
    """Logits of the exported network in timm's, by the card in the file; the output layer is ours where it sees more than timm's does."""
    with safe_open(path, 'pt') as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        card = json.loads(file.metadata()['lastlayer'])
    model = timm.create_model(timms(case.network))
    if case.whole:
        model.load_state_dict({name: value.reshape(model.state_dict()[name].shape) for name, value in tensors.items()})
        return model.eval()(images).numpy(), card
    [name] = [name.removesuffix('.weight') for name in tensors if name in ('classifier.weight', 'fc.weight', 'head.fc.weight')]
    weight, bias = tensors.pop(f'{name}.weight'), tensors.pop(f'{name}.bias')
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    missing = [key for key in missing if not key.startswith((f'{name}.', 'pre_logits.')) and not key.endswith('num_batches_tracked')]
    assert not missing and not unexpected, (missing, unexpected)
    model.eval()
    pools = [f'features.{at}' for at, layer in enumerate(getattr(model, 'features', [])) if isinstance(layer, torch.nn.MaxPool2d)]
    maps = {}

    def keep(layer):
        return lambda module, inputs, output: maps.update({layer: output})

    for layer in card.get('layers', [])[1:]:
        module = pools[int(layer.removeprefix('stage')) - 1] if layer.startswith('stage') else layer
        model.get_submodule(module).register_forward_hook(keep(layer))
    views = [images, images.flip(3)] if card.get('flip_average') else [images]
    return torch.stack([features(model, view, card, maps) for view in views]).mean(0).mm(weight.T).add(bias).numpy(), card


@torch.no_grad()
def in_torchvision(case, path, images, classes):
    """Logits of the exported network in torchvision's, whose output layer sees the last layer alone."""
    model = torchvision.models.get_model(case.torchvision, weights=None, num_classes=classes)
    missing, unexpected = model.load_state_dict(load_file(path), strict=False)
    assert not unexpected and all(key.endswith('num_batches_tracked') for key in missing), (missing, unexpected)
    return model.eval()(images).numpy()


def features(model, images, card, maps):
    last = model.forward_features(images)
    average = last.mean((2, 3))
    if 'layers' not in card:
        return average
    length, looked_at = average.norm(dim=1, keepdim=True), [last] + [maps[layer] for layer in card['layers'][1:]]
    taps = [tap for map in looked_at for tap in (map.mean((2, 3)), map.amax((2, 3)))]
    return torch.cat([torch.nn.functional.normalize(tap) * length for tap in taps], 1)


def from_probabilities(rows, temperature):
    """Logits, less their mean; what is too improbable for a number in single precision is left out."""
    logits = temperature * numpy.log(numpy.maximum(rows, 1e-30))
    return numpy.where(rows > 1e-30, logits, numpy.nan)


def logits_apart(ours, theirs):
    theirs = numpy.where(numpy.isnan(ours), numpy.nan, theirs)
    centred = [rows - numpy.nanmean(rows, 1, keepdims=True) for rows in (ours, theirs)]
    return float(numpy.nanmax(abs(centred[0] - centred[1])) / max(1, numpy.nanmax(abs(centred[0]))))


class Table:
    def __init__(self):
        self.failed = []

    def check(self, title, name, value):
        if not value <= LIMITS[name]:
            self.failed.append(f'{title}: {name} {value:.2g}, at most {LIMITS[name]}')

    def same(self, title, ours, theirs):
        """First guesses; of two that are equally probable to a thousandth either will do."""
        for at, (row, other) in enumerate(zip(ours, theirs)):
            if row[row.argmax()] - row[other.argmax()] > 1e-3:
                self.failed.append(f'{title}: photo {at}: {row.argmax()} here, {other.argmax()} there')
        return int((ours.argmax(1) == theirs.argmax(1)).sum())


def export(model, weights, form, folder, *arguments):
    path = folder / f'exported.{"safetensors" if form == "safetensors" else "onnx"}'
    lastlayer('export', model, '--format', form, '-o', path, *weights, *arguments)
    if form.startswith('onnx'):
        onnx.checker.check_model(str(path), full_check=True)
    return path


def taught(case, weights, folder):
    if not case.taught:
        return 'source'
    model = folder / 'model.safetensors'
    lastlayer('train', folder / 'train', *weights, *case.train, '-o', model)
    return model


def measure(case, folder, table):
    started = time.monotonic()
    weights = source(case, folder)
    model = taught(case, weights, folder)
    paths = list(as_png(real_photos(case.photos), folder / f'real{case.photos}'))
    network = export(model, weights, 'safetensors', folder)
    with safe_open(network, 'pt') as file:
        card = json.loads(file.metadata()['lastlayer'])
    ours = answers(model, weights, paths, len(card['labels']))
    mean, std = (numpy.array(card['input'][name], numpy.float32) for name in ('mean', 'std'))
    pictures = numpy.stack([seen(path, weights, case.draws, folder) for path in paths])
    images = ((pictures.astype(numpy.float32) - mean) / std).transpose(0, 3, 1, 2).copy()
    row = {}
    logits, _ = in_timm(case, network, torch.from_numpy(images))
    row['timm'] = logits_apart(from_probabilities(ours, card.get('temperature', 1)), logits.astype(float))
    if case.torchvision:
        network = export(model, weights, 'safetensors', folder, '--names', 'torchvision')
        logits = in_torchvision(case, network, torch.from_numpy(images), len(card['labels']))
        row['timm'] = max(row['timm'], logits_apart(from_probabilities(ours, card.get('temperature', 1)), logits.astype(float)))
    tensor = export(model, weights, 'onnx', folder)
    size = tensor.stat().st_size
    [theirs] = run_time(tensor).run(['probabilities'], {'input': images})
    row['tensor'], same = abs(theirs - ours).max(), table.same(case.title, ours, theirs)
    half = export(model, weights, 'onnx', folder, '--precision', 'half')
    half_size = half.stat().st_size
    [theirs] = run_time(half).run(['probabilities'], {'input': images})
    half_apart = abs(theirs - ours).max()
    if weights[1] == case.network:
        row['half'] = half_apart
    session, inside = with_picture(export(model, weights, 'onnx-image', folder))
    theirs, levels = [], []
    for path, picture in zip(paths, pictures):
        probabilities, prepared = session.run(['probabilities', inside], {'image': pixels(path)})
        theirs.append(probabilities[0])
        levels.append(levels_apart(prepared, picture, mean, std))
    theirs, levels = numpy.stack(theirs), numpy.stack(levels)
    row['photo'], row['levels'] = abs(theirs - ours).max(), levels.max()
    same = min(same, table.same(case.title, ours, theirs))
    for name, value in row.items():
        table.check(case.title, name, value)
    print(f'{case.title:44} {same:3}/{len(paths):<3} {row["tensor"]:8.1e} {row["photo"]:8.1e} {row["levels"]:5.0f} {1e6 * (levels > 0).mean():7.0f} '
          f'{half_apart:8.1e} {row["timm"]:8.1e} {size / 1e6:7.1f} {half_size / 1e6:6.1f} {time.monotonic() - started:5.0f} s', flush=True)


def levels_apart(prepared, picture, mean, std):
    """Of each colour of the picture inside an ONNX file, against ours."""
    theirs = prepared[0].transpose(1, 2, 0) * std + mean
    return abs(numpy.rint(theirs) - picture)


def awkward(folder, table):
    """Drawn photos of every size, by lite0 in each framing."""
    paths = list(drawn_photos(folder / 'drawn'))
    weights = ['--backbone', 'efficientnet_lite0']
    for framing in ('crop', 'pad', 'squash'):
        case = Case(framing, 'efficientnet_lite0', (*HEAD, '--framing', framing))
        model = taught(case, weights, folder)
        session, inside = with_picture(export(model, weights, 'onnx-image', folder))
        ours = answers(model, weights, paths, 5)
        print(f'\n{framing:>10} {"probability":>11} {"levels":>6} {"of 10^6":>8} {"ms":>6}')
        for path, row in zip(paths, ours):
            picture, photo = seen(path, weights, ('--framing', framing), folder), pixels(path)
            mean, std = 127, 128
            started = time.monotonic()
            probabilities, prepared = session.run(['probabilities', inside], {'image': photo})
            took = time.monotonic() - started
            levels, apart = levels_apart(prepared, picture, mean, std), abs(probabilities[0] - row).max()
            title = f'{framing}, {path.stem}'
            table.check(title, 'photo', apart)
            table.check(title, 'levels', levels.max())
            table.same(title, row[None], probabilities)
            print(f'{path.stem:>10} {apart:11.1e} {levels.max():6.0f} {1e6 * (levels > 0).mean():8.0f} {1e3 * took:6.0f}', flush=True)


def readme(folder, table):
    """The README's code for an exported file, as it stands but for the names of the files."""
    blocks = re.findall(r'```python\n(.*?)```', (ROOT / 'README.md').read_text(encoding='utf-8'), re.DOTALL)
    [code] = [block for block in blocks if 'onnxruntime' in block]
    case, weights = CASES[1], ['--backbone', 'efficientnet_lite0']
    model, [photo] = taught(case, weights, folder), as_png(real_photos(2)[1:], folder / 'readme')
    path = export(model, weights, 'onnx-image', folder)
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        exec(compile(code.replace('"model.onnx"', repr(str(path))).replace('"photo.jpg"', repr(str(photo))), 'README.md', 'exec'), {})
    [best] = json.loads(lastlayer('predict', model, photo, *weights, '--top', 1, '--json'))[0]['predictions']
    label, probability = written.getvalue().split()
    if label != best['label'] or abs(float(probability) - best['probability']) > LIMITS['photo']:
        table.failed.append(f'the README prints {written.getvalue()!r}, expected {best}')
    print(f'\nthe README prints {written.getvalue().strip()!r}; lastlayer says {best["label"]} {best["probability"]:.4f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--only', metavar='TEXT', default='', help='rows whose title has this in it; `sizes`: the drawn photos; `README`: its code')
    only = parser.parse_args().only
    table = Table()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few_photos(folder)
        if any(only in case.title for case in CASES):
            print(f'{"":44} {"first":>7} {"tensor":>8} {"photo":>8} {"levels, 10^-6":>13} {"half":>8} {"timm":>8} {"MB":>7} {"half":>6}')
        for case in CASES:
            if only in case.title:
                measure(case, folder, table)
        if only in 'sizes':
            awkward(folder, table)
        if only in 'README':
            readme(folder, table)
    print('\n'.join(table.failed) or '\nall within their limits')
    return 1 if table.failed else 0


if __name__ == '__main__':
    sys.exit(main())
