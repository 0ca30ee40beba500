#!/usr/bin/env python3
"""Whether the score, the probabilities and "none of these" mean what they say, on photos that were left out.

    cargo build --release
    python3 tests/bench/honest_score.py                      # 4 sets x 3 sizes x 10 splits
    python3 tests/bench/honest_score.py --cache DIR          # keeps the embeddings for the next run
    python3 tests/bench/honest_score.py -- --seed 7          # whatever follows -- goes to `lastlayer train`

Every split (`photo_splits.py`) is trained with `--folds auto` and tested on all photos left out:

1. Coverage: the 95 % interval from the training photos contains the accuracy on those left out, in at least 90 % of the trainings.
2. Calibration: the fitted temperature lowers the negative log-likelihood of the photos left out, pooled over all trainings.
3. None of these: a classifier of ten photos a class of a set rejects photos of every other set, and of imagenet40, at least 80 % of all together, and at most 10 % of the photos of its classes that were left out.

Exit code: 0 when all three hold, or when the photos are absent (then it says so); 1 when one does not; 2 when something did not work.
"""
import json
import sys
import tempfile
from pathlib import Path

from photo_splits import Failure, arguments, link, main, parse, pool, ready, train_on_split

SETS = ('flowers5', 'digits5', 'sketches6', 'waste6')
STRANGERS_SHOTS = 10
COVERAGE, REJECTED, LOST = 0.90, 0.80, 0.10


# By default of an output layer, whose folds take seconds; `-- --regime last-k` and others work too.
REGIME = ['--regime', 'head', '--augment', '0']


def options(argv):
    parser = arguments('Whether the score, the probabilities and "none of these" mean what they say.')
    parser.add_argument('--folds', default='auto', help='default: %(default)s')
    return parse(parser, argv)


def strangers_to(name):
    """Sets whose photos are of none of its classes."""
    return [other for other in ('imagenet40', *SETS) if other != name]


def link_strangers(folder, data, to):
    """Photos of none of the set's classes, in one folder per set."""
    for name in strangers_to(to):
        photos = [p for _, p in pool(data, name)] if (data / name / 'train').is_dir() else sorted((data / name).iterdir())
        link(folder, [(name, p.resolve()) for p in photos], range(len(photos)))


def measure(chosen, passed_on, cache):
    """One row per training."""
    rows = []
    given = passed_on if '--regime' in passed_on else REGIME + passed_on
    given = given + ['--folds', chosen.folds, '--embeddings-cache', cache]
    for name in SETS:
        photos = pool(chosen.data, name)
        for per_class in chosen.shots:
            strangers = (lambda folder, name=name: link_strangers(folder, chosen.data, name)) if per_class == STRANGERS_SHOTS else None
            for split in range(chosen.splits):
                result = train_on_split(chosen, photos, per_class, split, given, strangers)
                rows.append(row(name, per_class, split, result))
                print(f'{name}, {per_class} per class, split {split + 1}/{chosen.splits}', file=sys.stderr, flush=True)
    return rows


def row(name, per_class, split, result):
    try:
        inside, left_out = result['evaluation'], result['test_report']
        calibration = left_out['calibration']
        return {
            'set': name, 'per_class': per_class, 'split': split, 'folds': inside['method']['folds'], 'epochs': inside['method']['epochs'],
            'cross_validated': inside['scores']['top1'], 'low': inside['accuracy']['low'], 'high': inside['accuracy']['high'],
            'left_out': left_out['scores']['top1'], 'count': left_out['scores']['count'],
            'covered': inside['accuracy']['low'] <= left_out['scores']['top1'] <= inside['accuracy']['high'],
            'temperature': calibration['temperature'], 'nll_before': calibration['nllBefore'], 'nll_after': calibration['nllAfter'],
            'ece_before': calibration['eceBefore'], 'ece_after': calibration['eceAfter'],
            'lost': left_out['rejectedKnown'], 'strangers': {s['label']: (s['rejected'], s['count']) for s in left_out['strangers']},
        }
    except (KeyError, TypeError) as error:
        raise Failure(f'the JSON of `lastlayer train` lacks {error}: {json.dumps(result)[:500]}') from error


def mean(rows, key):
    return sum(row[key] for row in rows) / len(rows)


def pooled(rows, key):
    """Mean over photos, not over trainings."""
    return sum(row[key] * row['count'] for row in rows) / sum(row['count'] for row in rows)


def table(rows):
    print(f'{"set":<10}{"per class":>9}{"folds":>7}{"CV":>8}{"left out":>10}{"width":>8}{"covered":>10}'
          f'{"T":>7}{"NLL T=1":>9}{"NLL":>8}{"ECE T=1":>9}{"ECE":>8}{"known lost":>12}')
    for name, per_class in dict.fromkeys((row['set'], row['per_class']) for row in rows):
        own = [row for row in rows if (row['set'], row['per_class']) == (name, per_class)]
        width = mean(own, 'high') - mean(own, 'low')
        print(f'{name:<10}{per_class:>9}{mean(own, "folds"):>7.0f}{mean(own, "cross_validated"):>8.3f}{mean(own, "left_out"):>10.3f}{width:>8.3f}'
              f'{sum(row["covered"] for row in own):>7}/{len(own):<2}{mean(own, "temperature"):>7.2f}{pooled(own, "nll_before"):>9.4f}'
              f'{pooled(own, "nll_after"):>8.4f}{pooled(own, "ece_before"):>9.3f}{pooled(own, "ece_after"):>8.3f}'
              f'{sum(row["lost"] for row in own) / sum(row["count"] for row in own):>11.1%}')


def verdicts(rows):
    """(what, whether it holds)"""
    coverage = mean(rows, 'covered')
    before, after = pooled(rows, 'nll_before'), pooled(rows, 'nll_after')
    yield f'coverage of the 95 % interval: {coverage:.1%} of {len(rows)} trainings (at least {COVERAGE:.0%})', coverage >= COVERAGE
    yield f'NLL on photos left out, pooled: {before:.4f} at T = 1, {after:.4f} at the fitted one (lower)', after < before
    asked = [row for row in rows if row['strangers']]
    for name in dict.fromkeys(row['set'] for row in asked):
        own = [row for row in asked if row['set'] == name]
        counts = {other: [sum(row['strangers'][other][i] for row in own) for i in (0, 1)] for other in strangers_to(name)}
        each = ', '.join(f'{other} {rejected / count:.1%}' for other, (rejected, count) in counts.items())
        share = sum(rejected for rejected, _ in counts.values()) / sum(count for _, count in counts.values())
        yield f'none of these, of {name}: {share:.1%} of others rejected (at least {REJECTED:.0%}): {each}', share >= REJECTED
        lost = sum(row['lost'] for row in own) / sum(row['count'] for row in own)
        yield f'none of these, {name} left out: {lost:.1%} rejected (at most {LOST:.0%})', lost <= LOST


def benchmark(argv):
    chosen, passed_on = options(argv)
    if not ready(chosen, [chosen.data / name for name in ('imagenet40', *SETS)]):
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        rows = measure(chosen, passed_on, chosen.cache or Path(temporary))
    table(rows)
    results = list(verdicts(rows))
    for text, holds in results:
        print(('holds   ' if holds else 'FAILS   ') + text)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')
    return 0 if all(holds for _, holds in results) else 1


if __name__ == '__main__':
    main(benchmark)
