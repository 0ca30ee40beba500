#!/usr/bin/env python3
"""lastlayer on the CPU, outside the browser, beside PyTorch on the CPU: one thread, and all of them.

    pip install torch torchvision
    python3 tests/bench/native_pytorch.py                        # builds benches/cpu_kernels.rs where it has to be built
    python3 tests/bench/native_pytorch.py --rounds 5 --json out.json --into docs/benchmarks.md
    python3 tests/bench/native_pytorch.py --networks resnet18,vgg16

Two cases of EfficientNet-Lite0, ResNet-18 and VGG-16 at 224 pixels, with random weights, which cost what others cost (native_networks.py):

- embedding: pictures to pooled features, those of VGG-16 being the average of what its convolutions see. PyTorch has folded batch-norms,
  activations in place and batches of 16; lastlayer takes the four pictures that it embeds at once on a CPU.
- a training step of the last stage, of EfficientNet-Lite0 the last two and the last convolution, and an output layer of five classes, on 16
  cached activations: forward, backward, AdamW. Batch-norms have fixed statistics and learn scale and shift, on both sides.

PyTorch is taken at its better memory layout, NCHW or channels last, with its fused AdamW; eager, nothing compiled. Paddings of
EfficientNet-Lite0 are symmetric in PyTorch, which spares it TensorFlow's asymmetric ones.

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

from native_networks import NETWORKS

ROOT = Path(__file__).resolve().parents[2]
PICTURES = 16
SIDE = 224
CLASSES = 5
# How many pictures lastlayer embeds in a run of the benchmark.
OURS_AT_ONCE = 4


class Failure(Exception):
    """Something that the reader has to put right."""


def main():
    options = arguments()
    benchmark = options.binary or build()
    torch = import_torch()
    load = os.getloadavg()[0]
    every = os.cpu_count() or 1
    rows = []
    for name in options.networks:
        for make in (Embedding, Step):
            case = make(torch, name)
            for threads in dict.fromkeys([1, every]):
                torch.set_num_threads(threads)
                rows.append(compare(case, benchmark, threads, options.rounds))
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
    parser.add_argument('--networks', type=networks, default=list(NETWORKS), help=f'{", ".join(NETWORKS)}; all of them otherwise')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--binary', type=Path, help='the built benchmark; otherwise cargo builds it')
    parser.add_argument('--json', type=Path, help='write every figure to this file')
    parser.add_argument('--into', type=Path, help='put the table into the section <!-- benchmark native --> of this Markdown file')
    return parser.parse_args()


def networks(names):
    chosen = [name.strip() for name in names.split(',')]
    for name in chosen:
        if name not in NETWORKS:
            raise argparse.ArgumentTypeError(f'there is no “{name}”, only {", ".join(NETWORKS)}')
    return chosen


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
        import torchvision  # noqa: F401 – native_networks.py takes networks from it
    except ImportError as error:
        raise Failure(f'{error.name} is missing: pip install torch torchvision') from error
    torch.manual_seed(0)
    return torch


def compare(case, benchmark, threads, rounds):
    """Medians of both, in milliseconds a picture for embedding and a step for training, and the median of the paired ratios."""
    layout = case.choose_layout()
    case.milliseconds(layout)
    ours, theirs = [], []
    for turn in range(rounds):
        turns = [(ours, lambda: ours_milliseconds(case, benchmark, threads)), (theirs, lambda: case.milliseconds(layout))]
        for times, measure in turns if turn % 2 == 0 else reversed(turns):
            times.append(measure())
    return {
        'network': case.name,
        'case': case.kind,
        'threads': threads,
        'layout': layout,
        'ours_ms': ours,
        'pytorch_ms': theirs,
        'ratio': statistics.median(peer / own for own, peer in zip(ours, theirs)),
    }


def ours_milliseconds(case, benchmark, threads):
    line, part = case.ours
    environment = {**os.environ, 'RAYON_NUM_THREADS': str(threads)}
    done = subprocess.run([benchmark, '3', line], env=environment, stdout=subprocess.PIPE, text=True)
    found = re.search(rf'^{re.escape(line)}\s+{part}\s.*ours\s+([0-9.]+) ms', done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise Failure(f'the benchmark says nothing of “{line}”, {part}: {done.stdout!r}')
    return float(found[1]) / case.ours_at_once


def network_like(torch, model, layout):
    """A copy with its weights in a memory layout."""
    return copy.deepcopy(model).to(memory_format=layout)


class Case:
    """What is measured of a network, in PyTorch in either memory layout."""

    kind: str
    # What the line of the benchmark begins with, and which of its parts counts.
    ours: tuple[str, str]
    # Of how many times as much as the figure of this case that line tells.
    ours_at_once: int

    def __init__(self, torch, name):
        self.torch, self.name, self.network = torch, name, NETWORKS[name]
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


class Embedding(Case):
    kind = 'embedding'
    ours_at_once = OURS_AT_ONCE

    def __init__(self, torch, name):
        super().__init__(torch, name)
        self.ours = (f'{name} embedding {OURS_AT_ONCE} photos', 'forward')
        model = self.network.trunk(torch).eval()
        pictures = torch.randn(PICTURES, 3, SIDE, SIDE)
        self.of = {
            layout: (network_like(torch, model, kind), pictures.contiguous(memory_format=kind)) for layout, kind in self.layouts.items()
        }

    def run(self, layout):
        model, pictures = self.of[layout]
        with self.torch.inference_mode():
            model(pictures)

    def milliseconds(self, layout):
        return super().milliseconds(layout) / PICTURES


class Step(Case):
    kind = 'step'
    ours_at_once = 1

    def __init__(self, torch, name):
        super().__init__(torch, name)
        network = self.network
        self.ours = (f'{name} step at k = {network.last_stages}', 'whole')
        suffix = torch.nn.Sequential(network.suffix(torch), torch.nn.Linear(network.features, CLASSES))
        suffix.eval()  # fixed statistics; scale and shift learn all the same
        activations = torch.randn(PICTURES, *network.activations)
        self.of = {}
        for layout, kind in self.layouts.items():
            model = network_like(torch, suffix, kind)
            optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
            self.of[layout] = (model, optimiser, activations.contiguous(memory_format=kind))

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
        lines.append(f'| {title(row)}, {threads} | {cells[0]} | {cells[1]}, {row["layout"]} | **{row["ratio"]:.2f} ×** |')
    return '\n'.join(lines)


def title(row):
    network = NETWORKS[row['network']]
    what = 'embedding, photos a second' if row['case'] == 'embedding' else f'step of {network.learns}, batch {PICTURES}, ms'
    return f'{network.title}, {what}'


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
