//! Comparisons of trainings: the same photos for every run, schedules that are fixed beforehand, differences that add up, and how
//! often the interval of a difference holds the true one.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::{
    TOY_LABELS, add_drawn, drawn, folder, head, json, lastlayer, stages, toy_session, train, weights_file, write_png,
};
use lastlayer::data::dataset::{Added, PhotoId};
use lastlayer::error::{Error, ErrorCode};
use lastlayer::eval::compared::{Compared, ComparedRun};
use lastlayer::eval::comparison_config::{ComparisonConfig, HOLDOUT, NamedConfig};
use lastlayer::image::Pixels;
use lastlayer::rng::Rng;
use lastlayer::score::paired::PairedCounts;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;

fn of(runs: &[(&str, TrainConfig)]) -> ComparisonConfig {
    let runs = runs.iter().map(|(name, config)| NamedConfig { name: (*name).into(), config: config.clone() }).collect();
    ComparisonConfig { runs, holdout: HOLDOUT, seed: 3 }
}

fn short(config: TrainConfig, epochs: usize) -> TrainConfig {
    TrainConfig { epochs, ..config }
}

/// Every event but the last, and the result. `photo` is asked for photos whose pixels are wanted again, at another split.
fn compare(
    session: &mut Session,
    config: ComparisonConfig,
    photo: impl Fn(PhotoId) -> Pixels,
) -> Result<(Vec<StepEvent>, Compared), Error> {
    session.start_comparison(config)?;
    let mut events = Vec::new();
    loop {
        match pollster::block_on(session.step())? {
            StepEvent::Compared { comparison } => return Ok((events, *comparison)),
            StepEvent::NeedPhotos { ids } => {
                for id in ids {
                    session.supply_photo(id, &photo(id))?;
                }
            }
            event => events.push(event),
        }
    }
}

/// The photos of `classes` classes of `per_class` photos, as `add_drawn` adds them.
fn as_drawn(per_class: u32) -> impl Fn(PhotoId) -> Pixels {
    move |id| drawn((id / per_class) as usize, u64::from(id), 40, 36)
}

/// Every third photo of a class shows the next class, so that not everything can be right.
fn muddled(per_class: u32) -> impl Fn(PhotoId) -> Pixels {
    move |id| drawn(((id / per_class) as usize + usize::from(id % 3 == 0)) % 3, u64::from(id), 40, 36)
}

fn add(session: &mut Session, per_class: u32, photo: impl Fn(PhotoId) -> Pixels) {
    for id in 0..3 * per_class {
        let label = TOY_LABELS[(id / per_class) as usize];
        let added = session.add_photo(id, &format!("{id}.png"), label, &format!("hash {id}"), &photo(id));
        assert_eq!(added.unwrap(), Added::New);
    }
}

#[test]
fn all_runs_learn_from_the_same_photos_and_are_judged_on_the_same_others() {
    let mut session = toy_session();
    add(&mut session, 12, muddled(12));
    let runs = [("head", short(head(), 12)), ("two", short(stages(2), 4)), ("all", short(stages(3), 3))];
    let (events, compared) = compare(&mut session, of(&runs), muddled(12)).unwrap();
    assert_eq!((compared.train_images, compared.held_out.len()), (24, 12));
    let per_class = |class| compared.labels.iter().filter(|&&label| label == class).count();
    assert_eq!([0, 1, 2].map(per_class), [4, 4, 4]);
    assert!(compared.held_out.iter().zip(&compared.labels).all(|(&id, &label)| id as usize / 12 == label));
    for (run, (name, config)) in compared.runs.iter().zip(&runs) {
        assert_eq!((run.name.as_str(), run.config.last_stages), (*name, config.last_stages));
        assert_eq!(run.history.len(), config.epochs, "a fixed schedule, for the output layer too");
        let right = run.predicted.iter().zip(&compared.labels).filter(|(predicted, label)| predicted == label).count();
        assert_eq!((run.predicted.len(), run.val.count), (12, 12));
        assert!((run.val.top1 - right as f64 / 12.0).abs() < 1e-12);
        let last = run.history.last().unwrap();
        assert!((last.val_loss.unwrap() - run.val.loss).abs() < 1e-5 && last.val_top1 == Some(run.val.top1));
        assert!(run.accuracy.low <= run.val.top1 && run.val.top1 <= run.accuracy.high);
    }
    assert!(compared.runs.iter().any(|run| run.val.top1 < 1.0), "with wrong labels something must go wrong");

    // Every event but a look at the photos says whose it is, in the order of the runs.
    let whose: Vec<(usize, &str)> = events
        .iter()
        .filter_map(|event| match event {
            StepEvent::Run { run, runs: 3, name, .. } => Some((*run, name.as_str())),
            StepEvent::Embed { .. } | StepEvent::NeedPhotos { .. } | StepEvent::ComparedSoFar { .. } => None,
            event => panic!("{event:?}"),
        })
        .collect();
    assert!(whose.is_sorted());
    let mut distinct = whose.clone();
    distinct.dedup();
    assert_eq!(distinct, [(1, "head"), (2, "two"), (3, "all")]);
}

#[test]
fn differences_are_of_the_same_photos() {
    let mut session = toy_session();
    add(&mut session, 12, muddled(12));
    let runs = [("none", short(head(), 1)), ("some", short(head(), 20)), ("same", short(head(), 20))];
    let (_, compared) = compare(&mut session, of(&runs), muddled(12)).unwrap();
    let pairs: Vec<[usize; 2]> = compared.differences.iter().map(|difference| [difference.a, difference.b]).collect();
    assert_eq!(pairs, [[0, 1], [0, 2], [1, 2]]);
    for difference in &compared.differences {
        let [a, b] = [difference.a, difference.b].map(|run| &compared.runs[run]);
        assert_eq!(difference.counts.photos(), 12);
        assert!((difference.difference - (b.val.top1 - a.val.top1)).abs() < 1e-12);
        assert_eq!(difference.interval, difference.counts.interval(compared.independent));
        assert!(difference.interval.low < difference.difference && difference.difference < difference.interval.high);
    }
    let same = &compared.differences[2];
    assert_eq!((same.counts.only_a, same.counts.only_b, same.difference), (0, 0, 0.0), "one seed, one result");
    assert!(!same.is_clear());
    assert_eq!(compared.runs[1].history, compared.runs[2].history);
    let again = compare(&mut session, of(&runs), muddled(12)).unwrap().1;
    assert_eq!((again.held_out, &again.runs[1].predicted), (compared.held_out.clone(), &compared.runs[1].predicted));
    let other = compare(&mut session, ComparisonConfig { seed: 4, ..of(&runs) }, muddled(12)).unwrap().1;
    assert_ne!(other.held_out, compared.held_out);
}

#[test]
fn runs_that_are_over_are_told_before_the_others_are_and_outlive_what_ends_those() {
    let mut session = toy_session();
    add(&mut session, 12, muddled(12));
    let config = of(&[("head", short(head(), 12)), ("two", short(stages(2), 4)), ("all", short(stages(3), 3))]);
    let (events, whole) = compare(&mut session, config.clone(), muddled(12)).unwrap();
    let so_far: Vec<&Compared> = events
        .iter()
        .filter_map(|event| match event {
            StepEvent::ComparedSoFar { comparison } => Some(&**comparison),
            _ => None,
        })
        .collect();
    assert_eq!(so_far.iter().map(|compared| compared.runs.len()).collect::<Vec<_>>(), [1, 2]);
    for compared in &so_far {
        assert_eq!((&compared.held_out, &compared.labels), (&whole.held_out, &whole.labels));
        for (run, whole) in compared.runs.iter().zip(&whole.runs) {
            assert_eq!((&run.name, run.val, &run.predicted), (&whole.name, whole.val, &whole.predicted));
        }
    }
    assert_eq!((so_far[0].differences.len(), &so_far[1].differences[..]), (0, &whole.differences[..1]));

    // A photo that has gone: what is lacking is asked for by the second run, after the first was told.
    session.start_comparison(config).unwrap();
    let mut told = None;
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::ComparedSoFar { comparison } => told = Some(comparison),
            StepEvent::NeedPhotos { ids } if told.is_none() => {
                ids.iter().for_each(|&id| session.supply_photo(id, &muddled(12)(id)).unwrap());
            }
            StepEvent::NeedPhotos { .. } => break,
            StepEvent::Compared { .. } => panic!("no photo was asked for again"),
            _ => {}
        }
    }
    session.cancel_training();
    let told = told.unwrap();
    assert_eq!((&told.runs[0].history, told.runs[0].val), (&whole.runs[0].history, whole.runs[0].val));
}

#[test]
fn a_run_is_the_training_without_its_refit() {
    let mut session = toy_session();
    add(&mut session, 9, muddled(9));
    let config = TrainConfig { holdout: 0.4, seed: 3, ..short(stages(2), 5) };
    let (_, report) = train(&mut session, config.clone());
    let compared = ComparisonConfig { holdout: 0.4, ..of(&[("deep", config), ("head", short(head(), 5))]) };
    let (_, compared) = compare(&mut session, compared, muddled(9)).unwrap();
    assert_eq!(compared.held_out.len(), report.held_out);
    for (ours, theirs) in compared.runs[0].history.iter().zip(&report.history) {
        assert!((ours.train_loss - theirs.train_loss).abs() < 1e-6, "{ours:?} against {theirs:?}");
        assert!((ours.val_loss.unwrap() - theirs.val_loss.unwrap()).abs() < 1e-6);
    }
    assert!((compared.runs[0].val.loss - report.val.unwrap().loss).abs() < 1e-5);
}

#[test]
fn held_out_photos_teach_nothing() {
    let runs = of(&[("a", short(head(), 6)), ("b", short(stages(2), 3))]);
    let compared = |photo: &dyn Fn(PhotoId) -> Pixels| {
        let mut session = toy_session();
        add(&mut session, 9, photo);
        compare(&mut session, runs.clone(), photo).unwrap().1
    };
    let plain = compared(&as_drawn(9));
    // Noise takes the places of the held-out photos.
    let spoilt = compared(&|id| {
        let mut rng = Rng::new(u64::from(id));
        match plain.held_out.contains(&id) {
            true => Pixels { width: 40, height: 36, rgb: (0..4320).map(|_| rng.below(256) as u8).collect() },
            false => as_drawn(9)(id),
        }
    });
    assert_eq!(spoilt.held_out, plain.held_out, "else this shows nothing");
    for (plain, spoilt) in plain.runs.iter().zip(&spoilt.runs) {
        let losses = |run: &ComparedRun| run.history.iter().map(|epoch| epoch.train_loss).collect::<Vec<_>>();
        assert_eq!(losses(plain), losses(spoilt));
        assert_ne!(plain.val.loss, spoilt.val.loss);
    }
}

#[test]
fn the_classifier_answers_meanwhile_and_stays_as_it_is() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 6, 0);
    train(&mut session, short(stages(1), 3));
    let photo = drawn(1, 77, 40, 40);
    let ask = |session: &Session| pollster::block_on(session.predict(&photo, 3, ModelChoice::Auto)).unwrap();
    let before = ask(&session);
    let config = of(&[
        ("all", short(stages(3), 2)),
        ("head", short(head(), 3)),
        ("augmented", TrainConfig { augment: 2, ..short(head(), 2) }),
    ]);
    session.start_comparison(config.clone()).unwrap();
    assert_eq!(session.add_class("another").unwrap_err().code, ErrorCode::Busy);
    loop {
        let event = pollster::block_on(session.step()).unwrap();
        assert_eq!(ask(&session), before);
        if let StepEvent::NeedPhotos { ids } = &event {
            for &id in ids {
                session.supply_photo(id, &drawn(id as usize / 6, u64::from(id), 40, 36)).unwrap();
            }
        }
        if matches!(event, StepEvent::Compared { .. }) {
            break;
        }
    }
    assert!(!session.is_training());
    session.start_comparison(config).unwrap();
    for _ in 0..5 {
        pollster::block_on(session.step()).unwrap();
    }
    session.cancel_training();
    assert_eq!(ask(&session), before);
    session.add_class("another").unwrap();
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut session = toy_session();
    let two = [("a", head()), ("b", stages(1))];
    assert_eq!(compare(&mut session, of(&two), as_drawn(1)).unwrap_err().code, ErrorCode::TooFewClasses);
    add_drawn(&mut session, 2, 1, 0);
    assert_eq!(compare(&mut session, of(&two), as_drawn(1)).unwrap_err().code, ErrorCode::TooFewPhotos);
    assert!(!session.is_training());
    add_drawn(&mut session, 2, 5, 10);
    assert_eq!(compare(&mut session, of(&two[..1]), as_drawn(1)).unwrap_err().code, ErrorCode::InvalidOption);
    let auto = [("a", head()), ("b", TrainConfig::default())];
    assert_eq!(compare(&mut session, of(&auto), as_drawn(1)).unwrap_err().code, ErrorCode::InvalidOption);
    let wrong = [("a", head()), ("b", TrainConfig { regime: Regime::Head, last_stages: 1, ..TrainConfig::default() })];
    assert_eq!(compare(&mut session, of(&wrong), as_drawn(1)).unwrap_err().code, ErrorCode::InvalidOption);
}

#[test]
fn overfitting_shows_where_labels_mean_nothing_and_only_there() {
    // What a photo shows has nothing to do with its class, so all that can be learnt is the photos themselves.
    let nonsense = |id: PhotoId| drawn(Rng::new(u64::from(id)).below(3), u64::from(id), 40, 36);
    let long = TrainConfig { learning_rate: 0.03, batch_size: 4, holdout: 0.4, ..short(stages(3), 80) };
    let mut session = toy_session();
    add(&mut session, 12, nonsense);
    let (_, report) = train(&mut session, long.clone());
    let found = report.overfitting.unwrap_or_else(|| panic!("the curves part: {:?}", report.history));
    assert!(found.epoch < 80 && found.gap > 0.3 && found.train_top1 > 0.8, "{found:?}");
    assert!(found.last_val_loss - found.lowest_val_loss > 2.0 * found.standard_error);
    let runs = [("long", long.clone()), ("head", short(head(), 3))];
    let (_, compared) = compare(&mut session, of(&runs), nonsense).unwrap();
    assert!(compared.runs[0].overfitting.is_some() && compared.runs[1].overfitting.is_none());

    let mut session = toy_session();
    add(&mut session, 12, as_drawn(12));
    assert_eq!(train(&mut session, long).1.overfitting, None, "what can be learnt is not learnt by heart");
}

/// How often the interval of a difference holds the true difference: not sampled but summed over every outcome there is, for many
/// pairs of true accuracies and for answers from independent to as correlated as they can be. Nominal is 0.95. `--nocapture` prints
/// the table; the figures asserted are those of Newcombe's paper in kind: near nominal on average, never far below.
#[test]
fn the_interval_of_a_difference_holds_it_as_often_as_it_says() {
    println!("photos  mean  least");
    for photos in [10, 20, 33] {
        let factorials: Vec<f64> = (0..=photos)
            .scan(0.0, |sum, n: usize| {
                *sum += (n.max(1) as f64).ln();
                Some(*sum)
            })
            .collect();
        let outcomes: Vec<(PairedCounts, f64, f64, f64)> = (0..=photos)
            .flat_map(|both_right| (0..=photos - both_right).map(move |only_a| (both_right, only_a)))
            .flat_map(|(both_right, only_a)| {
                (0..=photos - both_right - only_a).map(move |only_b| (both_right, only_a, only_b))
            })
            .map(|(both_right, only_a, only_b)| {
                let both_wrong = photos - both_right - only_a - only_b;
                let counts = PairedCounts { both_right, only_a, only_b, both_wrong };
                let ways = factorials[photos]
                    - [both_right, only_a, only_b, both_wrong].map(|n| factorials[n]).iter().sum::<f64>();
                let interval = counts.interval(photos as f64);
                (counts, ways, interval.low, interval.high)
            })
            .collect();
        let mut covered = Vec::new();
        for a in [0.2, 0.5, 0.7, 0.8, 0.9, 0.95] {
            for b in [0.3, 0.6, 0.7, 0.85, 0.9, 0.98] {
                for share in [0.0, 0.5, 0.9] {
                    let independent: f64 = a * b;
                    let both = independent + share * (f64::min(a, b) - independent);
                    let cells = [both, a - both, b - both, 1.0 - a - b + both].map(|cell: f64| cell.max(1e-300).ln());
                    let truth = b - a;
                    let inside =
                        outcomes.iter().filter(|(_, _, low, high)| (low - 1e-12..=high + 1e-12).contains(&truth));
                    let chance = |(counts, ways, ..): &(PairedCounts, f64, f64, f64)| {
                        let times = [counts.both_right, counts.only_a, counts.only_b, counts.both_wrong];
                        (ways + times.iter().zip(cells).map(|(&n, cell)| n as f64 * cell).sum::<f64>()).exp()
                    };
                    covered.push(inside.map(chance).sum::<f64>());
                }
            }
        }
        let mean = covered.iter().sum::<f64>() / covered.len() as f64;
        let least = covered.iter().copied().fold(1.0, f64::min);
        println!("{photos:>6}  {mean:.3}  {least:.3}");
        assert!((0.94..0.99).contains(&mean), "{photos} photos: {mean}");
        assert!(least > 0.9, "{photos} photos: {least}");
    }
}

#[test]
fn the_command_line_compares() {
    let bad = lastlayer(&["compare", ".", "--run", "head", "--run", "scratch,epochs"]);
    assert!(!bad.status.success() && String::from_utf8_lossy(&bad.stderr).contains("expected OPTION=VALUE"));
    let one = lastlayer(&["compare", ".", "--run", "head"]);
    assert!(String::from_utf8_lossy(&one.stderr).contains("2 to 6 runs, got 1"));
    let Some(weights) = weights_file("build/weights") else {
        return eprintln!("skipped the rest: no weights in build/weights");
    };
    let photos = folder("compare");
    for (class, label) in TOY_LABELS.iter().enumerate() {
        for variant in 0..4 {
            write_png(&photos.join(label).join(format!("{variant}.png")), &drawn(class, variant, 60, 50));
        }
    }
    let photos = photos.to_str().unwrap();
    let common = ["compare", photos, "--weights", weights.to_str().unwrap(), "--run", "head,augment=0,name=plain"];
    let output = json(&lastlayer(&[&common[..], &["--run", "head,augment=1,batch-size=4", "--json"]].concat()));
    let names: Vec<&str> = output["runs"].as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["plain", "head,augment=1,batch-size=4"]);
    assert_eq!(
        (output["runs"][1]["config"]["batchSize"].as_u64(), output["runs"][0]["config"]["epochs"].as_u64()),
        (Some(4), Some(200))
    );
    assert_eq!((output["heldOut"].as_array().unwrap().len(), output["files"].as_object().unwrap().len()), (3, 3));
    let difference = &output["differences"][0];
    for key in ["bothRight", "onlyA", "onlyB", "bothWrong", "difference", "low", "high"] {
        assert!(difference[key].is_number(), "{key}");
    }
    // Photos that are gone by the time the last run asks for them again: the others were paid for.
    let gone = folder("compare-gone");
    for (class, label) in TOY_LABELS.iter().enumerate() {
        for variant in 0..4 {
            write_png(&gone.join(label).join(format!("{variant}.png")), &drawn(class, variant, 60, 50));
        }
    }
    let weights = weights.to_str().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_lastlayer"))
        .args(["compare", gone.to_str().unwrap(), "--weights", weights, "--run", "head,augment=0,epochs=1,name=first"])
        .args(["--run", "head,augment=0,epochs=1000,name=second", "--run", "head,augment=0,epochs=1,framing=pad"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(errors.any(|line| line.starts_with("first: ")), "a run is told as soon as it is over");
    std::fs::remove_dir_all(&gone).unwrap();
    let said = errors.collect::<Vec<_>>().join("\n");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains(".png"), "{said}");
    assert!(text.contains("second against first:") && text.contains("2 of 3 runs"), "{text}");

    let text = lastlayer(&[&common[..], &["--run", "head,augment=0,epochs=1"]].concat());
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("against plain:") && text.contains("too few photos to tell"), "{text}");
}
