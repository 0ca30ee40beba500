#!/usr/bin/env python3
"""Our head beside PyTorch's, on the splits that PyTorch's figures were made with.

    cargo build --release
    python3 tests/bench/reference_splits.py                     # all: 3 sets x 3 sizes x 10 splits
    python3 tests/bench/reference_splits.py --sets flowers5 --splits 3
    python3 tests/bench/reference_splits.py -- --seed 7         # whatever follows -- goes to `lastlayer train`

`photo_splits.py` says how the splits are drawn. Every one becomes a temporary folder of links, for

    lastlayer train TRAIN --test TEST --json --embeddings-cache DIR

and the test accuracies it prints are compared, split by split, with those of reference.json. The cache lets a photo be embedded once for
all splits instead of once for each.

Exit code: 0 when the mean of the paired differences is at least -0.01 in every row, or when the photos are absent (then it says so);
1 when a row is lower; 2 when something did not work.
"""
import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from photo_splits import BINARY, DATA, MEMBERS, ROOT, SHOTS, SPLITS, Failure, draw, link, pass_on, pool, run

TOLERANCE = 0.01


def options(argv):
    argv, passed_on = pass_on(argv)
    parser = argparse.ArgumentParser(
        description='Our head beside PyTorch\'s, on the splits that PyTorch\'s figures were made with.',
        epilog='What follows -- is passed on to `lastlayer train`.')
    parser.add_argument('--binary', type=Path, default=BINARY, help='default: %(default)s')
    parser.add_argument('--data', type=Path, default=DATA, help='folder of flowers5 and digits5; default: %(default)s')
    parser.add_argument('--reference', type=Path, default=ROOT / '../shared/reference/reference.json', help='default: %(default)s')
    parser.add_argument('--sets', nargs='+', choices=MEMBERS, default=list(MEMBERS))
    parser.add_argument('--shots', nargs='+', type=int, choices=SHOTS, default=list(SHOTS), help='photos per class')
    parser.add_argument('--splits', type=int, choices=range(1, SPLITS + 1), default=SPLITS, metavar='N', help='only the first N of ten')
    parser.add_argument('--cache', type=Path, help='folder for the embeddings, kept afterwards; default: a temporary one')
    parser.add_argument('--no-cache', action='store_true', help='embed every photo again in every split')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write all figures there')
    return parser.parse_args(argv), passed_on


def score(result, expected_train, key):
    try:
        images, value = result['train_images'], result['test'][key]
    except (KeyError, TypeError) as error:
        raise Failure(f'the JSON of `lastlayer train` lacks {error}: {json.dumps(result)[:500]}') from error
    if images != expected_train:
        raise Failure(f'{expected_train} photos were given for training, {images} were used')
    if not isinstance(value, (int, float)):
        raise Failure(f'test.{key} is {value!r}, not a number')
    return value


def measure(chosen, passed_on, reference, cache):
    """One row per set, number per class and score: ours and the reference's, split by split."""
    rows = []
    for name in chosen.sets:
        photos = pool(chosen.data, name)
        labels = [label for label, _ in photos]
        if list(dict.fromkeys(labels)) != reference[name]['classes'] or len(photos) != reference[name]['photos']:
            raise Failure(f'{name}: the photos in {chosen.data} are not those that {chosen.reference} was made with')
        scores = [('top1', 'head')] + ([('top5', 'head top5')] if 'head top5' in reference[name]['3 per class'] else [])
        for per_class in chosen.shots:
            ours = {key: [] for key, _ in scores}
            began = time.monotonic()
            for split in range(chosen.splits):
                train, test = draw(labels, per_class, split)
                with tempfile.TemporaryDirectory() as folder:
                    link(Path(folder, 'train'), photos, train)
                    link(Path(folder, 'test'), photos, test)
                    command = [chosen.binary, 'train', Path(folder, 'train'), '--test', Path(folder, 'test'), '--json']
                    result = run(command + (['--embeddings-cache', cache] if cache else []) + passed_on)
                for key, _ in scores:
                    ours[key].append(score(result, len(train), key))
                print(f'{name}, {per_class} per class, split {split + 1}/{chosen.splits}: {ours["top1"][-1]:.4f}', file=sys.stderr, flush=True)
            for key, theirs in scores:
                rows.append({
                    'set': name, 'per_class': per_class, 'score': key, 'ours': ours[key],
                    'reference': reference[name][f'{per_class} per class'][theirs][:chosen.splits],
                    'seconds': round(time.monotonic() - began, 1)})
    for row in rows:
        row['differences'] = [round(a - b, 4) + 0.0 for a, b in zip(row['ours'], row['reference'])]  # + 0.0: no -0.0
        row['difference'] = mean(row['differences'])
        row['passed'] = row['difference'] >= -TOLERANCE - 1e-9
    return rows


def mean(values):
    return round(sum(values) / len(values), 5) + 0.0


def table(rows):
    lines = [f'{"set":<10}{"per class":>9}  {"score":<6}{"ours":>8}{"PyTorch":>9}{"difference":>12}{"lowest":>9}{"highest":>9}']
    for row in rows:
        lines.append(
            f'{row["set"]:<10}{row["per_class"]:>9}  {row["score"]:<6}{mean(row["ours"]):>8.4f}{mean(row["reference"]):>9.4f}'
            f'{row["difference"]:>+12.4f}{min(row["differences"]):>+9.4f}{max(row["differences"]):>+9.4f}'
            f'{"" if row["passed"] else "   below -0.01"}')
    return '\n'.join(lines)


def main(argv):
    chosen, passed_on = options(argv)
    missing = [p for p in [chosen.reference] + [chosen.data / m for name in chosen.sets for m in MEMBERS[name]] if not p.exists()]
    if missing:
        print('skipped: not found: ' + ', '.join(str(p) for p in dict.fromkeys(missing)))
        return 0
    if not chosen.binary.exists():
        raise Failure(f'{chosen.binary} not found: run `cargo build --release` first, or give --binary')
    reference = json.loads(chosen.reference.read_text(encoding='utf-8'))
    with tempfile.TemporaryDirectory() as temporary:
        cache = None if chosen.no_cache else chosen.cache or Path(temporary)
        rows = measure(chosen, passed_on, reference, cache)
    print(table(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')
    return 0 if all(row['passed'] for row in rows) else 1


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(2)
