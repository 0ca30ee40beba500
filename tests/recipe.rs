//! The training recipe on a toy backbone: augmentation and its cache, clipping, rates by depth, balance, the fixed schedule.

mod common;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use common::{TOY, add_drawn, drawn, head, open_toy, stages, supply_drawn, toy_session, toy_weights_file, train};
use lastlayer::backbone::taps::Features;
use lastlayer::model::{Split, Suffix};
use lastlayer::nn::params::RandomParams;
use lastlayer::rng::Rng;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::fit::clip::clip_factor;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::read::embed::Draw;
use lastlayer::train::run::report::Report;

/// Trains, drawing photos again when their pixels are asked for.
fn train_supplying(session: &mut Session, config: &TrainConfig) -> (usize, Report) {
    session.start_training(config.clone()).unwrap();
    let mut embedded = 0;
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { ids } => supply_drawn(session, &ids),
            StepEvent::Embed { done, .. } => embedded = done,
            StepEvent::Done { report } => return (embedded, *report),
            _ => {}
        }
    }
}

#[test]
fn draws_are_embedded_once_and_again_only_when_the_augmentation_changes() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 4, 0);
    let config = TrainConfig { augment: 3, epochs: 2, ..head() };
    let (embedded, report) = train_supplying(&mut session, &config);
    assert_eq!((embedded, report.photos_read), (8 * 4, 8), "each photo as it is and in three draws");
    let as_it_is = session.cached_activation(&config, Draw { photo: 0, number: 0 }).unwrap();
    let draw = |session: &Session, number| session.cached_activation(&config, Draw { photo: 0, number });
    assert!((1..=3).all(|number| draw(&session, number).is_some_and(|values| values != as_it_is)));
    let mirrored = draw(&session, 1);

    assert_eq!(train_supplying(&mut session, &config).0, 0, "all cached");
    assert_eq!(train_supplying(&mut session, &TrainConfig { augment: 5, ..config.clone() }).0, 8 * 2, "two more draws");
    assert_eq!(train_supplying(&mut session, &TrainConfig { flip: 0, ..config.clone() }).0, 8 * 3, "other draws");
    assert_eq!(draw(&session, 0), Some(as_it_is), "the photo as it is stays");
    train_supplying(&mut session, &config);
    assert_eq!(draw(&session, 1), mirrored, "the same photo and number give the same draw again");
}

#[test]
fn an_epoch_sees_one_draw_a_photo_and_every_draw_where_held_out_photos_stop_it() {
    let batches = |last_stages, augment, patience| {
        let mut session = toy_session();
        add_drawn(&mut session, 2, 4, 0);
        let config = TrainConfig { augment, patience, epochs: 2, batch_size: 4, ..stages(last_stages) };
        let (events, _) = train(&mut session, config);
        let counts = events.iter().filter_map(|event| match event {
            StepEvent::Batch { batches, .. } => Some(*batches),
            _ => None,
        });
        counts.max().unwrap()
    };
    assert_eq!((batches(0, 0, 9), batches(0, 3, 9), batches(0, 3, 0), batches(1, 3, 9)), (2, 8, 2, 2));
}

#[test]
fn fits_run_their_whole_schedule_and_their_score_is_of_its_end() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 5, 0);
    for config in [TrainConfig { patience: 1, ..stages(1) }, TrainConfig { epochs: 20, ..head() }] {
        let (_, report) = train(&mut session, config);
        assert_eq!((report.epochs, report.epochs_tried, report.stopped_early), (20, 20, false));
        assert!(!report.epochs_chosen);
        assert_eq!(report.val.unwrap().loss, report.history[19].val_loss.unwrap());
    }
}

fn suffix() -> Suffix {
    let weights = open_toy(toy_weights_file(|_| ())).unwrap();
    let device = common::cpu().tensors.autodiff();
    let mut head = RandomParams(Rng::new(1));
    Suffix::load(&TOY, Split(1), Split(1).taps(&TOY, Features::Last), 3, &mut weights.params(), &mut head, &device)
}

/// Gradients of a sum over drawn activations, all flattened, in the order of the parameters.
struct Flat<'a>(&'a GradientsParams, Vec<f32>);

impl ModuleVisitor for Flat<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.0.get::<D>(param.id) {
            self.1.extend(gradient.into_data().iter::<f32>());
        }
    }
}

#[test]
fn clipping_shortens_the_common_gradient_where_it_is_too_long() {
    let suffix = suffix();
    let device = common::cpu().tensors.autodiff();
    let [channels, height, width] = Split(1).activation_shape(&TOY, 32);
    let mut rng = Rng::new(4);
    let values: Vec<f32> = (0..2 * channels * height * width).map(|_| rng.normal()).collect();
    let x = Tensor::from_data(TensorData::new(values, [2, channels, height, width]), &device);
    let gradients = || GradientsParams::from_grads(suffix.forward(x.clone()).square().sum().backward(), &suffix);
    let flat = |gradients: &GradientsParams| {
        let mut flat = Flat(gradients, Vec::new());
        suffix.visit(&mut flat);
        flat.1
    };
    let norm = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>().sqrt();
    let before = flat(&gradients());
    let length = norm(&before);
    assert!(length > 0.0 && before.len() > 1000);

    let factor = |most: f32| clip_factor(&suffix, &gradients(), most).unwrap().into_scalar::<f32>();
    assert!((factor(length / 4.0) - 0.25).abs() < 1e-4, "one factor for all: the direction stays");
    assert_eq!(factor(length * 2.0), 1.0, "what is short enough stays as it is");
}

#[test]
fn a_rare_class_is_not_forgotten() {
    // Twenty photos of one class and three of another, very much alike: unweighted, the rare one hardly matters.
    let recall = |balance| {
        let mut session = toy_session();
        for id in 0..23u32 {
            let class = usize::from(id >= 20);
            let photo = drawn(class, u64::from(id), 40, 36);
            session.add_photo(id, "", common::TOY_LABELS[class], &format!("{id}"), &photo).unwrap();
        }
        train(&mut session, TrainConfig { balance, epochs: 8, learning_rate: 0.002, ..head() });
        let probability = |variant| {
            let photo = drawn(1, variant, 40, 36);
            let best = pollster::block_on(session.predict(&photo, 2, ModelChoice::Trained)).unwrap();
            best.iter().find(|guess| guess.label == "two").unwrap().probability
        };
        (500..520).map(probability).sum::<f32>() / 20.0
    };
    let (balanced, plain) = (recall(1), recall(0));
    assert!(balanced > plain + 0.1, "mean probability of the rare class: {balanced} with weights, {plain} without");
}

#[test]
fn dropout_and_smoothing_change_the_fit_and_repeat_with_the_seed() {
    let history = |config: TrainConfig| {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 5, 0);
        train(&mut session, TrainConfig { epochs: 3, ..config }).1.history
    };
    let plain = history(head());
    for config in [TrainConfig { dropout: 0.5, ..head() }, TrainConfig { label_smoothing: 0.2, ..head() }] {
        assert_ne!(history(config.clone()), plain);
        assert_eq!(history(config.clone()), history(config));
    }
}
