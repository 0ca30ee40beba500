//! From findings and speed to a regime, its settings, and the reasons.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cost::{Speed, expected_seconds};
use super::similarity::Similarity;
use super::trial::Trial;
use crate::backbone::architecture::Architecture;
use crate::error::Result;
use crate::score::interval::Interval;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::{Regime, usual_draws, usual_epochs};

/// A similarity from which the photos count as like ImageNet. Flowers (0.54) lie above and hands before a wall (0.32) below; of
/// the former the output layer alone learns more than deeper stages do, of the latter less.
const SIMILAR: f64 = 0.43;
/// Between the two the photos are asked: where the frozen features tell the classes apart less well than this, deeper stages
/// have something to gain.
const SIMILAR_FOR_SURE: f64 = 0.5;
const TOLD_APART: f64 = 0.85;
/// Where the frozen features tell the classes apart this well at the lower end of the interval, nothing is left to gain.
const NOTHING_TO_GAIN: f64 = 0.97;
/// Nor where so many of few photos are told right: ten photos each of seven flowers, all of them right and
/// less like ImageNet than [`SIMILAR`], came out a point worse for three stages that took twenty times as long. Of hand signs, ten a
/// class, 0.967 are told right and stages that learn bring two points.
const HARDLY_ANYTHING_TO_GAIN: f64 = 0.985;
/// But fewer than some forty photos cannot say so: of 25 hand signs all were told right, and of the others 90 %. So much the lower end of the
/// interval has to reach.
const TOO_FEW_TO_SAY_SO: f64 = 0.93;
/// The loss of deeper stages in a try by that of the output layer, up to which they are expected to pay with all of the photos. Above 1, since it is
/// with more photos that they gain, and in a half there are fewer than in the whole. Halves of 25 or 50 photos are noisy, so that what is known of
/// other photos counts too: unlike ones gain mostly, like ones rarely (`docs/advice.md`).
const PAYS_IF_UNLIKE: f64 = 1.5;
const PAYS_IN_BETWEEN: f64 = 1.25;
const PAYS_IF_SIMILAR: f64 = 0.75;
/// Photos a class from which there are many: enough to move all stages without learning them by heart.
const MANY: usize = 100;
/// Photos a class from which random weights can catch up with pretrained ones on unlike photos.
const VERY_MANY: usize = 2000;
/// A class with fewer photos than this makes every number about it a guess, and deeper stages would learn its photos by heart:
/// of hand signs, three a class, the last three stages reached 0.89 on other photos, the output layer with 16 draws 0.91.
const VERY_FEW: usize = 5;
/// The source model can do the job itself when it tells this fraction of the photos apart.
const ALREADY_KNOWN: f64 = 0.9;

/// What was found out about the photos.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    pub photos: usize,
    pub classes: usize,
    /// Photos of the smallest and of the largest class.
    pub smallest: usize,
    pub largest: usize,
    /// `None` where the network has no output layer of its own to ask.
    pub similarity: Option<Similarity>,
    /// How well an output layer on frozen features tells the classes apart; `None` where no photo can be held out.
    pub separability: Option<Separability>,
    /// What a short try of deeper stages has brought; `None` where it was not open, or would have taken too long.
    pub trial: Option<Trial>,
}

impl Findings {
    fn per_class(&self) -> usize {
        self.photos / self.classes.max(1)
    }

    /// Whether the output layer tells the photos apart so well that nothing is left to gain.
    fn is_solved(&self) -> bool {
        self.separability.is_some_and(|Separability { accuracy, interval, .. }| {
            let few_but_right = accuracy >= HARDLY_ANYTHING_TO_GAIN && interval.low >= TOO_FEW_TO_SAY_SO;
            interval.low >= NOTHING_TO_GAIN || (self.per_class() < MANY && few_but_right)
        })
    }
}

/// Whether a try could tell what to train: between the output layer alone and deeper stages, of photos that are neither so few nor so many, nor so
/// easy, that it needs none, and some of which can be held out.
pub fn is_open(findings: &Findings, wish: &TrainConfig) -> bool {
    let amount = (VERY_FEW..MANY).contains(&findings.per_class()) && findings.separability.is_some();
    wish.needs_advice() && amount && !findings.is_solved()
}

/// A cross-validation of the output layer alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Separability {
    /// Fraction of held-out photos that were told right.
    pub accuracy: f64,
    /// Where it lies for new photos, at 95 %.
    pub interval: Interval,
    pub folds: usize,
}

/// A sentence of the advice: `code` and `params` for whoever translates, `text` in English.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    pub code: &'static str,
    pub params: BTreeMap<&'static str, f64>,
    pub text: String,
}

/// One training that was considered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    pub regime: Regime,
    /// Settled: a training with it is this plan.
    pub config: TrainConfig,
    /// How long it should take, from what is embedded by now.
    pub seconds: f64,
}

/// What to train, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    pub plan: Plan,
    pub reasons: Vec<Reason>,
    pub findings: Findings,
    pub speed: Speed,
    pub time_limit: f64,
    /// What would have been advised with all the time in the world, where that is something else.
    pub without_limit: Option<Plan>,
    /// Every regime at its usual settings, to compare and to choose from.
    pub regimes: Vec<Plan>,
}

/// Decides. `wish` holds what the person chose already (everything that differs from the defaults is kept) and the time limit;
/// `embedded` tells how many of the pictures of a settled training are embedded.
///
/// # Errors
/// `invalid-option` where the wishes contradict each other.
pub fn decide(
    findings: Findings,
    speed: Speed,
    wish: &TrainConfig,
    embedded: impl Fn(&TrainConfig) -> usize,
    architecture: &Architecture,
) -> Result<Advice> {
    let photos = findings.photos;
    let plan = |config: TrainConfig| -> Result<Plan> {
        let config = config.settle(architecture, photos)?;
        let pace = findings.trial.filter(|_| config.last_stages > 0).map_or(1.0, |trial| trial.pace());
        let seconds = pace * expected_seconds(&config, photos, embedded(&config), &speed, architecture);
        Ok(Plan { regime: config.regime, config, seconds })
    };
    let (regime, mut reasons) = choose(&findings);
    let similar = findings.similarity.is_some_and(|similarity| similarity.score >= SIMILAR);
    let plans: Vec<Plan> = ladder(regime, wish, photos, similar).into_iter().map(&plan).collect::<Result<_>>()?;
    // What the try took is gone.
    let limit = wish.time_limit - findings.trial.map_or(0.0, |trial| trial.seconds);
    let fitting = plans.iter().position(|plan| plan.seconds <= limit);
    let chosen = fitting.unwrap_or(plans.len() - 1);
    let advised = plans[chosen].clone();
    let without_limit = (chosen > 0).then(|| plans[0].clone());
    if let Some(better) = &without_limit {
        reasons.push(limited(better, &advised, wish.time_limit));
    }
    let usual = [Regime::Head, Regime::LastK, Regime::Full, Regime::Scratch];
    let usual = usual.map(|regime| TrainConfig { regime, last_stages: 0, input_size: 0, epochs: 0, ..wish.clone() });
    let regimes = usual.into_iter().map(plan).collect::<Result<_>>()?;
    Ok(Advice { plan: advised, reasons, findings, speed, time_limit: wish.time_limit, without_limit, regimes })
}

/// The regime that the table of the four gives, and what speaks for it.
fn choose(findings: &Findings) -> (Regime, Vec<Reason>) {
    let Findings { photos, smallest, largest, similarity, separability, trial, .. } = findings;
    let per_class = findings.per_class();
    let score = similarity.map(|similarity| similarity.score);
    let told_apart = separability.map(|separability| separability.accuracy);
    let similar = match (score, told_apart) {
        (Some(score), Some(accuracy)) if (SIMILAR..SIMILAR_FOR_SURE).contains(&score) => accuracy >= TOLD_APART,
        (Some(score), _) => score >= SIMILAR,
        (None, Some(accuracy)) => accuracy >= TOLD_APART,
        // Nothing is known: the safest.
        (None, None) => true,
    };
    let mut reasons = vec![amount(per_class, *photos), score.map_or_else(unknown_likeness, likeness)];
    if let Some(Separability { accuracy, interval, folds }) = separability {
        reasons.push(reason(
            "separability",
            &[("accuracy", *accuracy), ("low", interval.low), ("high", interval.high), ("folds", *folds as f64)],
            format!(
                "An output layer on the frozen features tells {:.0} % of photos right that it has not seen ({:.0} to {:.0} % \
                 on new photos).",
                accuracy * 100.0,
                interval.low * 100.0,
                interval.high * 100.0
            ),
        ));
    }
    reasons.extend(trial.as_ref().map(tried));
    let (regime, (code, text)) = match (similar, per_class) {
        _ if findings.is_solved() => (Regime::Head, SOLVED),
        _ if trial.is_some_and(|trial| trial.ratio() <= pays_up_to(score)) => (Regime::LastK, DEEPER_PAYS),
        _ if trial.is_some() => (Regime::Head, DEEPER_DOES_NOT_PAY),
        (true, ..MANY) => (Regime::Head, HEAD),
        (false, ..VERY_FEW) => (Regime::Head, TOO_FEW),
        (false, ..MANY) => (Regime::LastK, LAST_K),
        (false, VERY_MANY..) => (Regime::Scratch, SCRATCH),
        _ => (Regime::Full, FULL),
    };
    reasons.push(reason(code, &[], text.to_owned()));
    if largest > &(2 * smallest) {
        reasons.push(reason(
            "imbalance",
            &[("smallest", *smallest as f64), ("largest", *largest as f64)],
            format!("The classes are uneven ({smallest} to {largest} photos): the small ones will count for more."),
        ));
    }
    if *smallest < VERY_FEW {
        reasons.push(reason(
            "very-few",
            &[("smallest", *smallest as f64)],
            format!("The smallest class has {smallest} photos: a few more would help more than any setting."),
        ));
    }
    reasons.push(worth(findings));
    (regime, reasons)
}

/// The largest ratio of losses in a try with which deeper stages pay.
fn pays_up_to(similarity: Option<f64>) -> f64 {
    match similarity {
        Some(score) if score < SIMILAR => PAYS_IF_UNLIKE,
        Some(score) if score >= SIMILAR_FOR_SURE => PAYS_IF_SIMILAR,
        _ => PAYS_IN_BETWEEN,
    }
}

fn amount(per_class: usize, photos: usize) -> Reason {
    let params = [("perClass", per_class as f64), ("photos", photos as f64), ("many", MANY as f64)];
    match per_class {
        ..MANY => {
            reason("few-photos", &params, format!("Few photos: {per_class} a class; many would be {MANY} or more."))
        }
        _ => reason("many-photos", &params, format!("Many photos: {per_class} a class.")),
    }
}

fn unknown_likeness() -> Reason {
    let text = "How like the pictures of its pretraining they are cannot be told, since this network knows too few classes, \
                or none: what the frozen features can tell apart decides.";
    reason("no-source", &[], text.to_owned())
}

fn likeness(score: f64) -> Reason {
    let params = [("similarity", score), ("threshold", SIMILAR)];
    if (SIMILAR..SIMILAR_FOR_SURE).contains(&score) {
        let text = format!(
            "They are somewhat like what the network was pretrained on: similarity {score:.2}; so what the frozen features can \
             tell apart decides."
        );
        reason("between", &params, text)
    } else if score >= SIMILAR {
        let text =
            format!("They are like what the network was pretrained on: similarity {score:.2} (from {SIMILAR} up).");
        reason("similar", &params, text)
    } else {
        let text =
            format!("They are unlike what the network was pretrained on: similarity {score:.2} (below {SIMILAR}).");
        reason("unlike", &params, text)
    }
}

fn tried(trial: &Trial) -> Reason {
    let Trial { head, deeper, photos, seconds, .. } = *trial;
    let params = [
        ("photos", photos as f64),
        ("headAccuracy", head.accuracy),
        ("headLoss", head.loss),
        ("deeperAccuracy", deeper.accuracy),
        ("deeperLoss", deeper.loss),
        ("seconds", seconds),
    ];
    let text = format!(
        "Tried for {seconds:.0} s, each half of the photos judged by the other: the output layer alone tells {:.0} % right, at a loss of {:.2}; with the last stage {:.0} %, at a loss of {:.2}.",
        head.accuracy * 100.0,
        head.loss,
        deeper.accuracy * 100.0,
        deeper.loss
    );
    reason("tried", &params, text)
}

/// Verdicts: code and text.
const SOLVED: (&str, &str) =
    ("verdict-solved", "The frozen features already tell the classes apart: nothing deeper has anything to gain.");
const HEAD: (&str, &str) = ("verdict-head", "Few and similar: the output layer alone is enough, and the safest.");
const TOO_FEW: (&str, &str) = (
    "verdict-too-few",
    "Unlike, but so few that deeper stages would learn them by heart: the output layer alone, with many draws.",
);
const LAST_K: (&str, &str) =
    ("verdict-last-k", "Few and unlike: the last stages should learn along with the output layer.");
const DEEPER_PAYS: (&str, &str) =
    ("verdict-deeper-pays", "The last stages gain by these photos: they should learn along with the output layer.");
const DEEPER_DOES_NOT_PAY: (&str, &str) = (
    "verdict-deeper-does-not-pay",
    "The last stages do not gain enough by these photos: the output layer alone is safer, and far quicker.",
);
const FULL: (&str, &str) = ("verdict-full", "Many photos: all stages may learn, from the pretrained weights.");
const SCRATCH: (&str, &str) = ("verdict-scratch", "Very many and unlike: training from random weights can pay.");

/// Whether fine-tuning pays at all.
fn worth(findings: &Findings) -> Reason {
    let Findings { similarity, separability, classes, .. } = findings;
    if let Some(known) =
        similarity.map(|similarity| similarity.already_told_apart).filter(|known| *known >= ALREADY_KNOWN)
    {
        let text = format!(
            "The source model already tells {:.0} % of these photos apart by its own 1000 classes: training adds your names \
             and little else.",
            known * 100.0
        );
        return reason("already-known", &[("fraction", known)], text);
    }
    let chance = 1.0 / *classes as f64;
    match separability {
        Some(Separability { interval, .. }) if interval.low <= chance => {
            let text = format!(
                "So far the classes cannot be told apart better than by guessing ({:.0} %): check the labels, or add photos, \
                 before expecting anything of a training.",
                chance * 100.0
            );
            reason("no-better-than-chance", &[("chance", chance)], text)
        }
        _ => reason(
            "pays",
            &[],
            "Fine-tuning pays here: the source model does not know these classes, and a network of one's own would need \
             thousands of photos."
                .to_owned(),
        ),
    }
}

fn limited(better: &Plan, advised: &Plan, limit: f64) -> Reason {
    let config = |plan: &Plan| {
        let TrainConfig { last_stages, epochs, .. } = plan.config;
        format!("{last_stages} stages, {} draws, {epochs} epochs", plan.config.draws())
    };
    let params = [
        ("limit", limit),
        ("seconds", better.seconds),
        ("stages", better.config.last_stages as f64),
        ("draws", better.config.draws() as f64),
        ("epochs", better.config.epochs as f64),
    ];
    let text = format!(
        "The time limit of {limit:.0} s costs something: {} would take about {:.0} s; advised are {}.",
        config(better),
        better.seconds,
        config(advised)
    );
    reason("time-limit", &params, text)
}

fn reason(code: &'static str, params: &[(&'static str, f64)], text: String) -> Reason {
    Reason { code, params: params.iter().copied().collect(), text }
}

/// The trainings of a regime, from the best to the cheapest; the cheapest is the output layer alone on the photos as they are.
/// Where stages learn, epochs cost most and go first, then draws, which cost their embedding, then depth. What the
/// person chose is not touched. `similar`: to ImageNet's photos. Of these an output layer learns nothing by draws (flowers, and rubbish with
/// three a class a point less), where of sketches and hand signs it learns one or two points (`docs/advice.md`).
fn ladder(regime: Regime, wish: &TrainConfig, photos: usize, similar: bool) -> Vec<TrainConfig> {
    let most = if similar { 0 } else { usual_draws(Regime::Head, photos, wish.batch_size) };
    let deeper = usual_draws(Regime::LastK, photos, wish.batch_size);
    let fewer = [16, 8, 4, 2, 0].into_iter().filter(|&draws| draws < most);
    let head: Vec<_> = std::iter::once(most).chain(fewer).map(|draws| (Regime::Head, 0, draws, 1.0)).collect();
    let last_k = [(3, deeper, 1.0), (3, deeper.min(8), 0.75), (3, 4, 0.5), (2, 4, 0.5), (2, 2, 0.5), (1, 2, 0.5)]
        .map(|(stages, draws, epochs)| (Regime::LastK, stages, draws, epochs));
    let all = |regime| [1.0, 0.5].map(|epochs| (regime, 0, usual_draws(regime, photos, wish.batch_size), epochs));
    let steps: Vec<(Regime, usize, i32, f64)> = match regime {
        Regime::Head | Regime::Auto => head,
        Regime::LastK => [&last_k[..], &head].concat(),
        Regime::Full => [&all(Regime::Full)[..], &last_k, &head].concat(),
        Regime::Scratch => [&all(Regime::Scratch)[..], &all(Regime::Full), &last_k, &head].concat(),
    };
    let plans = steps.into_iter().map(|(regime, last_stages, augment, share)| {
        let usual = usual_epochs(regime, photos, wish.batch_size) as f64;
        TrainConfig {
            regime,
            last_stages,
            augment: if wish.augment < 0 { augment } else { wish.augment },
            epochs: if wish.epochs == 0 { (usual * share).ceil() as usize } else { wish.epochs },
            ..wish.clone()
        }
    });
    let mut plans: Vec<TrainConfig> = plans.collect();
    plans.dedup();
    plans
}
