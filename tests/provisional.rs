//! The first classifier: when it is there, what it answers, when it is made anew, and that nothing else changes for it.

mod common;

use common::{
    TOY_LABELS, add_drawn, drawn, head, photo_sets, read_photo, sorted_files, toy_session, train, trial, weights_file,
};
use lastlayer::backbone::weights::{Weights, sha256_hex};
use lastlayer::error::ErrorCode;
use lastlayer::eval::provisional::Impression;
use lastlayer::session::provisional::ProvisionalStep;
use lastlayer::session::{ModelChoice, Session};
use libtest_mimic::Arguments;

fn main() {
    let real = weights_file("build/weights").is_some() && photo_sets().is_some();
    let trials = vec![
        trial("it_is_there_as_soon_as_two_classes_are_read", true, it_is_there_as_soon_as_two_classes_are_read),
        trial("it_answers_until_a_training_takes_its_place", true, it_answers_until_a_training_takes_its_place),
        trial("changes_make_it_anew", true, changes_make_it_anew),
        trial("a_training_is_the_same_with_and_without", true, a_training_is_the_same_with_and_without),
        trial("on_real_photos_its_score_is_that_of_others", real, on_real_photos_its_score_is_that_of_others),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Pieces until there is nothing more to do: what was made last.
fn made(session: &mut Session) -> Option<Impression> {
    let mut last = None;
    loop {
        match session.go_on_provisionally() {
            ProvisionalStep::UpToDate => return last,
            ProvisionalStep::More => {}
            ProvisionalStep::Made { impression } => last = Some(impression),
        }
    }
}

fn read_all(session: &mut Session) {
    while pollster::block_on(session.read_ahead()).unwrap() {}
}

/// The first guess about a drawn photo that nothing has learnt from.
fn guess(session: &Session, class: usize, model: ModelChoice) -> lastlayer::error::Result<String> {
    let photo = drawn(class, 90, 48, 40);
    Ok(pollster::block_on(session.predict(&photo, 1, model))?.remove(0).label)
}

fn it_is_there_as_soon_as_two_classes_are_read() {
    let mut session = toy_session();
    add_drawn(&mut session, 1, 6, 0);
    read_all(&mut session);
    assert_eq!(made(&mut session), None, "one class is none");
    assert_eq!(guess(&session, 0, ModelChoice::Provisional).unwrap_err().code, ErrorCode::NoClassifier);

    let mut session = toy_session();
    add_drawn(&mut session, 2, 6, 0);
    assert_eq!(made(&mut session), None, "nothing is read yet");
    assert!(pollster::block_on(session.read_ahead()).unwrap());
    let first = made(&mut session).unwrap();
    assert_eq!((first.classes.len(), first.photos), (2, 4), "of one batch: the classes are read by turns");
    read_all(&mut session);
    let second = made(&mut session).unwrap();
    assert_eq!(second.photos, 12);
    let scores = second.scores.unwrap();
    assert!(scores.interval.low < scores.top1 && scores.top1 <= 1.0, "{scores:?}");
    assert_eq!(made(&mut session), None, "up to date");
}

fn it_answers_until_a_training_takes_its_place() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 8, 0);
    read_all(&mut session);
    assert!(made(&mut session).unwrap().scores.unwrap().top1 > 0.9);
    for (class, label) in TOY_LABELS.iter().enumerate() {
        assert_eq!(guess(&session, class, ModelChoice::Provisional).unwrap(), *label);
    }
    assert_eq!(guess(&session, 0, ModelChoice::Trained).unwrap_err().code, ErrorCode::NoClassifier);
    // Nothing is made anew while a training is under way, and it still answers.
    session.start_training(head()).unwrap();
    assert_eq!(session.go_on_provisionally(), ProvisionalStep::UpToDate);
    assert_eq!(guess(&session, 1, ModelChoice::Provisional).unwrap(), TOY_LABELS[1]);
    session.cancel_training();
    train(&mut session, head());
    assert_eq!(guess(&session, 0, ModelChoice::Provisional).unwrap_err().code, ErrorCode::NoClassifier);
    assert_eq!(guess(&session, 0, ModelChoice::Trained).unwrap(), TOY_LABELS[0]);
    assert_eq!(session.go_on_provisionally(), ProvisionalStep::UpToDate);
}

fn changes_make_it_anew() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 4, 0);
    read_all(&mut session);
    made(&mut session).unwrap();
    session.rename_class(TOY_LABELS[0], "renamed").unwrap();
    assert_eq!(guess(&session, 0, ModelChoice::Provisional).unwrap(), "renamed", "at once, and nothing is made for it");
    assert_eq!(made(&mut session), None);

    session.move_photos(&[0, 1, 2, 3], TOY_LABELS[1]).unwrap();
    assert!(!session.is_provisional(), "what was said of other classes is not true any more");
    let moved = made(&mut session).unwrap();
    assert_eq!((moved.photos, moved.classes.len()), (12, 2));
    assert_eq!(guess(&session, 0, ModelChoice::Provisional).unwrap(), TOY_LABELS[1]);

    // What changes nothing that it was made of leaves one, too.
    session.add_class("empty").unwrap();
    session.remove_class("empty").unwrap();
    assert_eq!(made(&mut session), Some(moved.clone()));
    session.move_photos(&[4], TOY_LABELS[1]).unwrap();
    assert_eq!((made(&mut session), session.is_provisional()), (Some(moved), true));
    assert_eq!(made(&mut session), None);

    session.remove_class(TOY_LABELS[2]).unwrap();
    assert_eq!((made(&mut session), session.is_provisional()), (None, false), "one class is left");
    session.remove_photos(&[0]).unwrap();
    assert_eq!(made(&mut session), None);
}

fn a_training_is_the_same_with_and_without() {
    let classifier = |provisional: bool| {
        let mut session = toy_session();
        add_drawn(&mut session, 2, 5, 0);
        while pollster::block_on(session.read_ahead()).unwrap() {
            if provisional {
                session.go_on_provisionally();
            }
        }
        assert_eq!(session.is_provisional(), provisional);
        train(&mut session, head());
        sha256_hex(&pollster::block_on(session.export_model()).unwrap())
    };
    assert_eq!(classifier(true), classifier(false));
}

/// Ten photos of each of five flowers: what it says of them left out one by one, and of all others.
fn on_real_photos_its_score_is_that_of_others() {
    let weights = Weights::open(std::fs::read(weights_file("build/weights").unwrap()).unwrap(), None).unwrap();
    let mut session = Session::new(common::cpu(), weights, || 0.0).unwrap();
    let folder = photo_sets().unwrap().join("flowers5");
    let mut id = 0;
    for class in sorted_files(&folder.join("train")) {
        let label = class.file_name().unwrap().to_string_lossy().into_owned();
        for file in sorted_files(&class).into_iter().take(10) {
            let sha256 = sha256_hex(&std::fs::read(&file).unwrap());
            session.add_photo(id, "", &label, &sha256, &read_photo(&file)).unwrap();
            id += 1;
        }
    }
    while session.unread() > 0 {
        assert!(pollster::block_on(session.read_ahead()).unwrap());
    }
    let scores = made(&mut session).unwrap().scores.unwrap();
    let (mut right, mut count) = (0.0, 0.0);
    for class in sorted_files(&folder.join("test")) {
        let label = class.file_name().unwrap().to_string_lossy().into_owned();
        for file in sorted_files(&class) {
            let answer = pollster::block_on(session.predict(&read_photo(&file), 1, ModelChoice::Provisional)).unwrap();
            right += f64::from(u8::from(answer[0].label == label));
            count += 1.0;
        }
    }
    let accuracy = right / count;
    println!("left out {:.3}, others {accuracy:.3} of {count}", scores.top1);
    assert!(accuracy >= 0.93 && scores.top1 >= 0.93, "{accuracy} {scores:?}");
    assert!((scores.interval.low..=scores.interval.high).contains(&accuracy), "{accuracy} {scores:?}");
}
