#!/usr/bin/env python3
"""The advised training beside the better of PyTorch's two, on the first five splits that PyTorch's figures were made with.

    cargo build --release
    python3 tests/bench/advised_splits.py                    # 4 sets x 3 sizes x 5 splits
    python3 tests/bench/advised_splits.py --splits 2 --shots 5
    python3 tests/bench/advised_splits.py --sets digits5 --shots 10 --seeds 3
    python3 tests/bench/advised_splits.py -- --epochs 20     # whatever follows -- goes to `lastlayer train`

Every split (`photo_splits.py`) is trained by `lastlayer train --regime auto --time-limit 600`. reference.json has PyTorch's output layer
on frozen features (`head`) and its fine-tuning of the last three stages (`last-3`); in each row the one with the higher mean is taken,
and the test accuracies are compared split by split.

Where stages learn, another seed makes another classifier: with ten hand signs a class the mean over five splits was 0.977, 0.989 and 0.976.
`--seeds N` trains every split N times and takes the mean.

Column `try`: the loss with the last stage by that of the output layer alone, where the advice has tried it (src/advise/trial.rs), of every split;
`took`: seconds of the training by those that were expected, the first split aside, whose photos are decoded for the first time.

Exit code: 0 when the mean difference is at least -0.005 in every row and above zero over all of them, or when the photos are absent
(then it says so); 1 when not; 2 when something did not work.
"""
import json
import sys
import time

from photo_splits import arguments, check_reference, main, parse, pool, ready, reference_argument, train_on_split

SETS = ('flowers5', 'digits5', 'sketches6', 'waste6')
SPLITS = 5
TOLERANCE = 0.005
ADVISED = ['--regime', 'auto', '--time-limit', '600']


def options(argv):
    parser = arguments('The advised training beside the better of PyTorch\'s two.', SPLITS)
    reference_argument(parser)
    parser.add_argument('--seeds', type=int, choices=range(1, 11), default=1, metavar='N', help='trainings of each split, with seeds from 0 on')
    parser.add_argument('--sets', nargs='+', choices=SETS, default=list(SETS))
    return parse(parser, argv)


def mean(values):
    return sum(values) / len(values)


def plan(result):
    """What was advised, in short."""
    config = result['report']['config']
    return f'{config["regime"]}, {config["lastStages"]} stages, {config["augment"]} draws, {config["epochs"]} epochs'


def measure(chosen, passed_on, reference):
    rows = []
    given = ADVISED + passed_on + (['--embeddings-cache', chosen.cache] if chosen.cache else [])
    for name in chosen.sets:
        photos = pool(chosen.data, name)
        check_reference(reference, name, photos, chosen)
        for per_class in chosen.shots:
            theirs = reference[name][f'{per_class} per class']
            better = max(('head', 'last-3'), key=lambda key: mean(theirs[key][:SPLITS]))
            row = {'set': name, 'per_class': per_class, 'against': better, 'reference': theirs[better][:chosen.splits], 'ours': [], 'plans': [],
                   'similarity': [], 'trials': [], 'predicted': [], 'took': [], 'seconds': []}
            rows.append(row)
            for split in range(chosen.splits):
                began = time.monotonic()
                results = [train_on_split(chosen, photos, per_class, split, given + ['--seed', str(seed)]) for seed in range(chosen.seeds)]
                result = results[0]
                row['ours'].append(mean([result['test']['top1'] for result in results]))
                row['plans'].append(plan(result))
                row['similarity'].append(result['advice']['findings']['similarity']['score'])
                row['trials'].append(result['advice']['findings']['trial'])
                row['predicted'].append(result['advice']['plan']['seconds'])
                row['took'].append(result['seconds'])
                row['seconds'].append(round((time.monotonic() - began) / chosen.seeds, 1))
                print(f'{name}, {per_class} per class, split {split + 1}/{chosen.splits}: {row["ours"][-1]:.4f} ({row["reference"][split]:.4f}); '
                      f'{row["plans"][-1]}; try {ratio(row["trials"][-1])}; expected {row["predicted"][-1]:.1f} s, took {row["took"][-1]:.1f}; '
                      f'{row["seconds"][-1]:.0f} s in all', file=sys.stderr, flush=True)
            row['differences'] = [round(a - b, 4) + 0.0 for a, b in zip(row['ours'], row['reference'])]
    return rows


def ratio(trial):
    """Of the losses; `-` where nothing was tried."""
    return f'{trial["deeper"]["loss"] / trial["head"]["loss"]:.2f}' if trial else '-'


def table(rows):
    print(f'{"set":<10}{"per class":>9}  {"against":<8}{"ours":>8}{"PyTorch":>9}{"difference":>12}{"seconds":>9}{"expected":>10}{"took":>7}  advised; try')
    for row in rows:
        difference = mean(row['differences'])
        print(f'{row["set"]:<10}{row["per_class"]:>9}  {row["against"]:<8}{mean(row["ours"]):>8.4f}{mean(row["reference"]):>9.4f}{difference:>+12.4f}'
              f'{mean(row["seconds"]):>9.0f}{mean(row["predicted"]):>10.1f}{took(row):>7}  {"; ".join(dict.fromkeys(row["plans"]))}; '
              f'{", ".join(ratio(trial) for trial in row["trials"])}'
              f'{"" if difference >= -TOLERANCE else f"   below -{TOLERANCE}"}')


def took(row):
    """Seconds by the expected ones."""
    shares = [took / expected for took, expected in zip(row['took'], row['predicted'])][1:]
    return f'{mean(shares):.2f}x' if shares else '-'


def benchmark(argv):
    chosen, passed_on = options(argv)
    if not ready(chosen, [chosen.reference] + [chosen.data / name for name in chosen.sets]):
        return 0
    rows = measure(chosen, passed_on, json.loads(chosen.reference.read_text(encoding='utf-8')))
    table(rows)
    overall = mean([mean(row['differences']) for row in rows])
    print(f'over all rows: {overall:+.4f}')
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')
    return 0 if overall > 0 and all(mean(row['differences']) >= -TOLERANCE for row in rows) else 1


if __name__ == '__main__':
    main(benchmark)
