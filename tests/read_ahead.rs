//! What is read before a training asks for it: in which order, how far, and that nothing but the time of the training changes.

mod common;

use common::{add_drawn, cpu, head, open_toy, stages, supply_drawn, toy_session, toy_weights_file, train};
use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::ErrorCode;
use lastlayer::image::prepare::Framing;
use lastlayer::model::Split;
use lastlayer::session::Session;
use lastlayer::session::event::StepEvent;
use lastlayer::session::lending::Loan;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::draws::MIRRORED;
use lastlayer::train::read::embed::{Draw, Embedder};

/// Draws that a training of so few photos has.
const DRAWS: usize = 16;
/// Of one draw of a photo, at the split of the output layer.
const BYTES: u64 = 120 * size_of::<lastlayer::halves::f16>() as u64;

/// A training of the output layer with as many draws as it likes.
fn usual() -> TrainConfig {
    TrainConfig { epochs: 3, augment: -1, ..head() }
}

fn session(per_class: usize) -> Session {
    let mut session = toy_session();
    add_drawn(&mut session, 2, per_class, 0);
    session
}

fn piece(session: &mut Session) -> bool {
    pollster::block_on(session.read_ahead()).unwrap()
}

fn all(session: &mut Session) {
    while piece(session) {}
}

/// Photos and draws that are cached, draw by draw.
fn cached(session: &Session, config: &TrainConfig) -> Vec<(u32, usize)> {
    let ids: Vec<u32> = session.dataset().photos().map(|photo| photo.id).collect();
    let draws = (0..=DRAWS + 1).flat_map(|number| ids.iter().map(move |&photo| Draw { photo, number }));
    let draws = draws.filter(|&draw| session.cached_activation(config, draw).is_some());
    draws.map(|draw| (draw.photo, draw.number)).collect()
}

fn draw_by_draw(photos: std::ops::Range<u32>, draws: usize) -> Vec<(u32, usize)> {
    (0..=draws).flat_map(|number| photos.clone().map(move |photo| (photo, number))).collect()
}

fn classifier(session: &Session) -> String {
    sha256_hex(&pollster::block_on(session.export_model()).unwrap())
}

/// The classifier that nothing was read ahead for.
fn alone(per_class: usize, config: TrainConfig) -> String {
    let mut session = session(per_class);
    train(&mut session, config);
    classifier(&session)
}

#[test]
fn first_every_photo_then_one_draw_of_every_photo_after_the_other() {
    let mut session = session(5);
    // Of the two classes by turns.
    let expected: Vec<(u32, usize)> =
        (0..=DRAWS).flat_map(|draw| (0..10).map(move |turn| (turn / 2 + turn % 2 * 5, draw))).collect();
    assert_eq!(session.left_ahead().unwrap(), expected.len());
    for pieces in 1..=7 {
        assert!(piece(&mut session));
        let mut read = expected[..4 * pieces].to_vec();
        read.sort_by_key(|&(photo, draw)| (draw, photo));
        assert_eq!(cached(&session, &usual()), read);
    }
    assert_eq!(session.unread(), 0);
    // Photos that are added meanwhile come first.
    add_drawn(&mut session, 1, 4, 100);
    assert_eq!(session.unread(), 4);
    assert!(piece(&mut session));
    assert_eq!(session.unread(), 0);
    assert_eq!(cached(&session, &usual()).len(), 32);
    all(&mut session);
    // Of fourteen photos one draw fewer is usual.
    assert_eq!((cached(&session, &usual()).len(), session.left_ahead().unwrap()), (14 * DRAWS, 0));
}

#[test]
fn a_training_finds_it_read_and_comes_to_the_same_classifier() {
    let expected = alone(5, usual());
    for pieces in [usize::MAX, 11, 1] {
        let mut session = session(5);
        (0..pieces).take_while(|_| piece(&mut session)).count();
        let read = cached(&session, &usual()).len();
        let (events, report) = train(&mut session, usual());
        let embedded = events.iter().find_map(|event| match event {
            StepEvent::Embed { total, .. } => Some(*total),
            _ => None,
        });
        let left = 10 * (DRAWS + 1) - read;
        assert_eq!(embedded, (left > 0).then_some(left), "after {pieces} pieces");
        assert_eq!(report.photos_read, left.min(10));
        assert_eq!(classifier(&session), expected, "after {pieces} pieces");
        assert!(session.dataset().photos().all(|photo| photo.pixels.is_none()), "nobody needs them any more");
    }
}

#[test]
fn features_of_an_earlier_visit_are_not_read_again() {
    let config = TrainConfig { augment: 0, ..usual() };
    let mut earlier = session(5);
    assert_eq!(earlier.features(3), None, "nothing is read yet");
    all(&mut earlier);
    let mut later = session(5);
    for id in 0..10 {
        later.restore_features(id, &earlier.features(id).unwrap()).unwrap();
        assert_eq!(later.features(id), earlier.features(id));
    }
    assert_eq!(later.unread(), 0);
    let (events, report) = train(&mut later, config.clone());
    assert_eq!(report.photos_read, 0);
    assert!(!events.iter().any(|event| matches!(event, StepEvent::Embed { .. } | StepEvent::NeedPhotos { .. })));
    assert_eq!(classifier(&later), alone(5, config));
    // What is of another network, or of no photo, is refused, and the photo read when it is needed.
    let mut other = session(5);
    let mut foreign = earlier.features(3).unwrap();
    foreign[0] ^= 1;
    for wrong in [&foreign, &foreign[..2], &[]] {
        assert_eq!(other.restore_features(3, wrong).unwrap_err().code, ErrorCode::WeightsMismatch);
    }
    let cut = &earlier.features(3).unwrap()[..20];
    assert_eq!(other.restore_features(3, cut).unwrap_err().code, ErrorCode::Internal);
    assert_eq!(other.restore_features(99, &earlier.features(3).unwrap()).unwrap_err().code, ErrorCode::UnknownPhoto);
    assert_eq!(other.unread(), 10);
}

#[test]
fn no_more_than_the_memory_of_a_training_bears() {
    for (looks, draws) in [(0, 0), (1, 0), (3, 2), (200, DRAWS)] {
        let mut session = session(5);
        session.set_activation_budget(10 * BYTES * looks as u64 + 9);
        all(&mut session);
        assert_eq!(cached(&session, &usual()), draw_by_draw(0..10, draws), "{looks} looks at each photo fit");
        let (_, report) = train(&mut session, usual());
        assert_eq!((report.config.draws(), report.photos_read), (draws, 0));
    }
    // Draws that an earlier training has left count.
    let mut session = session(5);
    train(&mut session, TrainConfig { augment: 4, ..usual() });
    session.set_activation_budget(12 * BYTES * 5 - 7 * BYTES);
    add_drawn(&mut session, 1, 2, 100);
    all(&mut session);
    assert_eq!(cached(&session, &usual()).len(), 12 * 5 - 7);
}

#[test]
fn photos_that_are_removed_are_forgotten_and_others_keep_what_was_read_of_them() {
    let mut session = session(5);
    all(&mut session);
    session.rename_class("one", "uno").unwrap();
    session.move_photos(&[1], "two").unwrap();
    session.remove_photos(&[3]).unwrap();
    let kept = draw_by_draw(0..10, DRAWS).into_iter().filter(|(photo, _)| *photo != 3);
    assert_eq!(cached(&session, &usual()), kept.collect::<Vec<_>>());
    assert!(!piece(&mut session), "nothing is left to read");
    assert_eq!(train(&mut session, usual()).1.photos_read, 0);
}

#[test]
fn what_was_trained_last_is_expected_again() {
    let mut session = session(5);
    let plain = TrainConfig { augment: 2, flip: 0, ..usual() };
    train(&mut session, plain.clone());
    add_drawn(&mut session, 1, 2, 100);
    all(&mut session);
    let added_from = |first, session: &Session, config: &TrainConfig| -> Vec<(u32, usize)> {
        cached(session, config).into_iter().filter(|&(id, _)| id >= first).collect()
    };
    assert_eq!(added_from(100, &session, &plain), draw_by_draw(100..102, 2));
    assert_eq!(train(&mut session, plain).1.photos_read, 0);

    // As many draws as there are by default: for other photos it would be another number.
    train(&mut session, TrainConfig { augment: DRAWS as i32, ..usual() });
    add_drawn(&mut session, 2, 19, 200);
    all(&mut session);
    let fewer = usual().settle(&common::TOY, 50).unwrap().draws();
    assert_eq!(fewer, 3);
    let draws = added_from(200, &session, &usual()).into_iter().map(|(_, number)| number).max();
    assert_eq!(draws, Some(fewer));
    let expected = session.left_ahead().unwrap();
    assert_eq!(expected, 0, "what has no pixels is left to the training");

    // The bars of another framing, beside what the source model sees.
    let padded = TrainConfig { augment: 1, framing: Framing::Pad, ..usual() };
    train(&mut session, padded.clone());
    add_drawn(&mut session, 1, 3, 300);
    all(&mut session);
    assert_eq!(added_from(300, &session, &padded), draw_by_draw(300..303, 1));
    assert_eq!((added_from(300, &session, &head()), session.unread()), (draw_by_draw(300..303, 0), 0));

    // Where deeper stages learn, what near-duplicates are told by.
    train(&mut session, TrainConfig { epochs: 1, ..stages(1) });
    add_drawn(&mut session, 1, 3, 400);
    all(&mut session);
    assert_eq!(added_from(400, &session, &head()).len(), 3);
    assert_eq!(session.unread(), 0);
}

#[test]
fn helpers_read_along_in_the_same_order_but_while_photos_are_added() {
    let expected = alone(5, usual());
    let mut session = session(5);
    let mut other = toy_session();
    let mut lend = |session: &mut Session| match pollster::block_on(session.lend(2)).unwrap() {
        Loan::Pictures { id, last_stages, pictures } => {
            let activations = pollster::block_on(other.embed(last_stages, &pictures)).unwrap();
            session.accept(id, &activations).unwrap();
            true
        }
        Loan::Nothing => false,
        Loan::Missing(ids) => panic!("the pixels of {ids:?} are there"),
        Loan::Parts { .. } => panic!("no step is under way"),
    };
    // Ten photos: the second batch, the third, and then too few to share.
    while lend(&mut session) {}
    assert_eq!((session.unread(), cached(&session, &usual()).len()), (6, 4), "draws wait until all photos are there");
    assert!(piece(&mut session) && lend(&mut session));
    // Of turns 0 to 9, which are photos 0, 5, 1, 6 and so on, the draws of two batches as they are, and of the one after the next.
    let mut read: Vec<(u32, usize)> = (0..10).map(|turn| (turn / 2 + turn % 2 * 5, 0)).take(8).collect();
    read.extend([(1, 1), (2, 1), (6, 1), (7, 1)]);
    read.sort_by_key(|&(photo, draw)| (draw, photo));
    assert_eq!(cached(&session, &usual()), read);
    let order = draw_by_draw(0..10, DRAWS);
    while piece(&mut session) {
        lend(&mut session);
    }
    assert_eq!(cached(&session, &usual()), order);
    train(&mut session, usual());
    assert_eq!(classifier(&session), expected);
}

#[test]
fn draws_that_are_lent_when_a_training_begins_are_not_read_twice() {
    let expected = alone(4, usual());
    let mut session = session(4);
    let mut other = toy_session();
    // Lent are draws of the last four photos, in the middle of batches of a training that goes photo by photo.
    assert!((0..14).all(|_| piece(&mut session)));
    let Loan::Pictures { id, last_stages, pictures } = pollster::block_on(session.lend(2)).unwrap() else {
        panic!("draws are left")
    };
    session.start_training(usual()).unwrap();
    session.accept(id, &pollster::block_on(other.embed(last_stages, &pictures)).unwrap()).unwrap();
    let mut batches = 0;
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Embed { .. } => batches += 1,
            StepEvent::NeedPhotos { ids } => supply_drawn(&mut session, &ids),
            StepEvent::Done { .. } => break,
            _ => {}
        }
    }
    assert_eq!(4 * batches, 8 * (DRAWS + 1) - 56 - 4);
    assert_eq!(classifier(&session), expected);
}

#[test]
fn advice_counts_what_is_read_already() {
    let advise = |session: &mut Session, wish: TrainConfig| {
        session.start_advice(wish).unwrap();
        while !matches!(pollster::block_on(session.step()).unwrap(), StepEvent::Advised { .. }) {}
        session.advice().unwrap().regimes[0].seconds
    };
    // Too few for a try, which takes its time.
    let mut session = session(4);
    let before = advise(&mut session, TrainConfig::default());
    all(&mut session);
    let after = advise(&mut session, TrainConfig::default());
    // The clock of the tests stands still: what is left is the time for making the draws.
    assert!((before - after - 0.002 * (8 * DRAWS) as f64).abs() < 1e-9, "{before} {after}");
    let unmirrored = advise(&mut session, TrainConfig { flip: 0, ..TrainConfig::default() });
    assert!((unmirrored - before).abs() < 1e-9, "other draws: {unmirrored} {before}");
}

#[test]
fn draws_under_another_augmentation_are_not_counted_as_read() {
    let weights = open_toy(toy_weights_file(|_| ())).unwrap();
    let (mut params, input) = (weights.params(), weights.card.input.clone());
    let mut embedder = Embedder::load(weights.architecture, Split(1), &mut params, input.clone(), input, &cpu());
    for number in [0, 1, 2, MIRRORED] {
        embedder.cache.insert_draw(7, number, &[0.0; 12 * 8 * 8]).unwrap();
    }
    let config = TrainConfig { augment: 4, flip_average: 1, ..stages(1) };
    assert_eq!(embedder.embedded([7, 8].into_iter(), &config), 4);
    assert_eq!(embedder.embedded([7, 8].into_iter(), &TrainConfig { flip: 0, ..config.clone() }), 2);
    assert_eq!(embedder.embedded([7, 8].into_iter(), &TrainConfig { augment: 1, flip_average: 0, ..config }), 2);
}
