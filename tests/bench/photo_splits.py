"""What the benchmarks share: the photo sets, their ten splits, and running the command line on one.

Each set pools the photos of its train/ and test/ folders: class by class in order of name, inside a class in order of file name; `mixed`
is flowers5 followed by digits5, ten classes. Split s of n per class trains on the first n photos of each class after a Fisher-Yates
shuffle with Knuth's MMIX generator seeded with 1000 * n + s, class after class, and tests on all others.

Every split becomes a temporary folder of links, `train/<class>/` and `test/<class>/`.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / 'target/release/lastlayer'
DATA = ROOT / '../shared/data'
MEMBERS = {
    'flowers5': ['flowers5'], 'digits5': ['digits5'], 'mixed': ['flowers5', 'digits5'],
    'sketches6': ['sketches6'], 'waste6': ['waste6']}
# Where `pytorch_head.py` writes the figures of a network.
REFERENCES = ROOT / 'build/reference'
SHOTS = (3, 5, 10)
SPLITS = 10


class Failure(Exception):
    pass


def arguments(description, splits=SPLITS):
    """A parser of what every benchmark takes."""
    parser = argparse.ArgumentParser(description=description, epilog='What follows -- is passed on to `lastlayer train`.')
    parser.add_argument('--binary', type=Path, default=BINARY, help='default: %(default)s')
    parser.add_argument('--data', type=Path, default=DATA, help='folder of the photo sets; default: %(default)s')
    parser.add_argument('--shots', nargs='+', type=int, choices=SHOTS, default=list(SHOTS), help='photos per class')
    parser.add_argument('--splits', type=int, choices=range(1, splits + 1), default=splits, metavar='N', help=f'only the first N of {splits}')
    parser.add_argument('--cache', type=Path, help='folder for the embeddings, kept afterwards; default: a temporary one')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write all figures there')
    return parser


def parse(parser, argv):
    """The options, and what stands after `--`, which goes to `lastlayer train`."""
    at = argv.index('--') if '--' in argv else len(argv)
    return parser.parse_args(argv[:at]), argv[at + 1:]


def reference_argument(parser):
    parser.add_argument('--reference', type=Path, default=ROOT / '../shared/reference/reference.json', help='default: %(default)s')


def check_reference(reference, name, photos, chosen):
    if name not in reference:
        raise Failure(f'{chosen.reference} has no figures of {name}')
    if list(dict.fromkeys(label for label, _ in photos)) != reference[name]['classes'] or len(photos) != reference[name]['photos']:
        raise Failure(f'{name}: the photos in {chosen.data} are not those that {chosen.reference} was made with')


def ready(chosen, needed):
    """Whether everything is there; says what is not. A missing binary is a failure."""
    missing = [str(p) for p in dict.fromkeys(needed) if not p.exists()]
    if missing:
        print('skipped: not found: ' + ', '.join(missing))
        return False
    if not chosen.binary.exists():
        raise Failure(f'{chosen.binary} not found: run `cargo build --release` first, or give --binary')
    return True


def train_on_split(chosen, photos, per_class, split, options, also=None):
    """What `lastlayer train` prints for one split; `also` may put further folders beside the test classes."""
    train, test = draw([label for label, _ in photos], per_class, split)
    with tempfile.TemporaryDirectory() as folder:
        link(Path(folder, 'train'), photos, train)
        link(Path(folder, 'test'), photos, test)
        if also:
            also(Path(folder, 'test'))
        result = run([chosen.binary, 'train', Path(folder, 'train'), '--test', Path(folder, 'test'), '--json'] + options)
    if result.get('train_images') != len(train):
        raise Failure(f'{len(train)} photos were given for training, {result.get("train_images")} were used')
    return result


def main(benchmark):
    """Runs a benchmark as a program: its exit code, or 2 and the reason when something did not work."""
    try:
        sys.exit(benchmark(sys.argv[1:]))
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(2)


def pool(data, name):
    """(class, file) of every photo of the set, in the order that the splits are drawn from."""
    photos = []
    for member in MEMBERS[name]:
        folder = data / member
        for label in sorted(p.name for p in (folder / 'train').iterdir()):
            files = [p for part in ('train', 'test') for p in (folder / part / label).iterdir() if not p.name.startswith('.')]
            photos += [(label, p.resolve()) for p in sorted(files, key=lambda p: p.name)]
    return photos


def generator(seed):
    """Knuth's MMIX generator: x = x * 6364136223846793005 + 1442695040888963407 mod 2^64; below(m) = (x >> 33) mod m."""
    x = seed

    def below(m):
        nonlocal x
        x = (x * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (x >> 33) % m
    return below


def draw(labels, per_class, split):
    """Indices of the training photos and of the test photos."""
    below, train = generator(1000 * per_class + split), []
    for label in dict.fromkeys(labels):
        own = [i for i, l in enumerate(labels) if l == label]
        for i in range(len(own) - 1, 0, -1):
            j = below(i + 1)
            own[i], own[j] = own[j], own[i]
        train += own[:per_class]
    return train, sorted(set(range(len(labels))) - set(train))


def link(folder, photos, indices):
    for i in indices:
        label, path = photos[i]
        place = folder / label
        place.mkdir(parents=True, exist_ok=True)
        (place / f'{i:04}_{path.name}').symlink_to(path)


def run(command):
    """The one JSON object that `lastlayer train --json` prints."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    shown = ' '.join(str(c) for c in command)
    if done.returncode != 0:
        raise Failure(f'{shown}\nended with code {done.returncode}:\n{done.stderr.strip()}')
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise Failure(f'{shown}\nprinted something else than one JSON object ({error}):\n{done.stdout[:500]}') from error
