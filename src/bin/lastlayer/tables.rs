//! Scores as text.

use lastlayer::metrics::Scores;
use lastlayer::score::calibration::Calibration;
use lastlayer::score::confusion::ClassScore;
use lastlayer::score::interval::Interval;
use lastlayer::train::plan::budget::Reduced;
use lastlayer::train::run::overfitting::Overfitting;

use crate::print_line;

/// Wider tables than this wrap in a terminal and tell nothing.
const WIDEST_MATRIX: usize = 20;

pub fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

pub fn between(interval: Interval) -> String {
    format!("{:.0} to {:.0} % (95 % interval)", interval.low * 100.0, interval.high * 100.0)
}

/// "top-1 92.0 % of 50", and top-5 where it says something.
pub fn accuracy(scores: Scores) -> String {
    let top1 = format!("top-1 {} of {}", percent(scores.top1), scores.count);
    match scores.top5 {
        Some(top5) => format!("{top1}, top-5 {}", percent(top5)),
        None => top1,
    }
}

/// Precision, recall and support of every class, and which is taken for which.
pub fn print_classes(rows: &[ClassScore], confusion: &[Vec<usize>]) {
    let width = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0).clamp(5, 24);
    let matrix = rows.len() <= WIDEST_MATRIX;
    let columns: String =
        if matrix { (1..=rows.len()).map(|column| format!("{column:>5}")).collect() } else { String::new() };
    let head = if matrix { "   taken for:" } else { "" };
    print_line(format_args!("    {:>3} {:width$} photos  recall  precision{head}{columns}", "", "class"));
    let fraction = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.0} %", value * 100.0));
    for (index, (row, counts)) in rows.iter().zip(confusion).enumerate() {
        let cells: String =
            if matrix { counts.iter().map(|count| format!("{count:>5}")).collect() } else { String::new() };
        let gap = if matrix { " ".repeat("   taken for:".len()) } else { String::new() };
        let (recall, precision) = (fraction(row.recall), fraction(row.precision));
        print_line(format_args!(
            "    {:>3} {:width$} {:>6} {recall:>7} {precision:>10}{gap}{cells}",
            index + 1,
            row.label,
            row.support,
        ));
    }
}

pub fn print_calibration(calibration: &Calibration) {
    print_line(format_args!(
        "    probabilities: at temperature {:.2} the loss is {:.3} (before {:.3}), the calibration error {} (before {})",
        calibration.temperature,
        calibration.nll_after,
        calibration.nll_before,
        percent(calibration.ece_after),
        percent(calibration.ece_before),
    ));
}

pub fn print_reduced(Reduced { budget_bytes, augment, last_stages, batch_size }: Reduced) {
    if let Some(batch_size) = batch_size {
        print_line(format_args!(
            "memory for a step is limited to {} MiB: {} photos a step, instead of {}",
            budget_bytes >> 20,
            batch_size.used,
            batch_size.asked
        ));
        return;
    }
    print_line(format_args!(
        "memory for activations is limited to {} MiB: {} of {} augmented draws, the last {} of {} stages",
        budget_bytes >> 20,
        augment.used,
        augment.asked,
        last_stages.used,
        last_stages.asked
    ));
}

/// Classes that a score says nothing of.
pub fn print_never_held_out(labels: &[String]) {
    if !labels.is_empty() {
        print_line(format_args!(
            "    not judged: {}; of a single photo none can be held out, so add different ones",
            labels.join(", ")
        ));
    }
}

/// Near-duplicates across the two sides.
pub fn print_look_alikes(count: usize) {
    if count > 0 {
        print_line(format_args!(
            "    {count} of these look like photos learnt from, because their class holds nothing else: the score says little \
             of photos that look different"
        ));
    }
}

/// What the curves show, and what helps. `stopped` says that the classifier was kept from it, by fewer epochs.
pub fn print_overfitting(overfitting: &Overfitting, stopped: bool) {
    print_line(format_args!(
        "overfitting: after epoch {} the loss on held-out photos rose from {:.2} to {:.2} while the network went on learning its own",
        overfitting.epoch, overfitting.lowest_val_loss, overfitting.last_val_loss
    ));
    print_line(format_args!(
        "    at the end {} of its own photos are right and {} of the others",
        percent(overfitting.train_top1),
        percent(overfitting.val_top1)
    ));
    print_line(if stopped {
        "    the classifier that was kept stopped before that"
    } else {
        "    more photos help, or --augment, fewer --last-stages, fewer --epochs"
    });
}
