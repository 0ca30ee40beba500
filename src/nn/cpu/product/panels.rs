//! A matrix cut into panels: `width` lines of it each, the values of one step in depth side by side.

use std::ops::Range;

use super::super::lanes::Lanes;

/// One of the two matrices of a product as it lies in memory: `lines` are rows of the left one, columns of the right one;
/// `depth` is what the product sums over.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    pub values: &'a [f32],
    pub lines: usize,
    pub depth: usize,
    /// Whether the values of one line lie side by side, and not those of one step in depth.
    lines_whole: bool,
}

impl<'a> Operand<'a> {
    /// `[lines, depth]`
    pub fn by_lines(values: &'a [f32], lines: usize, depth: usize) -> Self {
        assert_eq!(values.len(), lines * depth);
        Self { values, lines, depth, lines_whole: true }
    }

    /// `[depth, lines]`
    pub fn by_depth(values: &'a [f32], lines: usize, depth: usize) -> Self {
        assert_eq!(values.len(), lines * depth);
        Self { values, lines, depth, lines_whole: false }
    }

    /// Whether the values of one step in depth lie side by side.
    pub fn is_by_depth(&self) -> bool {
        !self.lines_whole
    }

    fn at(&self, line: usize, step: usize) -> f32 {
        self.values[if self.lines_whole { line * self.depth + step } else { step * self.lines + line }]
    }
}

/// Panels of one width; the last is filled up with zeros.
pub struct Panels {
    values: Vec<f32>,
    width: usize,
    pub lines: usize,
    pub depth: usize,
}

impl Panels {
    /// Of no lines yet. `width` is a multiple of four.
    pub fn new(width: usize) -> Self {
        Self { values: Vec::new(), width, lines: 0, depth: 0 }
    }

    /// Takes those lines of all `parts` in place of what was there: the parts lie one after the other in depth.
    pub fn pack<V: Lanes>(&mut self, parts: &[Operand], lines: Range<usize>) {
        self.lines = lines.len();
        self.depth = parts.iter().map(|part| part.depth).sum();
        let needed = self.lines.next_multiple_of(self.width) * self.depth;
        if self.values.len() < needed {
            self.values.resize(needed, 0.0);
        }
        let (width, panel) = (self.width, self.width * self.depth);
        let whole = self.lines / width * width;
        let mut start = 0;
        for part in parts {
            let place = Place { start, panel, width };
            let whole_lines = lines.start..lines.start + whole;
            match part.lines_whole {
                true => transpose::<V>(&mut self.values[..needed], place, part, whole_lines),
                false => copy::<V>(&mut self.values[..needed], place, part, whole_lines),
            }
            if whole < self.lines {
                let rest = lines.start + whole..lines.end;
                fill_up(&mut self.values[whole * self.depth + start..], width, part, rest);
            }
            start += part.depth * width;
        }
    }

    /// The panel that begins with that line, from its first step in depth to its last.
    pub fn panel(&self, line: usize) -> &[f32] {
        &self.values[line * self.depth..][..self.width * self.depth]
    }
}

/// Where a part goes: `start` in each panel, which holds `panel` values.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    panel: usize,
    width: usize,
}

/// Those lines of a part, where a step's values lie side by side: step by step, since a panel's width of each would be a few
/// values here and a few there.
fn copy<V: Lanes>(out: &mut [f32], place: Place, part: &Operand, lines: Range<usize>) {
    let Place { start, panel, width } = place;
    for step in 0..part.depth {
        let values = &part.values[step * part.lines..][lines.clone()];
        for (panel, values) in out.chunks_exact_mut(panel.max(1)).zip(values.chunks_exact(width)) {
            let out = &mut panel[start + step * width..][..width];
            for lane in (0..width).step_by(4) {
                // SAFETY: both are `width` long, a multiple of four.
                unsafe { V::load(values.as_ptr().add(lane)).store(out.as_mut_ptr().add(lane)) };
            }
        }
    }
}

/// Those lines of a part, where a line's values lie side by side: four lines at a time.
fn transpose<V: Lanes>(out: &mut [f32], place: Place, part: &Operand, lines: Range<usize>) {
    let Place { start, panel, width } = place;
    let depth = part.depth;
    for (panel, first) in out.chunks_exact_mut(panel.max(1)).zip(lines.step_by(width)) {
        let out = &mut panel[start..][..depth * width];
        for lane in (0..width).step_by(4) {
            let lines: [&[f32]; 4] = std::array::from_fn(|line| &part.values[(first + lane + line) * depth..][..depth]);
            let whole = depth / 4 * 4;
            for step in (0..whole).step_by(4) {
                // SAFETY: the four steps are inside the lines, and for each `out` has `width` values, four of them from `lane` on.
                unsafe {
                    let steps = V::transpose(lines.map(|line| V::load(line.as_ptr().add(step))));
                    for (index, values) in steps.into_iter().enumerate() {
                        values.store(out.as_mut_ptr().add((step + index) * width + lane));
                    }
                }
            }
            for step in whole..depth {
                lines.iter().enumerate().for_each(|(line, values)| out[step * width + lane + line] = values[step]);
            }
        }
    }
}

/// The last lines of a part, fewer than a panel has.
fn fill_up(out: &mut [f32], width: usize, part: &Operand, lines: Range<usize>) {
    for (step, values) in out.chunks_exact_mut(width).take(part.depth).enumerate() {
        values.fill(0.0);
        values.iter_mut().zip(lines.clone()).for_each(|(value, line)| *value = part.at(line, step));
    }
}
