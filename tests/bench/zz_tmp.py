#!/usr/bin/env python3
"""Our head beside PyTorch's, on the splits that PyTorch's figures were made with.

    cargo build --release
    python3 tests/bench/reference_splits.py                     # all: 3 sets x 3 sizes x 10 splits
    python3 tests/bench/reference_splits.py --sets flowers5 --splits 3
    python3 tests/bench/reference_splits.py -- --seed 7         # whatever follows -- goes to `lastlayer train`
    python3 tests/bench/reference_splits.py --backbone efficientnet_lite1 --splits 5     # against what pytorch_head.py wrote

`photo_splits.py` says how the splits are drawn. Every one becomes a temporary folder of links, for

    lastlayer train TRAIN --test TEST --json --embeddings-cache DIR

and the test accuracies it prints are compared, split by split, with those of reference.json. The cache lets a photo be embedded once for
all splits instead of once for each. With --backbone NAME, which is passed on, the network is another one of build/weights, and the figures
are those that `pytorch_head.py` wrote of it, on four sets.

Exit code: 0 when the mean of the paired differences is at least -0.01 in every row, or when the photos are absent (then it says so);
1 when a row is lower; 2 when something did not work.
"""
import json
import sys
import tempfile
import time
from pathlib import Path

from photo_splits import MEMBERS, REFERENCES, Failure, arguments, check_reference, main, parse, pool, ready, reference_argument, train_on_split

TOLERANCE = 0.01
# The reference is of an output layer on the photos as they are.
REGIME = ['--regime', 'head', '--augment', __import__('os').environ.get('AUG', '0')]


def options(argv):
    parser = arguments('Our head beside PyTorch\'s, on the splits that PyTorch\'s figures were made with.')
    reference_argument(parser)
    parser.add_argument('--backbone', metavar='NAME', help='a network of build/weights; its figures are those in build/reference')
    parser.add_argument('--sets', nargs='+', choices=MEMBERS, help='default: those that the reference has')
    parser.add_argument('--no-cache', action='store_true', help='embed every photo again in every split')
    chosen, passed_on = parse(parser, argv)
    if chosen.backbone:
        passed_on = ['--backbone', chosen.backbone] + passed_on
        if chosen.reference == parser.get_default('reference'):
            chosen.reference = REFERENCES / f'{chosen.backbone}.json'
    return chosen, passed_on


def score(result, key):
    try:
        value = result['test'][key]
    except (KeyError, TypeError) as error:
        raise Failure(f'the JSON of `lastlayer train` lacks {error}: {json.dumps(result)[:500]}') from error
    if not isinstance(value, (int, float)):
        raise Failure(f'test.{key} is {value!r}, not a number')
    return value


def measure(chosen, passed_on, reference, cache):
    """One row per set, number per class and score: ours and the reference's, split by split."""
    rows = []
    given = passed_on if '--regime' in passed_on else REGIME + passed_on
    given = given + (['--embeddings-cache', cache] if cache else [])
    for name in chosen.sets:
        photos = pool(chosen.data, name)
        check_reference(reference, name, photos, chosen)
        scores = [('top1', 'head')] + ([('top5', 'head top5')] if 'head top5' in reference[name]['3 per class'] else [])
        for per_class in chosen.shots:
            ours = {key: [] for key, _ in scores}
            began = time.monotonic()
            for split in range(chosen.splits):
                result = train_on_split(chosen, photos, per_class, split, given)
                for key, _ in scores:
                    ours[key].append(score(result, key))
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


def benchmark(argv):
    chosen, passed_on = options(argv)
    if not ready(chosen, [chosen.reference]):
        return 0
    reference = json.loads(chosen.reference.read_text(encoding='utf-8'))
    backbone = reference.get('backbone', 'efficientnet_lite0')
    if backbone != (chosen.backbone or 'efficientnet_lite0'):
        raise Failure(f'{chosen.reference} has the figures of {backbone}: give --backbone {backbone}, or another --reference')
    chosen.sets = chosen.sets or [name for name in MEMBERS if name in reference]
    if not ready(chosen, [chosen.data / m for name in chosen.sets for m in MEMBERS[name]]):
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        cache = None if chosen.no_cache else chosen.cache or Path(temporary)
        rows = measure(chosen, passed_on, reference, cache)
    print(table(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')
    return 0 if all(row['passed'] for row in rows) else 1


if __name__ == '__main__':
    main(benchmark)
