#!/usr/bin/env python3
"""lastlayer on the CPU, outside the browser, beside PyTorch on the CPU: one thread, and all of them.

    pip install torch
    python3 tests/bench/native_pytorch.py                        # builds benches/cpu_kernels.rs where it has to be built
    python3 tests/bench/native_pytorch.py --rounds 5 --json out.json --into docs/benchmarks.md

Two cases of EfficientNet-Lite0 at 224 pixels, with random weights, which cost what others cost:

- embedding: pictures to pooled features. PyTorch has folded batch-norms, activations in place and batches of 16; lastlayer takes the four
  pictures that it embeds at once on a CPU.
- a training step of the last two stages, the last convolution and an output layer of five classes, on 16 cached activations:
  forward, backward, AdamW. Batch-norms have fixed statistics and learn scale and shift, on both sides.

PyTorch is taken at its better memory layout, NCHW or channels last, with its fused AdamW; eager, nothing compiled. Paddings are symmetric in
PyTorch, which spares it TensorFlow's asymmetric ones.

The two take turns, and the medians over the rounds are compared. lastlayer's own figures come from `cargo bench --bench cpu_kernels`, which
measures Burn's kernels in the same breath: that is where most of the time goes.

Exit code: 0 when it was measured, 2 when something did not work.
"""
import argparse
import copy
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = 16
SIDE = 224
CLASSES = 5
FEATURES = 1280
EPSILON = 1e-3
# Expansion, kernel, stride, channels, blocks, as in src/backbone/efficientnet_lite.rs.
STEM = 32
STAGES = [
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
]
LAST_STAGES = 2
# How the lines of the benchmark begin, how many pictures they are for, and which of their parts counts.
OURS = {'embedding': ('embedding 4 photos', 4, 'forward'), 'step': (f'step at k = {LAST_STAGES}', PICTURES, 'whole')}
TITLES = {'embedding': 'embedding, photos a second', 'step': 'step of the last 2 stages, batch 16, ms'}


class Failure(Exception):
    """Something that the reader has to put right."""


def main():
    options = arguments()
    benchmark = options.binary or build()
    torch = import_torch()
    load = os.getloadavg()[0]
    peer = {case: make(torch) for case, make in [('embedding', Embedding), ('step', Step)]}
    every = os.cpu_count() or 1
    rows = []
    for threads in dict.fromkeys([1, every]):
        torch.set_num_threads(threads)
        for case, work in peer.items():
            rows.append(compare(case, work, benchmark, threads, options.rounds))
    where = {
        'date': datetime.date.today().isoformat(),
        'cpu': processor(),
        'cores': every,
        'load': load,
        'pytorch': torch.__version__,
        'rows': rows,
    }
    table = markdown(where, options.rounds)
    print(table)
    if options.json:
        options.json.write_text(json.dumps(where, indent=2) + '\n')
    if options.into:
        replace_section(options.into, 'benchmark native', table)


def arguments():
    parser = argparse.ArgumentParser(description='lastlayer beside PyTorch, on the CPU.')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--binary', type=Path, help='the built benchmark; otherwise cargo builds it')
    parser.add_argument('--json', type=Path, help='write every figure to this file')
    parser.add_argument('--into', type=Path, help='put the table into the section <!-- benchmark native --> of this Markdown file')
    return parser.parse_args()


def build():
    command = ['cargo', 'bench', '--locked', '--bench', 'cpu_kernels', '--no-run', '--message-format', 'json']
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failure('the benchmark does not build')
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get('target', {}).get('name') == 'cpu_kernels' and message.get('executable'):
            return Path(message['executable'])
    raise Failure('cargo does not say where the benchmark is')


def import_torch():
    try:
        import torch
    except ImportError as error:
        raise Failure('PyTorch is missing: pip install torch') from error
    torch.manual_seed(0)
    return torch


def compare(case, work, benchmark, threads, rounds):
    """Medians of both, in milliseconds a picture for embedding and a step for training, and the median of the paired ratios."""
    layout = work.choose_layout()
    work.milliseconds(layout)
    ours, theirs = [], []
    for turn in range(rounds):
        turns = [(ours, lambda: ours_milliseconds(case, benchmark, threads)), (theirs, lambda: work.milliseconds(layout))]
        for times, measure in turns if turn % 2 == 0 else reversed(turns):
            times.append(measure())
    return {
        'case': case,
        'threads': threads,
        'layout': layout,
        'ours_ms': ours,
        'pytorch_ms': theirs,
        'ratio': statistics.median(peer / own for own, peer in zip(ours, theirs)),
    }


def ours_milliseconds(case, benchmark, threads):
    name, pictures, part = OURS[case]
    environment = {**os.environ, 'RAYON_NUM_THREADS': str(threads)}
    done = subprocess.run([benchmark, '3', name], env=environment, stdout=subprocess.PIPE, text=True)
    found = re.search(rf'^{re.escape(name)}\s+{part}\s.*ours\s+([0-9.]+) ms', done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise Failure(f'the benchmark says nothing of “{name}”, {part}: {done.stdout!r}')
    return float(found[1]) / (pictures if case == 'embedding' else 1)


def convolution(torch, inputs, outputs, kernel, stride, groups, relu6, norm):
    """Convolution, batch-norm or its folded bias, activation."""
    layer = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=not norm)
    # He et al., so that no number is so small that a processor takes its slow path.
    torch.nn.init.normal_(layer.weight, std=((2 if relu6 else 1) * groups / (inputs * kernel * kernel)) ** 0.5)
    layers = [layer]
    if norm:
        layers.append(torch.nn.BatchNorm2d(outputs, eps=EPSILON))
    if relu6:
        layers.append(torch.nn.ReLU6(inplace=True))
    return torch.nn.Sequential(*layers)


def network(torch, first_stage, norm):
    """The stages from one on, the last convolution and the average over all places; the stem belongs to the first stage."""

    class Block(torch.nn.Module):
        def __init__(self, inputs, outputs, expansion, kernel, stride):
            super().__init__()
            hidden = inputs * expansion
            expand = [convolution(torch, inputs, hidden, 1, 1, 1, True, norm)] if expansion > 1 else []
            depthwise = convolution(torch, hidden, hidden, kernel, stride, hidden, True, norm)
            self.layers = torch.nn.Sequential(*expand, depthwise, convolution(torch, hidden, outputs, 1, 1, 1, False, norm))
            self.residual = stride == 1 and inputs == outputs

        def forward(self, x):
            return self.layers(x) + x if self.residual else self.layers(x)

    layers = [convolution(torch, 3, STEM, 3, 2, 1, True, norm)] if first_stage == 0 else []
    channels = STEM if first_stage == 0 else STAGES[first_stage - 1][3]
    for expansion, kernel, stride, outputs, blocks in STAGES[first_stage:]:
        for block in range(blocks):
            layers.append(Block(channels, outputs, expansion, kernel, stride if block == 0 else 1))
            channels = outputs
    pool = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    return torch.nn.Sequential(*layers, convolution(torch, channels, FEATURES, 1, 1, 1, True, norm), *pool)


def network_like(torch, model, layout):
    """A copy with its weights in a memory layout."""
    return copy.deepcopy(model).to(memory_format=layout)


class Work:
    """One case in PyTorch, in either memory layout."""

    def __init__(self, torch):
        self.torch = torch
        self.layouts = {'NCHW': torch.contiguous_format, 'channels last': torch.channels_last}

    def choose_layout(self):
        """The quicker one with as many threads as there are now."""
        for layout in self.layouts:
            self.milliseconds(layout)
        return min(self.layouts, key=self.milliseconds)

    def milliseconds(self, layout):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            self.run(layout)
            times.append((time.perf_counter() - start) * 1e3)
        return statistics.median(times)


class Embedding(Work):
    def __init__(self, torch):
        super().__init__(torch)
        model = network(torch, 0, norm=False).eval()
        pictures = torch.randn(PICTURES, 3, SIDE, SIDE)
        self.of = {
            name: (network_like(torch, model, layout), pictures.contiguous(memory_format=layout)) for name, layout in self.layouts.items()
        }

    def run(self, layout):
        model, pictures = self.of[layout]
        with self.torch.inference_mode():
            model(pictures)

    def milliseconds(self, layout):
        return super().milliseconds(layout) / PICTURES


class Step(Work):
    def __init__(self, torch):
        super().__init__(torch)
        first = len(STAGES) - LAST_STAGES
        suffix = torch.nn.Sequential(network(torch, first, norm=True), torch.nn.Linear(FEATURES, CLASSES))
        suffix.eval()  # fixed statistics; scale and shift learn all the same
        side = SIDE // 2
        for _, _, stride, _, _ in STAGES[:first]:
            side = -(-side // stride)
        activations = torch.randn(PICTURES, STAGES[first - 1][3], side, side)
        self.of = {}
        for name, layout in self.layouts.items():
            model = network_like(torch, suffix, layout)
            optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
            self.of[name] = (model, optimiser, activations.contiguous(memory_format=layout))

    def run(self, layout):
        model, optimiser, activations = self.of[layout]
        optimiser.zero_grad(set_to_none=True)
        model(activations).square().mean().backward()
        optimiser.step()


def processor():
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
        return next(line.split(':')[1].strip() for line in lines if line.startswith('model name'))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def markdown(where, rounds):
    lines = [
        f'**Native CPU.** {where["date"]}; {where["cpu"]}, {where["cores"]} cores, load before the start {where["load"]:.1f}; PyTorch {where["pytorch"]}.',
        f'Medians of {rounds} rounds (lowest–highest); then PyTorch\'s time by lastlayer\'s: above 1, lastlayer is faster.',
        '',
        '| | lastlayer | PyTorch | |',
        '|---|---|---|---|',
    ]
    for row in where['rows']:
        show = (lambda ms: 1e3 / ms) if row['case'] == 'embedding' else (lambda ms: ms)
        cells = [spread([show(ms) for ms in row[side]]) for side in ('ours_ms', 'pytorch_ms')]
        threads = f'{row["threads"]} thread' + ('s' if row['threads'] > 1 else '')
        lines.append(f'| {TITLES[row["case"]]}, {threads} | {cells[0]} | {cells[1]}, {row["layout"]} | **{row["ratio"]:.2f} ×** |')
    return '\n'.join(lines)


def spread(values):
    median, low, high = (f'{value:,.0f}' if value >= 100 else f'{value:.3g}' for value in (statistics.median(values), min(values), max(values)))
    return f'{median} ({low}–{high})'


def replace_section(file, name, text):
    content = file.read_text()
    begin, end = f'<!-- {name} -->', f'<!-- end of {name} -->'
    if begin not in content or end not in content:
        raise Failure(f'{file} has no section {begin} … {end}')
    before, rest = content.split(begin, 1)
    file.write_text(f'{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}')


if __name__ == '__main__':
    try:
        main()
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(2)
