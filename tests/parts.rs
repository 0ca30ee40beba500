//! Steps in parts: they add up to the step as a whole, and whoever computes them the training is the same to the last bit.

mod common;

use std::collections::VecDeque;

use burn::tensor::{Tensor, TensorData};
use common::{TOY, TOY_LABELS, add_drawn, cpu, head, open_toy, stages, supply_drawn, toy_session, toy_weights_file};
use lastlayer::backbone::taps::Features;
use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::ErrorCode;
use lastlayer::eval::comparison_config::{ComparisonConfig, NamedConfig};
use lastlayer::eval::cross_validation::EvaluationConfig;
use lastlayer::model::{Split, Suffix};
use lastlayer::nn::params::RandomParams;
use lastlayer::rng::Rng;
use lastlayer::session::Session;
use lastlayer::session::event::StepEvent;
use lastlayer::session::lending::{Loan, LoanId};
use lastlayer::train::fit::learning;
use lastlayer::train::fit::loss::Loss;
use lastlayer::train::fit::step::{Learnt, Part, dropout_mask};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::read::embed::read;
use lastlayer::train::read::loan::Parts;
use lastlayer::train::read::sample::Sample;

const PER_CLASS: usize = 7;

fn config() -> TrainConfig {
    TrainConfig { epochs: 3, augment: 2, dropout: 0.3, label_smoothing: 0.1, ..stages(2) }
}

fn full() -> TrainConfig {
    TrainConfig { regime: Regime::Full, epochs: 2, augment: 2, ..stages(3) }
}

fn session() -> Session {
    let mut session = toy_session();
    add_drawn(&mut session, 3, PER_CLASS, 0);
    session
}

#[test]
fn parts_add_up_to_the_step() {
    let (photos, classes, split) = (10, 3, Split(2));
    let device = cpu().tensors.autodiff();
    let weights = open_toy(toy_weights_file(|_| ())).unwrap();
    let mut random = RandomParams(Rng::new(2));
    let suffix = Suffix::load(
        &TOY,
        split,
        split.taps(&TOY, Features::Several),
        classes,
        &mut weights.params(),
        &mut random,
        &device,
    );
    let [channels, height, width] = split.activation_shape(&TOY, 32);
    let mut rng = Rng::new(3);
    let inputs: Vec<f32> = (0..photos * channels * height * width).map(|_| rng.uniform()).collect();
    let mask = dropout_mask(photos * suffix.features(), 0.4, &mut rng);
    let labels: Vec<usize> = (0..photos).map(|photo| photo % 3).collect();
    // Uneven on purpose, so that the classes are weighed.
    let samples = [0, 0, 0, 1, 2].map(|label| Sample { photo: 0, label });
    let targets = Loss::new(&config(), &samples, classes).targets(&labels, classes);
    let part = |from: usize, to: usize| {
        let rows = |values: &[f32]| values[from * values.len() / photos..to * values.len() / photos].to_vec();
        let input = TensorData::new(rows(&inputs), [to - from, channels, height, width]);
        Part { input: Tensor::from_data(input, &device), mask: rows(&mask), targets: rows(&targets) }
    };
    let loss = |from, to| part(from, to).loss(&suffix, &device).0.into_scalar::<f32>();
    let learn = |from, to| {
        let Learnt { gradients, logits } = part(from, to).learn(&suffix, &device);
        let gradients = pollster::block_on(learning::gradients(&suffix, &gradients)).unwrap();
        (gradients, pollster::block_on(read(logits)).unwrap())
    };
    let bounds = [(0, 3), (3, 6), (6, 10)];
    let sum: f32 = bounds.iter().map(|&(from, to)| loss(from, to)).sum();
    assert!((sum - loss(0, photos)).abs() < 1e-6);

    let (whole, logits) = learn(0, photos);
    let parts = bounds.map(|(from, to)| learn(from, to));
    assert_eq!(parts.iter().flat_map(|(_, logits)| logits.clone()).collect::<Vec<_>>(), logits);
    let largest = whole.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 1e-3 && whole.len() == learning::count(&suffix));
    for (index, whole) in whole.iter().enumerate() {
        let sum: f32 = parts.iter().map(|(gradients, _)| gradients[index]).sum();
        assert!((sum - whole).abs() < 1e-6 * largest.max(1.0), "value {index}: {sum} is not {whole}");
    }
}

#[test]
fn what_learns_goes_there_and_back() {
    let device = cpu().tensors.autodiff();
    let load = |seed| {
        let weights = open_toy(toy_weights_file(|_| ())).unwrap();
        Suffix::load(
            &TOY,
            Split(1),
            Split(1).taps(&TOY, Features::Several),
            3,
            &mut weights.params(),
            &mut RandomParams(Rng::new(seed)),
            &device,
        )
    };
    let (one, other) = (load(1), load(2));
    let values = |suffix: &Suffix| pollster::block_on(learning::values(suffix)).unwrap();
    assert_ne!(values(&one), values(&other));
    let copied = learning::with_values(other.clone(), &values(&one), &device).unwrap();
    assert_eq!(values(&copied), values(&one));
    let error = learning::with_values(other, &values(&one)[1..], &device).unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
}

/// What becomes of the parts that are lent to some helpers.
#[derive(Clone, Copy)]
enum Fate {
    /// The answers come after `after` steps that go on meanwhile.
    Answered { helpers: usize, after: usize },
    /// They never come.
    Lost,
    /// A value is missing.
    Wrong,
}

const NO_HELPERS: Fate = Fate::Answered { helpers: 0, after: 1 };

/// A session with its helpers.
struct Workers {
    session: Session,
    helper: Session,
    fate: Fate,
    /// Those that have not been answered, with the steps since.
    out: VecDeque<(usize, LoanId, usize, Parts)>,
    lent: usize,
    accepted: usize,
}

impl Workers {
    fn new(session: Session, fate: Fate) -> Self {
        Self { session, helper: toy_session(), fate, out: VecDeque::new(), lent: 0, accepted: 0 }
    }

    /// Carries on what was begun until an event that is wanted.
    fn until<T>(&mut self, wanted: impl Fn(StepEvent) -> Option<T>) -> T {
        loop {
            let helpers = if let Fate::Answered { helpers, .. } = self.fate { helpers } else { 1 };
            for workers in (2..=helpers + 1).rev() {
                self.lend(workers);
            }
            match pollster::block_on(self.session.step()).unwrap() {
                StepEvent::NeedPhotos { ids } => supply_drawn(&mut self.session, &ids),
                event => {
                    if let Some(found) = wanted(event) {
                        return found;
                    }
                }
            }
            self.answer();
        }
    }

    fn lend(&mut self, workers: usize) {
        loop {
            match pollster::block_on(self.session.lend(workers)).unwrap() {
                Loan::Missing(ids) => supply_drawn(&mut self.session, &ids),
                Loan::Parts { id, last_stages, parts } => {
                    self.lent += parts.photos.len();
                    self.out.push_back((0, id, last_stages, parts));
                    return;
                }
                Loan::Nothing | Loan::Pictures { .. } => return,
            }
        }
    }

    fn answer(&mut self) {
        self.out.iter_mut().for_each(|loan| loan.0 += 1);
        let due = match self.fate {
            Fate::Answered { after, .. } => after,
            Fate::Lost => usize::MAX,
            Fate::Wrong => 1,
        };
        while let Some((_, id, last_stages, parts)) = self.out.pop_front_if(|loan| loan.0 >= due) {
            let values = pollster::block_on(self.helper.learn(last_stages, &parts)).unwrap();
            if let Fate::Wrong = self.fate {
                assert_eq!(self.session.accept(id, &values[1..]).unwrap_err().code, ErrorCode::Internal);
            } else {
                self.session.accept(id, &values).unwrap();
                self.accepted += parts.photos.len();
            }
        }
    }
}

/// The hash of the classifier, and all that the report says but how long it took.
fn train(workers: &mut Workers, config: &TrainConfig) -> (String, serde_json::Value) {
    workers.session.start_training(config.clone()).unwrap();
    let done = |event| if let StepEvent::Done { report } = event { Some(report) } else { None };
    let mut report = workers.until(done);
    (report.seconds, report.embed_seconds) = (0.0, 0.0);
    let model = pollster::block_on(workers.session.export_model()).unwrap();
    (sha256_hex(&model), serde_json::to_value(report).unwrap())
}

const FATES: [Fate; 6] = [
    Fate::Answered { helpers: 1, after: 1 },
    Fate::Answered { helpers: 3, after: 1 },
    Fate::Answered { helpers: 1, after: 2 },
    Fate::Answered { helpers: 2, after: 3 },
    Fate::Lost,
    Fate::Wrong,
];

#[test]
fn whoever_computes_a_part_the_classifier_is_the_same() {
    for config in [config(), TrainConfig { batch_size: 9, ..config() }, full()] {
        let expected = train(&mut Workers::new(session(), NO_HELPERS), &config);
        for (index, fate) in FATES.into_iter().enumerate() {
            let mut workers = Workers::new(session(), fate);
            assert_eq!(train(&mut workers, &config), expected, "fate {index}");
            assert!(workers.lent > 10, "fate {index}: {} parts were lent", workers.lent);
            if index == 0 {
                assert_eq!(workers.accepted, workers.lent, "all come back in time");
            }
        }
    }
}

#[test]
fn pixels_that_a_part_lacks_are_asked_for() {
    // The training before has let go of them.
    let begin = |fate| {
        let mut workers = Workers::new(session(), fate);
        train(&mut workers, &TrainConfig { epochs: 1, ..head() });
        train(&mut workers, &full())
    };
    assert_eq!(begin(FATES[0]), begin(NO_HELPERS));
}

#[test]
fn folds_and_compared_trainings_are_shared_too() {
    let evaluated = |fate| {
        let mut workers = Workers::new(session(), fate);
        let train = Some(TrainConfig { augment: 0, ..config() });
        let config = EvaluationConfig { train, epochs: Some(2), folds: Some(3), ..EvaluationConfig::default() };
        workers.session.start_evaluation(config).unwrap();
        let evaluation = workers.until(|event| match event {
            StepEvent::Evaluated { evaluation } => Some(evaluation),
            _ => None,
        });
        (serde_json::to_string(&evaluation).unwrap(), workers.accepted)
    };
    let (expected, none) = evaluated(NO_HELPERS);
    let (shared, accepted) = evaluated(FATES[0]);
    assert_eq!(shared, expected);
    assert!(none == 0 && accepted > 6, "{accepted}");

    let compared = |fate| {
        let mut workers = Workers::new(session(), fate);
        let run = |name: &str, config| NamedConfig { name: name.into(), config };
        let runs = vec![run("two stages", config()), run("all", full())];
        workers.session.start_comparison(ComparisonConfig { runs, holdout: 0.3, seed: 3 }).unwrap();
        let mut comparison = workers.until(|event| match event {
            StepEvent::Compared { comparison } => Some(comparison),
            _ => None,
        });
        comparison.runs.iter_mut().for_each(|run| (run.seconds, run.embed_seconds) = (0.0, 0.0));
        comparison.seconds = 0.0;
        (serde_json::to_string(&comparison).unwrap(), workers.accepted)
    };
    let (expected, none) = compared(NO_HELPERS);
    let (shared, accepted) = compared(FATES[0]);
    assert_eq!(shared, expected);
    assert!(none == 0 && accepted > 6, "{accepted}");
}

#[test]
fn a_share_is_fair_and_one_part_at_least_stays() {
    // 18 photos to learn from in one batch: five parts.
    let config = TrainConfig { batch_size: 32, augment: 0, ..config() };
    for (workers, expected) in [(1, &[4][..]), (2, &[3]), (3, &[2, 2]), (4, &[2, 1, 1]), (9, &[1, 1, 1, 1])] {
        let mut session = session();
        session.start_training(config.clone()).unwrap();
        assert_eq!(session.parts(), 1, "nothing is divided while photos are read");
        while !matches!(pollster::block_on(session.step()).unwrap(), StepEvent::Epoch(_)) {}
        assert_eq!(session.parts(), 5);
        let mut lent = Vec::new();
        for workers in (1..=workers).rev() {
            if let Loan::Parts { parts, last_stages, .. } = pollster::block_on(session.lend(workers)).unwrap() {
                assert_eq!((last_stages, parts.classes), (2, TOY_LABELS.len()));
                lent.push(parts.photos.len());
            }
            if lent.len() == expected.len() {
                break;
            }
        }
        assert_eq!(lent, expected, "{workers} workers");
        let own = 5 - lent.iter().sum::<usize>();
        for _ in 0..own {
            assert!(!session.waits());
            pollster::block_on(session.step()).unwrap();
        }
        assert!(session.waits());
        let left = pollster::block_on(session.lend(2)).unwrap();
        assert_eq!(left, Loan::Nothing);
    }
}

#[test]
fn what_is_not_divided_is_not_lent() {
    let scratch = TrainConfig { regime: Regime::Scratch, last_stages: 0, input_size: 64, epochs: 2, ..head() };
    let small = TrainConfig { batch_size: 4, ..config() };
    for config in [TrainConfig { epochs: 4, ..head() }, scratch, small] {
        let mut workers = Workers::new(session(), FATES[0]);
        train(&mut workers, &config);
        assert_eq!(workers.lent, 0, "{config:?}");
    }
}

#[test]
fn parts_that_make_no_sense_are_refused() {
    let mut workers = Workers::new(session(), Fate::Lost);
    workers.session.start_training(config()).unwrap();
    workers.until(|event| matches!(event, StepEvent::Epoch(_)).then_some(()));
    workers.lend(2);
    let (.., last_stages, parts) = workers.out.pop_back().unwrap();
    let mut code = |last_stages, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        pollster::block_on(workers.helper.learn(last_stages, &parts))
            .map(|values| values.len())
            .map_err(|error| error.code)
    };
    let values = code(last_stages, &|_| ()).unwrap();
    assert_eq!(values, parts.photos.len() * parts.parameters.len() + parts.targets.len());
    assert_eq!(code(9, &|_| ()), Err(ErrorCode::InvalidOption));
    let changes: [&dyn Fn(&mut Parts); 7] = [
        &|parts| parts.classes = 0,
        &|parts| parts.classes += 1,
        &|parts| parts.parameters.truncate(7),
        &|parts| parts.photos.push(0),
        &|parts| parts.inputs.truncate(7),
        &|parts| parts.masks.truncate(7),
        &|parts| parts.targets.truncate(7),
    ];
    for (index, change) in changes.iter().enumerate() {
        assert_eq!(code(last_stages, change), Err(ErrorCode::Internal), "change {index}");
    }
    assert_eq!(code(1, &|_| ()), Err(ErrorCode::Internal), "the values of another split");
    assert_eq!(code(last_stages, &|_| ()), Ok(values), "it goes on after all these");
}
