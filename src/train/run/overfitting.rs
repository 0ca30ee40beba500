//! Overfitting, where the curves of a fit show it: the network goes on learning its own photos and gets worse on others.

use serde::Serialize;

use super::epoch::EpochEvent;

/// Epochs whose mean stands for one: a single epoch's loss jumps.
const WINDOW: usize = 3;
/// The validation loss must end this many standard errors above its lowest.
const CLEARLY: f64 = 2.0;
/// And at least this fraction of itself above it, however many photos were held out: less makes no difference to anybody.
const NOTICEABLE: f64 = 0.1;
/// And the training loss must have fallen by this fraction meanwhile: otherwise the fit has come apart, which is another thing.
const LEARNT: f64 = 0.1;

/// Where the curves of a fit part, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overfitting {
    /// The last epoch that was of use to new photos: their loss is lowest there.
    pub epoch: usize,
    /// The loss on held-out photos around that epoch, and at the end of the fit.
    pub lowest_val_loss: f64,
    pub last_val_loss: f64,
    /// Of the lowest loss, by the number of held-out photos: by so much it may be off by chance.
    pub standard_error: f64,
    /// Accuracies at the end, on the photos learnt from and on those held out, and the first less the second.
    pub train_top1: f64,
    pub val_top1: f64,
    pub gap: f64,
}

/// Whether a fit overfitted, from its history and the number of (independent) photos it was judged on. `None` where it did not,
/// where nothing was held out, and where the history is shorter than two windows.
///
/// Losses are means over three epochs. The fit overfitted when the validation loss at its end is above its lowest by more than
/// two standard errors and more than a tenth, and the training loss fell by more than a tenth in between.
///
/// The losses of photos are spread like their mean or wider (two and a half times, on real photos of hand signs), so the mean of `n`
/// is uncertain by `mean / √n` or more. Both means are of the same photos, which cancels most of what the wider spread adds. That makes 0.45 of the lowest loss with 20 photos held
/// out, 0.2 with 100: what fewer photos cannot show is not said.
pub fn overfitting(history: &[EpochEvent], held_out: f64) -> Option<Overfitting> {
    let val: Vec<f64> = history.iter().map(|epoch| epoch.val_loss).collect::<Option<_>>()?;
    let train: Vec<f64> = history.iter().map(|epoch| epoch.train_loss).collect();
    if val.len() < 2 * WINDOW || held_out <= 0.0 {
        return None;
    }
    let (val_means, train_means) = (means(&val), means(&train));
    let (lowest, &low) = val_means.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
    let (&last, &train_last) = (val_means.last()?, train_means.last()?);
    let standard_error = low / held_out.sqrt();
    let risen = last - low > (CLEARLY * standard_error).max(NOTICEABLE * low);
    let learnt = train_last < (1.0 - LEARNT) * train_means[lowest];
    if !risen || !learnt {
        return None;
    }
    let window = &val[lowest..lowest + WINDOW];
    let (within, _) = window.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
    let end = history.last()?;
    let val_top1 = end.val_top1?;
    Some(Overfitting {
        epoch: history[lowest + within].epoch,
        lowest_val_loss: low,
        last_val_loss: last,
        standard_error,
        train_top1: end.train_top1,
        val_top1,
        gap: end.train_top1 - val_top1,
    })
}

/// The mean of every window.
fn means(values: &[f64]) -> Vec<f64> {
    values.windows(WINDOW).map(|window| window.iter().sum::<f64>() / WINDOW as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::train::run::epoch::FitPhase;

    /// A history with these losses, the accuracy 1 on training photos and 0.7 on held-out ones.
    fn history(losses: impl IntoIterator<Item = (f64, f64)>) -> Vec<EpochEvent> {
        let losses: Vec<(f64, f64)> = losses.into_iter().collect();
        let epochs = losses.len();
        let event = |(index, (train_loss, val_loss))| EpochEvent {
            phase: FitPhase::Holdout,
            epoch: index + 1,
            epochs,
            train_loss,
            train_top1: 1.0,
            train_top5: None,
            val_loss: Some(val_loss),
            val_top1: Some(0.7),
            val_top5: None,
        };
        losses.into_iter().enumerate().map(event).collect()
    }

    /// Falls from 1.5 to `low` at `turn`, then rises by `slope` an epoch; the training loss falls all the time.
    fn turning(turn: usize, low: f64, slope: f64) -> Vec<EpochEvent> {
        history((1..=20).map(|epoch| {
            let val = if epoch <= turn {
                low + (1.5 - low) * (turn - epoch) as f64 / turn as f64
            } else {
                low + slope * (epoch - turn) as f64
            };
            (1.5 * 0.8f64.powi(epoch as i32), val)
        }))
    }

    #[test]
    fn a_loss_that_turns_is_named_with_its_epoch_and_gap() {
        let found = overfitting(&turning(8, 0.5, 0.05), 40.0).unwrap();
        assert_eq!(found.epoch, 8);
        // Means of epochs 8 to 10 and 18 to 20: 0.5 + (0 + 0.05 + 0.1) / 3 and 0.5 + 0.05 · 11.
        assert!((found.lowest_val_loss - 0.55).abs() < 1e-12 && (found.last_val_loss - 1.05).abs() < 1e-12);
        assert!((found.standard_error - found.lowest_val_loss / 40f64.sqrt()).abs() < 1e-12);
        assert!((found.gap - 0.3).abs() < 1e-12 && found.train_top1 == 1.0 && found.val_top1 == 0.7);
    }

    #[test]
    fn the_same_rise_takes_enough_photos_to_be_told() {
        // From 0.52 to 0.72, by two fifths: two standard errors are 0.45 of the loss with 20 photos, 0.2 with 100.
        let curves = turning(8, 0.5, 0.02);
        assert_eq!(overfitting(&curves, 20.0), None);
        assert!(overfitting(&curves, 100.0).is_some());
        let barely = turning(8, 0.5, 0.003);
        assert_eq!(overfitting(&barely, 1e6), None, "a rise of a few hundredths is nobody's trouble");
    }

    #[test]
    fn curves_that_do_not_part_are_left_alone() {
        assert_eq!(overfitting(&turning(20, 0.5, 0.0), 100.0), None, "still falling");
        let flat = history((1..=20).map(|epoch| (1.5 * 0.8f64.powi(epoch), 0.5 + 0.8 * 0.7f64.powi(epoch))));
        assert_eq!(overfitting(&flat, 100.0), None, "level");
        let apart = history((1..=20).map(|epoch| (0.2 + 0.05 * f64::from(epoch), 0.3 + 0.06 * f64::from(epoch))));
        assert_eq!(overfitting(&apart, 100.0), None, "both rise: a fit that comes apart has not overfitted");
    }

    #[test]
    fn one_bad_epoch_is_noise_and_a_short_history_says_nothing() {
        let mut losses: Vec<(f64, f64)> =
            (1..=20).map(|epoch| (1.5 * 0.8f64.powi(epoch), 0.5 + 0.8 * 0.7f64.powi(epoch))).collect();
        losses[19].1 = 0.7;
        losses[9].1 = 0.35;
        assert_eq!(overfitting(&history(losses), 40.0), None);
        assert_eq!(overfitting(&history([(1.0, 0.2), (0.5, 0.4), (0.2, 0.8), (0.1, 1.2), (0.05, 2.0)]), 100.0), None);
        let mut unjudged = turning(8, 0.5, 0.05);
        unjudged.iter_mut().for_each(|epoch| epoch.val_loss = None);
        assert_eq!(overfitting(&unjudged, 40.0), None);
        assert_eq!(overfitting(&[], 40.0), None);
    }

    #[test]
    fn the_noise_of_a_level_loss_is_seldom_called_overfitting() {
        // A loss that stays level, with jumps from epoch to epoch of half a standard error: as large as a constant learning rate
        // makes them. Of a thousand such fits, for each number of photos, at most one in a hundred is accused.
        for photos in [10.0f64, 33.0, 100.0] {
            let mut rng = Rng::new(7);
            let accused = (0..1000).filter(|_| {
                let losses = (1..=30).map(|epoch| {
                    let noise = f64::from(rng.normal()) * 0.5 * 0.4 / photos.sqrt();
                    (1.5 * 0.85f64.powi(epoch), (0.4 + noise).max(0.01))
                });
                overfitting(&history(losses), photos).is_some()
            });
            assert!(accused.count() <= 10, "{photos} photos");
        }
    }
}
