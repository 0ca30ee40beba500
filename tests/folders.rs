//! What folders mean and what their order does not change: on the command line, and in trainings of photos that came another way.

mod common;

use std::path::Path;

use common::{TOY_LABELS, drawn, head, stages, supply_drawn, toy_session, train, trial};
use lastlayer::eval::cross_validation::EvaluationConfig;
use lastlayer::score::evaluation::Evaluation;
use lastlayer::session::Session;
use lastlayer::session::event::StepEvent;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::run::checkpoint::Checkpoint;
use lastlayer::train::run::epoch::EpochEvent;
use libtest_mimic::Arguments;
use serde_json::Value;

fn main() {
    let stored = common::weights_file("build/weights").is_some();
    let tests = vec![
        trial("the_order_of_adding_changes_nothing", true, the_order_of_adding_changes_nothing),
        trial("a_renamed_class_is_still_the_classifiers", true, a_renamed_class_is_still_the_classifiers),
        trial("a_class_that_was_not_judged_is_named", true, a_class_that_was_not_judged_is_named),
        trial("cli_keeps_test_photos_out_of_a_training", stored, cli_keeps_test_photos_out_of_a_training),
        trial("cli_takes_the_first_level_as_the_class", stored, cli_takes_the_first_level_as_the_class),
        trial("cli_says_what_a_score_does_not_cover", stored, cli_says_what_a_score_does_not_cover),
        trial("cli_writes_predictions_out", stored, cli_writes_predictions_out),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}

// --- the order of adding -----------------------------------------------------------------------------------------------------

const PER_CLASS: u64 = 6;

/// A photo by its class and its number.
type Drawn = (usize, u64);

fn session_of(photos: &[Drawn]) -> Session {
    let mut session = toy_session();
    for (id, &(class, number)) in (100..).zip(photos) {
        let photo = drawn(class, number, 40, 36);
        let hash = format!("{:08x} {class} {number}", common::hash32(1000 * class as u32 + number as u32));
        session.add_photo(id, &format!("{id}.png"), TOY_LABELS[class], &hash, &photo).unwrap();
    }
    session
}

/// The files held out, the epochs, and the classifier.
fn outcome(photos: &[Drawn], config: TrainConfig) -> (Vec<String>, Vec<EpochEvent>, Vec<u8>) {
    let mut session = session_of(photos);
    session.start_training(config).unwrap();
    let mut held_out = Vec::new();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Done { report } => {
                return (held_out, report.history, pollster::block_on(session.export_model()).unwrap());
            }
            StepEvent::NeedPhotos { ids } => {
                for id in ids {
                    let (class, number) = photos[id as usize - 100];
                    session.supply_photo(id, &drawn(class, number, 40, 36)).unwrap();
                }
            }
            StepEvent::Epoch(_) if held_out.is_empty() => {
                let checkpoint = Checkpoint::read(&pollster::block_on(session.checkpoint()).unwrap()).unwrap();
                let fit = checkpoint.card.fit.unwrap();
                held_out = fit.held_out.iter().map(|&index| checkpoint.card.photos[index].sha256.clone()).collect();
                held_out.sort();
            }
            _ => {}
        }
    }
}

fn the_order_of_adding_changes_nothing() {
    let by_class: Vec<Drawn> = (0..3).flat_map(|class| (0..PER_CLASS).map(move |number| (class, number))).collect();
    let mut backwards = by_class.clone();
    backwards.reverse();
    let one_by_one: Vec<Drawn> =
        (0..PER_CLASS).flat_map(|number| [1, 2, 0].map(|class| (class, number * 5 % 6))).collect();
    for config in [TrainConfig { augment: 2, epochs: 6, ..head() }, TrainConfig { epochs: 3, ..stages(1) }] {
        let expected = outcome(&by_class, config.clone());
        assert_eq!(expected.0.len(), 3, "a fifth of six photos each");
        for order in [&backwards, &one_by_one] {
            let (held_out, history, model) = outcome(order, config.clone());
            assert_eq!(held_out, expected.0);
            assert_eq!(history, expected.1);
            assert!(model == expected.2, "the same classifier, byte for byte");
        }
        assert_ne!(outcome(&by_class, TrainConfig { seed: 1, ..config }).1, expected.1, "the test can fail");
    }
}

fn evaluate(session: &mut Session) -> Evaluation {
    session.start_evaluation(EvaluationConfig::default()).unwrap();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Evaluated { evaluation } => return *evaluation,
            StepEvent::NeedPhotos { ids } => supply_drawn(session, &ids),
            _ => {}
        }
    }
}

fn a_renamed_class_is_still_the_classifiers() {
    let run = |name: Option<&str>| {
        let mut session = session_of(&[(0, 1), (1, 2), (0, 3), (1, 4), (0, 5), (1, 6), (2, 7), (2, 8), (2, 9)]);
        train(&mut session, TrainConfig { epochs: 10, ..head() });
        if let Some(name) = name {
            session.rename_class("one", name).unwrap();
        }
        evaluate(&mut session)
    };
    let (before, after) = (run(None), run(Some("zz is the last by name")));
    assert!(after.applied, "the photos are those of the training, whatever the classes are called");
    assert_eq!(
        (after.classes[0].as_str(), after.scores, after.confusion),
        ("zz is the last by name", before.scores, before.confusion)
    );
}

fn a_class_that_was_not_judged_is_named() {
    let mut photos: Vec<Drawn> = (0..12).map(|number| (0, number)).collect();
    photos.push((1, 50));
    let (_, report) = train(&mut session_of(&photos), TrainConfig { epochs: 3, ..head() });
    assert_eq!((report.held_out, report.never_held_out), (2, vec![TOY_LABELS[1].to_owned()]));
    photos.push((1, 51));
    let (_, report) = train(&mut session_of(&photos), TrainConfig { epochs: 3, ..head() });
    assert_eq!((report.held_out, report.never_held_out), (3, Vec::new()));
}

// --- the command line ----------------------------------------------------------------------------------------------------------

const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// `folder/CLASS/N.png` for the three classes.
fn draw(folder: &Path, numbers: std::ops::Range<u64>) {
    for (class, label) in COLOURS.iter().enumerate() {
        for number in numbers.clone() {
            common::write_png(&folder.join(format!("{label}/{number}.png")), &drawn(class, number, 90, 70));
        }
    }
}

fn run(arguments: &[&str]) -> Value {
    common::json(&common::lastlayer(
        &[arguments, &["--json", "--regime", "head", "--augment", "0", "--epochs", "8"]].concat(),
    ))
}

fn printed(arguments: &[&str]) -> String {
    let output = common::lastlayer(&[arguments, &["--regime", "head", "--augment", "0", "--epochs", "8"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn cli_keeps_test_photos_out_of_a_training() {
    let root = common::folder("folders-parts");
    draw(&root.join("parts/train"), 0..3);
    draw(&root.join("parts/Val"), 3..4);
    draw(&root.join("parts/test"), 100..102);
    draw(&root.join("plain"), 0..4);
    draw(&root.join("elsewhere"), 200..203);
    std::fs::write(root.join("parts/train/labels.csv"), "a,b").unwrap();
    let path = |name: &str| root.join(name).display().to_string();
    let (parts, plain, elsewhere) = (path("parts"), path("plain"), path("elsewhere"));
    let output = run(&["train", &parts]);
    assert_eq!((&output["train_images"], &output["test"]["count"]), (&12.into(), &6.into()));
    assert_eq!(output["notes"], serde_json::json!([{ "type": "parts", "photos": ["train", "Val"], "test": ["test"] }]));
    let alone = run(&["train", &plain, "--test", &path("parts/test")]);
    assert_eq!(output["report"]["history"], alone["report"]["history"], "as if train and val were one folder");
    assert_eq!((&output["test_report"], &alone["notes"]), (&alone["test_report"], &serde_json::json!([])));
    let explicit = run(&["train", &parts, "--test", &elsewhere]);
    assert_eq!(explicit["test"]["count"], 9, "a folder that is named goes before the one that is found");
    let model = path("model.safetensors");
    let said = printed(&["train", &parts, "-o", &model]);
    assert!(said.contains("learning from train and Val, and not from test, which is for testing"), "{said}");
    assert!(
        said.contains("test photos: top-1") && said.contains("labels.csv: it lies beside the class folders"),
        "{said}"
    );
    let report = common::json(&common::lastlayer(&["evaluate", &model, &parts, "--json"]));
    assert_eq!(report["scores"]["count"], 6, "scored by what is for testing alone");
}

fn cli_takes_the_first_level_as_the_class() {
    let root = common::folder("folders-by-day");
    for (class, label) in COLOURS.iter().enumerate() {
        for number in 0..5 {
            let day = ["", "monday/", "monday/late/", "tuesday/", "tuesday/"][number as usize];
            common::write_png(&root.join(format!("set/{label}/{day}{number}.png")), &drawn(class, number, 90, 70));
        }
        for junk in [".DS_Store", "Thumbs.db", "desktop.ini", "@eaDir/0.png", ".ipynb_checkpoints/1.png"] {
            let path = root.join(format!("set/{label}/{junk}"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "no photo").unwrap();
        }
        std::fs::write(root.join(format!("set/{label}/notes.txt")), "not a photo").unwrap();
    }
    std::fs::create_dir_all(root.join("set/@eaDir/red")).unwrap();
    common::write_png(&root.join("set/loose.png"), &drawn(0, 60, 90, 70));
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.join("set"), root.join("set/red/around")).unwrap();
    // The same name in the two forms of Unicode, and one that is too long.
    common::write_png(&root.join("set/caf\u{e9}/1.png"), &drawn(0, 70, 50, 90));
    common::write_png(&root.join("set/cafe\u{301}/2.png"), &drawn(1, 71, 50, 90));
    let long = "a long name ".repeat(20);
    common::write_png(&root.join(format!("set/{long}/3.png")), &drawn(2, 72, 50, 90));
    let set = root.join("set").display().to_string();
    let output = run(&["train", &set]);
    assert_eq!(output["train_images"], 18);
    let classes: Vec<&str> =
        output["classes"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
    assert_eq!((classes.len(), classes[1], classes[2]), (5, "blue", "caf\u{e9}"));
    assert!(classes[0].chars().count() <= 100 && long.starts_with(classes[0].trim_end_matches('…')), "{classes:?}");
    assert_eq!(output["report"]["perClass"], serde_json::json!([1, 5, 2, 5, 5]));
    let skipped: Vec<&str> =
        output["skipped"].as_array().unwrap().iter().map(|row| row["file"].as_str().unwrap()).collect();
    assert_eq!(skipped.len(), 4, "three notes and the loose photo, and nothing that a system left: {skipped:?}");
    let said = printed(&["train", &set]);
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("left out")).collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(
        lines[0].starts_with("left out: 3 files that are no images: ") && lines[1].contains("loose.png"),
        "{lines:?}"
    );
    assert!(said.contains("a name has at most 100 characters"), "{said}");
}

fn cli_says_what_a_score_does_not_cover() {
    let root = common::folder("folders-honesty");
    let burst = drawn(0, 1, 90, 70);
    for number in 0..4 {
        let mut frame = burst.clone();
        frame.rgb[0] = number;
        common::write_png(&root.join(format!("set/burst/{number}.png")), &frame);
        common::write_png(&root.join(format!("set/others/{number}.png")), &drawn(1, u64::from(number) * 31, 90, 70));
    }
    common::write_png(&root.join("set/single/0.png"), &drawn(2, 9, 90, 70));
    let set = root.join("set").display().to_string();
    let said = printed(&["train", &set]);
    assert!(
        said.contains("1 of these look like photos learnt from") || said.contains("2 of these look like"),
        "{said}"
    );
    assert!(said.contains("not judged: single;"), "{said}");
    let report = &run(&["train", &set])["report"];
    assert_eq!(report["neverHeldOut"], serde_json::json!(["single"]));
    let compared =
        common::lastlayer(&["compare", &set, "--run", "head,epochs=3,augment=0", "--run", "head,epochs=4,augment=0"]);
    let said = String::from_utf8(compared.stdout).unwrap();
    assert!(said.contains("not judged: single;") && said.contains("look like photos learnt from"), "{said}");
}

/// Files below a folder, by their paths from it.
fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            files.extend(files_below(&entry).into_iter().map(|file| format!("{name}/{file}")));
        } else {
            files.push(entry.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    files.sort();
    files
}

fn cli_writes_predictions_out() {
    let root = common::folder("folders-predictions");
    draw(&root.join("train"), 0..6);
    draw(&root.join("new"), 100..102);
    common::write_png(&root.join("new/loose.png"), &drawn(0, 300, 90, 70));
    std::fs::write(root.join("new/red/notes.jpg"), "no photo").unwrap();
    let path = |name: &str| root.join(name).display().to_string();
    let (model, new, table, sorted) = (path("model.safetensors"), path("new"), path("out.csv"), path("sorted"));
    let before = files_below(&root.join("new"));
    printed(&["train", &path("train"), "-o", &model]);
    for _ in 0..2 {
        let output = common::lastlayer(&[
            "predict",
            &model,
            &new,
            "--csv",
            &table,
            "--sort-into",
            &sorted,
            "--top",
            "1",
            "--json",
        ]);
        assert!(!output.status.success(), "one of them is no photo");
        let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), 8);
        let read = std::fs::read_to_string(&table).unwrap();
        let mut lines = read.strip_prefix('\u{feff}').unwrap().lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!((header[..4].to_vec(), header.len()), (vec!["file", "class", "label_1", "probability_1"], 14));
        for (line, row) in lines.zip(rows) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells[0], row["file"]);
            assert_eq!(cells[1], row["class"].as_str().unwrap_or_default());
            if row["error"].is_null() {
                assert_eq!(row["predictions"].as_array().unwrap().len(), 1, "as many as were asked for");
                assert_eq!(cells[2], row["predictions"][0]["label"]);
                let probabilities = [3, 5, 7].map(|column| cells[column].parse::<f64>().unwrap());
                assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5, "of all three classes: {line}");
                assert_eq!((cells[8], cells[12]), ("", "no"));
            } else {
                assert!(
                    cells[0].ends_with("notes.jpg")
                        && cells[1] == "red"
                        && cells[2].is_empty()
                        && !cells[13].is_empty()
                );
            }
        }
    }
    assert_eq!(files_below(&root.join("new")), before, "nothing is moved");
    let copies = files_below(&root.join("sorted"));
    assert_eq!(copies.len(), 14, "seven photos, twice: {copies:?}");
    let right = COLOURS.iter().all(|label| copies.contains(&format!("{label}/100.png")));
    let further = COLOURS.iter().all(|label| copies.contains(&format!("{label}/100 (2).png")));
    assert!(right && further, "{copies:?}");
    let copied = std::fs::read(root.join("sorted/red/100.png")).unwrap();
    assert_eq!(copied, std::fs::read(root.join("new/red/100.png")).unwrap());
}
