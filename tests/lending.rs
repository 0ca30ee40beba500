//! Photos that a helper reads: the training is the same to the last bit, whatever becomes of the helper.

mod common;

use common::{add_drawn, head, stages, supply_drawn, toy_session};
use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::ErrorCode;
use lastlayer::session::Session;
use lastlayer::session::event::StepEvent;
use lastlayer::session::lending::{Loan, LoanId};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;

const PER_CLASS: usize = 7;

/// What becomes of the pictures that are lent.
#[derive(Clone, Copy, PartialEq)]
enum Helper {
    None,
    /// Answers after the step that goes on meanwhile.
    Works,
    /// Takes pictures and never answers.
    Dies,
}

/// Hash of the classifier, how many pictures were read elsewhere, and the last count of `Embed` events.
fn train(config: TrainConfig, helper: Helper) -> (String, usize, Option<(usize, usize)>) {
    let mut session = toy_session();
    add_drawn(&mut session, 3, PER_CLASS, 0);
    let mut other = toy_session();
    let (mut accepted, mut counted) = (0, None);
    session.start_training(config).unwrap();
    loop {
        let lent = if helper == Helper::None { None } else { lend(&mut session) };
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Done { .. } => break,
            StepEvent::NeedPhotos { ids } => supply_drawn(&mut session, &ids),
            StepEvent::Embed { done, total } => {
                assert!(counted.is_none_or(|(before, _)| done >= before), "the count goes back");
                counted = Some((done, total));
            }
            _ => {}
        }
        if let (Some((id, last_stages, pictures)), Helper::Works) = (lent, helper) {
            let activations = pollster::block_on(other.embed(last_stages, &pictures)).unwrap();
            session.accept(id, &activations).unwrap();
            accepted += pictures.len() / (3 * 32 * 32);
        }
    }
    let model = pollster::block_on(session.export_model()).unwrap();
    (sha256_hex(&model), accepted, counted)
}

fn lend(session: &mut Session) -> Option<(LoanId, usize, Vec<u8>)> {
    loop {
        match pollster::block_on(session.lend(2)).unwrap() {
            Loan::Nothing | Loan::Parts { .. } => return None,
            Loan::Missing(ids) => supply_drawn(session, &ids),
            Loan::Pictures { id, last_stages, pictures } => return Some((id, last_stages, pictures)),
        }
    }
}

#[test]
fn whoever_reads_a_photo_the_classifier_is_the_same() {
    for config in [
        TrainConfig { epochs: 5, ..head() },
        TrainConfig { epochs: 3, augment: 3, flip_average: 1, ..head() },
        TrainConfig { epochs: 2, augment: 2, ..stages(1) },
        TrainConfig { epochs: 2, regime: Regime::Full, ..stages(3) },
    ] {
        let (alone, _, read) = train(config.clone(), Helper::None);
        for helper in [Helper::Works, Helper::Dies] {
            let (helped, accepted, counted) = train(config.clone(), helper);
            assert_eq!(helped, alone, "{config:?}");
            assert_eq!(counted, read, "all are read in the end");
            assert!(counted.is_none_or(|(done, total)| done == total), "and that is told");
            let total = read.map_or(0, |(_, total)| total);
            let expected = if helper == Helper::Works { total / 3 } else { 0 };
            assert!(accepted >= expected && (helper == Helper::Works || accepted == 0), "{accepted} of {total}");
        }
    }
}

#[test]
fn photos_read_ahead_are_not_read_again_and_change_nothing() {
    let config = || TrainConfig { epochs: 3, augment: 1, ..head() };
    let (expected, ..) = train(config(), Helper::None);
    let mut session = toy_session();
    assert!(!pollster::block_on(session.read_ahead()).unwrap(), "there are no photos");
    add_drawn(&mut session, 3, PER_CLASS, 0);
    assert_eq!(session.unread(), 21);
    assert!(pollster::block_on(session.read_ahead()).unwrap());
    assert_eq!(session.unread(), 17);

    // Two loans, one of which comes back only after the training has begun.
    let mut other = toy_session();
    let mut answer =
        |lent: (LoanId, usize, Vec<u8>)| (lent.0, pollster::block_on(other.embed(lent.1, &lent.2)).unwrap());
    let (first, second) = (lend(&mut session).unwrap(), lend(&mut session).unwrap());
    let (id, activations) = answer(first);
    session.accept(id, &activations).unwrap();
    assert_eq!(session.unread(), 13);
    while pollster::block_on(session.read_ahead()).unwrap() {}
    assert_eq!(session.unread(), 4, "what is lent is left to the helper");

    session.start_training(config()).unwrap();
    assert!(!pollster::block_on(session.read_ahead()).unwrap(), "a training is under way");
    let (id, activations) = answer(second);
    session.accept(id, &activations).unwrap();
    let mut counted = 0;
    let report = loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Done { report } => break report,
            StepEvent::NeedPhotos { ids } => supply_drawn(&mut session, &ids),
            StepEvent::Embed { total, .. } => counted = total,
            _ => {}
        }
    };
    assert_eq!((counted, report.photos_read), (4, 4), "the four that were out, of which the draw was read ahead");
    let model = pollster::block_on(session.export_model()).unwrap();
    assert_eq!(sha256_hex(&model), expected);
}

#[test]
fn nothing_is_lent_where_nothing_is_read() {
    let mut session = toy_session();
    assert_eq!(pollster::block_on(session.lend(2)).unwrap(), Loan::Nothing, "nothing is under way");
    add_drawn(&mut session, 2, 2, 0);
    session.start_training(TrainConfig { epochs: 2, ..head() }).unwrap();
    assert_eq!(
        pollster::block_on(session.lend(2)).unwrap(),
        Loan::Nothing,
        "four photos are one batch, which is read here"
    );
}

#[test]
fn what_comes_too_late_or_in_a_wrong_size_does_no_harm() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, PER_CLASS, 0);
    let start = |session: &mut Session| session.start_training(TrainConfig { epochs: 2, ..head() }).unwrap();
    start(&mut session);
    let (id, last_stages, pictures) = lend(&mut session).unwrap();
    let activations = pollster::block_on(toy_session().embed(last_stages, &pictures)).unwrap();
    assert_eq!(session.accept(id, &activations[1..]).unwrap_err().code, ErrorCode::Internal);
    session.accept(id, &activations).unwrap(); // its loan is settled, with an error

    let (id, _, pictures) = lend(&mut session).unwrap();
    let wrong = vec![7.0; pictures.len() / (3 * 32 * 32) * activations.len() / 4];
    session.cancel_training();
    session.accept(id, &wrong).unwrap();
    start(&mut session);
    let model = |session: &mut Session| {
        while !matches!(pollster::block_on(session.step()).unwrap(), StepEvent::Done { .. }) {}
        sha256_hex(&pollster::block_on(session.export_model()).unwrap())
    };
    let trained = model(&mut session);
    let mut alone = toy_session();
    add_drawn(&mut alone, 3, PER_CLASS, 0);
    start(&mut alone);
    assert_eq!(trained, model(&mut alone), "activations of a cancelled training were accepted");

    let error = |session: &mut Session, pictures: &[u8]| pollster::block_on(session.embed(0, pictures)).unwrap_err();
    assert_eq!(error(&mut session, &[]).code, ErrorCode::Internal);
    assert_eq!(error(&mut session, &[0; 100]).code, ErrorCode::Internal);
}
