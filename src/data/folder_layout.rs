//! What the folders that photos lie in mean: the one place that says so, for the page (picker and drop) and for the command line.
//!
//! * What a system leaves behind is nobody's photo: `.DS_Store` and all other names with a leading dot, `Thumbs.db`, `@eaDir` …
//! * Folders around everything else are passed over; the first level below them are the classes, and all that lies in a class
//!   folder is of that class, however deep: `class/day/photo.jpg` is of `class`.
//! * Where the first level are folders such as `train`, `val` and `test` with class folders in them, the classes are one level
//!   deeper. Photos of `train` and `val` are to learn from, those of `test` are to be tested with and never learnt from.
//! * Files are in natural order of their paths, classes in that of their names.

use serde::Serialize;

use super::label::{self, Natural};

/// Files are given by their position in the list of paths. What is in none of the lists was left behind by a system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// To learn from.
    pub photos: Vec<Group>,
    /// To be tested with.
    pub test: Vec<Group>,
    /// Files beside the class folders, and so of no class: `labels.csv`, or a photo that was forgotten.
    pub left_out: Vec<usize>,
    pub notes: Vec<Note>,
}

/// The files of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// `None` for files that came without a folder.
    pub label: Option<String>,
    pub files: Vec<usize>,
}

/// What a person would want to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Note {
    /// Folders that were taken as parts of a data set and not as classes.
    Parts { photos: Vec<String>, test: Vec<String> },
    /// A folder's name was too long for a class.
    Shortened { from: String, to: String },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Train,
    Validation,
    Test,
}

/// A file below the folders that are passed over.
struct File<'a> {
    index: usize,
    /// From the class folder, or from the folder of a part of the data set, to the file's own name.
    names: Vec<&'a str>,
}

impl File<'_> {
    fn looks_like_a_photo(&self) -> bool {
        let extension = self.names.last().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension);
        PHOTO_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    }
}

/// By which a folder of photos is told from one of other files. What is a photo in the end, its content decides.
const PHOTO_EXTENSIONS: [&str; 18] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "avif", "gif", "bmp", "tif", "tiff", "heic", "heif", "dng",
    "psd", "jp2", "jxl",
];

/// Names of files and folders that no person chose.
const SYSTEM_NAMES: [&str; 9] = [
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "__MACOSX",
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
];

/// Whether a file or folder of that name, with all that is in it, was left behind by a system or a program.
pub fn is_skipped(name: &str) -> bool {
    name.starts_with('.') || SYSTEM_NAMES.iter().any(|system| system.eq_ignore_ascii_case(name))
}

/// Paths are relative, their names joined by slashes. A path of one name is a file that came without a folder.
pub fn arrange<'a>(paths: &'a [impl AsRef<str>]) -> Layout {
    let names = |path: &'a str| path.split('/').filter(|name| !name.is_empty()).collect();
    let all = paths.iter().enumerate().map(|(index, path)| File { index, names: names(path.as_ref()) });
    let mut files: Vec<File<'_>> = all.filter(|file| !file.names.iter().any(|name| is_skipped(name))).collect();
    files.retain(|file| !file.names.is_empty());
    files.sort_by(|a, b| a.names.iter().map(|name| Natural(name)).cmp(b.names.iter().map(|name| Natural(name))));
    let order: Vec<usize> = files.iter().map(|file| file.index).collect();

    let mut classes = Classes::default();
    let mut left_out = vec![false; paths.len()];
    let (loose, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.names.len() == 1);
    let files = pass_over(files, &mut left_out);
    let folders: Vec<&[File<'_>]> = files.chunk_by(|a, b| a.names[0] == b.names[0]).collect();
    let parts = parts(&folders);
    for files in folders {
        let name = files[0].names[0];
        // The class is the folder itself, or in a part of a data set the folder below it.
        let part = parts.iter().find(|(part, _)| *part == name).map(|(_, part)| *part);
        let holds_photos = parts.is_empty() || files.iter().any(File::looks_like_a_photo);
        for file in files {
            let class = match part {
                Some(_) => (file.names.len() > 2).then(|| file.names[1]),
                None => holds_photos.then_some(name),
            };
            let test = part == Some(Part::Test);
            left_out[file.index] = !match class {
                // Test photos without a class, as those of a competition, are recognised and not scored.
                None => test && file.looks_like_a_photo() && classes.add(true, None, file.index),
                Some(class) => classes.add(test, Some(class), file.index),
            };
        }
    }
    for file in loose {
        classes.add(false, None, file.index);
    }
    classes.into_layout(&parts, order.into_iter().filter(|&index| left_out[index]).collect())
}

/// The files without the folders that all of them lie in. A folder that holds more photos itself than the folders in it do is
/// a class, and is not passed over.
fn pass_over<'a>(mut files: Vec<File<'a>>, left_out: &mut [bool]) -> Vec<File<'a>> {
    loop {
        let Some(folder) = files.first().map(|file| file.names[0]) else { return files };
        let count = |inside: bool| {
            files.iter().filter(|file| (file.names.len() == 2) == inside && file.looks_like_a_photo()).count()
        };
        let deeper = files.iter().any(|file| file.names.len() > 2);
        if !deeper || files.iter().any(|file| file.names[0] != folder) || count(true) > count(false) {
            return files;
        }
        files.iter().filter(|file| file.names.len() == 2).for_each(|file| left_out[file.index] = true);
        files.retain(|file| file.names.len() > 2);
        for file in &mut files {
            file.names.remove(0);
        }
    }
}

/// The folders that are parts of a data set: named like one, with class folders in them and no photos of their own. A class may
/// be called `test`, too. So the folders beside a part must be parts as well, or hold photos themselves (then the part is deeper
/// than a class would be), or bear the names of all the class folders in it. Beside a part, a folder of such a name that holds
/// photos itself is one as well, without classes.
fn parts<'a>(folders: &[&[File<'a>]]) -> Vec<(&'a str, Part)> {
    let is_flat = |files: &[File<'_>]| files.iter().any(|file| file.names.len() == 2 && file.looks_like_a_photo());
    let (mut deep, mut flat, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    for &files in folders {
        let name = files[0].names[0];
        let mut inside: Vec<&str> =
            files.iter().filter(|file| file.names.len() > 2).map(|file| file.names[1]).collect();
        inside.dedup(); // files are in the order of their paths
        match part_of(name) {
            Some(part) if !is_flat(files) && !inside.is_empty() => deep.push((name, part, inside)),
            Some(part) if is_flat(files) => flat.push((name, part)),
            _ if !files.iter().any(File::looks_like_a_photo) => {}
            _ => classes.push((name, is_flat(files))),
        }
    }
    let all_flat = classes.iter().all(|(_, flat)| *flat);
    let is_class = |name: &&str| classes.iter().any(|(class, _)| class == name);
    deep.retain(|(_, _, inside)| all_flat || inside.iter().all(is_class));
    if deep.is_empty() {
        return Vec::new();
    }
    deep.into_iter().map(|(name, part, _)| (name, part)).chain(flat).collect()
}

fn part_of(name: &str) -> Option<Part> {
    match name.trim().to_ascii_lowercase().as_str() {
        "train" | "training" => Some(Part::Train),
        "val" | "valid" | "validation" => Some(Part::Validation),
        "test" | "testing" => Some(Part::Test),
        _ => None,
    }
}

/// The classes so far, in natural order of their names.
#[derive(Default)]
struct Classes {
    named: Vec<Class>,
    loose: Class,
}

#[derive(Default)]
struct Class {
    label: String,
    photos: Vec<usize>,
    test: Vec<usize>,
}

impl Classes {
    /// Puts a file into the class that its folder names. `false` for a folder whose name is nothing but spaces.
    fn add(&mut self, test: bool, folder: Option<&str>, index: usize) -> bool {
        let label = folder.map(label::clean);
        let class = match &label {
            None => &mut self.loose,
            Some(label) if label.is_empty() => return false,
            Some(label) => {
                let found = self.named.binary_search_by(|class| Natural(&class.label).cmp(&Natural(label)));
                let at = found.unwrap_or_else(|at| {
                    self.named.insert(at, Class { label: label.clone(), ..Class::default() });
                    at
                });
                &mut self.named[at]
            }
        };
        let files = if test { &mut class.test } else { &mut class.photos };
        files.push(index);
        true
    }

    fn into_layout(mut self, parts: &[(&str, Part)], left_out: Vec<usize>) -> Layout {
        let mut layout = Layout { left_out, ..Layout::default() };
        let folders = |test: bool| {
            let wanted = parts.iter().filter(|(_, part)| (*part == Part::Test) == test);
            wanted.map(|(name, _)| (*name).to_owned()).collect()
        };
        if !parts.is_empty() {
            layout.notes.push(Note::Parts { photos: folders(false), test: folders(true) });
        }
        for at in 0..self.named.len() {
            if self.named[at].label.chars().count() > label::MAX_CHARS {
                let to = self.shortened(&self.named[at].label);
                let from = std::mem::replace(&mut self.named[at].label, to.clone());
                layout.notes.push(Note::Shortened { from, to });
            }
        }
        let named = self.named.into_iter().map(|class| (Some(class.label), class.photos, class.test));
        for (label, photos, test) in named.chain([(None, self.loose.photos, self.loose.test)]) {
            for (files, groups) in [(photos, &mut layout.photos), (test, &mut layout.test)] {
                if !files.is_empty() {
                    groups.push(Group { label: label.clone(), files });
                }
            }
        }
        layout
    }

    /// The beginning of a long name, unlike every other.
    fn shortened(&self, long: &str) -> String {
        for number in 1.. {
            let end = if number == 1 { "…".to_owned() } else { format!("… {number}") };
            let kept: String = long.chars().take(label::MAX_CHARS - end.chars().count()).collect();
            let name = kept.trim_end().to_owned() + &end;
            if self.named.iter().all(|class| class.label != name) {
                return name;
            }
        }
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Groups as "label: path path".
    fn said(groups: &[Group], paths: &[&str]) -> Vec<String> {
        let of = |group: &Group| {
            let files: Vec<&str> = group.files.iter().map(|&index| paths[index]).collect();
            format!("{}: {}", group.label.as_deref().unwrap_or("-"), files.join(" "))
        };
        groups.iter().map(of).collect()
    }

    #[track_caller]
    fn check(paths: &[&str], photos: &[&str], test: &[&str], left_out: &[&str]) {
        let layout = arrange(paths);
        assert_eq!(said(&layout.photos, paths), photos, "photos");
        assert_eq!(said(&layout.test, paths), test, "test");
        let beside: Vec<&str> = layout.left_out.iter().map(|&index| paths[index]).collect();
        assert_eq!(beside, left_out, "left out");
    }

    fn parts(paths: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
        arrange(paths).notes.into_iter().find_map(|note| match note {
            Note::Parts { photos, test } => Some((photos, test)),
            Note::Shortened { .. } => None,
        })
    }

    #[test]
    fn the_first_level_below_the_dropped_folder_is_the_class_however_deep_a_photo_lies() {
        let paths = ["set/rose/monday/1.jpg", "set/rose/2.jpg", "set/tulip/monday/a/b/3.jpg", "set/rose/tuesday/4.jpg"];
        let rose = "rose: set/rose/2.jpg set/rose/monday/1.jpg set/rose/tuesday/4.jpg";
        check(&paths, &[rose, "tulip: set/tulip/monday/a/b/3.jpg"], &[], &[]);
    }

    #[test]
    fn class_folders_that_were_dropped_one_by_one_are_the_same_classes() {
        let paths = ["rose/monday/1.jpg", "rose/2.jpg", "tulip/3.jpg"];
        check(&paths, &["rose: rose/2.jpg rose/monday/1.jpg", "tulip: tulip/3.jpg"], &[], &[]);
        check(&["rose/1.jpg", "rose/2.jpg"], &["rose: rose/1.jpg rose/2.jpg"], &[], &[]);
    }

    #[test]
    fn folders_around_everything_are_passed_over_and_what_lies_in_them_is_listed() {
        let paths = ["zip/set/rose/1.jpg", "zip/set/labels.csv", "zip/set/tulip/2.jpg", "zip/README.md"];
        check(&paths, &["rose: zip/set/rose/1.jpg", "tulip: zip/set/tulip/2.jpg"], &[], &[paths[3], paths[1]]);
        let forgotten = ["set/a.jpg", "set/rose/1.jpg", "set/tulip/2.jpg"];
        check(&forgotten, &["rose: set/rose/1.jpg", "tulip: set/tulip/2.jpg"], &[], &["set/a.jpg"]);
    }

    #[test]
    fn a_folder_that_holds_most_photos_itself_is_the_class() {
        let paths = ["rose/1.jpg", "rose/2.jpg", "rose/blurred/3.jpg"];
        check(&paths, &["rose: rose/1.jpg rose/2.jpg rose/blurred/3.jpg"], &[], &[]);
    }

    #[test]
    fn files_without_a_folder_are_loose() {
        let paths = ["10.jpg", "set/rose/1.jpg", "9.jpg", "set/tulip/1.jpg"];
        check(&paths, &["rose: set/rose/1.jpg", "tulip: set/tulip/1.jpg", "-: 9.jpg 10.jpg"], &[], &[]);
        check(&["", "/", "//a.jpg"], &["-: //a.jpg"], &[], &[]);
    }

    #[test]
    fn the_parts_of_a_data_set_are_recognised_in_any_case_and_test_is_kept_apart() {
        for [train, val, test] in
            [["train", "val", "test"], ["Training", "Validation", "TESTING"], ["TRAIN", "valid", "Test"]]
        {
            let path = |part: &str, rest: &str| format!("set/{part}/{rest}");
            let own = [
                path(train, "rose/1.jpg"),
                path(val, "rose/2.jpg"),
                path(test, "rose/3.jpg"),
                path(train, "tulip/4.jpg"),
            ];
            let paths: Vec<&str> = own.iter().map(String::as_str).collect();
            let rose = format!("rose: {} {}", paths[0], paths[1]);
            check(&paths, &[&rose, &format!("tulip: {}", paths[3])], &[&format!("rose: {}", paths[2])], &[]);
            assert_eq!(parts(&paths), Some((vec![train.to_owned(), val.to_owned()], vec![test.to_owned()])));
        }
    }

    #[test]
    fn the_parts_may_be_dropped_together_and_hold_folders_by_day() {
        let paths = ["train/rose/monday/1.jpg", "test/rose/monday/2.jpg", "train/tulip/3.jpg", "train/about.txt"];
        let photos = ["rose: train/rose/monday/1.jpg", "tulip: train/tulip/3.jpg"];
        check(&paths, &photos, &["rose: test/rose/monday/2.jpg"], &["train/about.txt"]);
    }

    #[test]
    fn one_part_alone_is_what_was_dropped() {
        for part in ["train", "test"] {
            let own = [format!("{part}/rose/1.jpg"), format!("{part}/tulip/2.jpg")];
            let paths = [own[0].as_str(), own[1].as_str()];
            check(&paths, &[&format!("rose: {}", paths[0]), &format!("tulip: {}", paths[1])], &[], &[]);
            assert_eq!(parts(&paths), None);
        }
    }

    #[test]
    fn test_photos_without_class_folders_are_not_learnt_from() {
        let paths = ["s/train/rose/1.jpg", "s/train/tulip/2.jpg", "s/test/3.jpg", "s/test/list.csv", "s/val/4.jpg"];
        let photos = ["rose: s/train/rose/1.jpg", "tulip: s/train/tulip/2.jpg"];
        check(&paths, &photos, &["-: s/test/3.jpg"], &["s/test/list.csv", "s/val/4.jpg"]);
    }

    #[test]
    fn a_part_may_lie_beside_class_folders_and_beside_folders_without_photos() {
        let deeper = ["train/rose/1.jpg", "train/tulip/2.jpg", "cross/3.jpg", "4.jpg"];
        let photos = ["cross: cross/3.jpg", "rose: train/rose/1.jpg", "tulip: train/tulip/2.jpg", "-: 4.jpg"];
        check(&deeper, &photos, &[], &[]);
        let named = ["s/cat/mon/1.jpg", "s/dog/mon/2.jpg", "s/test/cat/mon/3.jpg", "s/test/dog/4.jpg"];
        let test = ["cat: s/test/cat/mon/3.jpg", "dog: s/test/dog/4.jpg"];
        check(&named, &["cat: s/cat/mon/1.jpg", "dog: s/dog/mon/2.jpg"], &test, &[]);
        let notes = ["s/train/cat/1.jpg", "s/val/cat/2.jpg", "s/annotations/cat/1.xml"];
        check(&notes, &["cat: s/train/cat/1.jpg s/val/cat/2.jpg"], &[], &["s/annotations/cat/1.xml"]);
    }

    #[test]
    fn a_class_may_be_called_test() {
        let flat = ["s/exam/1.jpg", "s/test/2.jpg", "s/train/3.jpg"];
        check(&flat, &["exam: s/exam/1.jpg", "test: s/test/2.jpg", "train: s/train/3.jpg"], &[], &[]);
        let by_day = ["s/exam/mon/1.jpg", "s/test/mon/2.jpg"];
        check(&by_day, &["exam: s/exam/mon/1.jpg", "test: s/test/mon/2.jpg"], &[], &[]);
        assert_eq!((parts(&flat), parts(&by_day)), (None, None));
    }

    #[test]
    fn what_systems_leave_behind_is_nobodys_photo() {
        let junk = [
            "s/a/.DS_Store",
            "s/a/Thumbs.db",
            "s/a/DESKTOP.INI",
            "s/a/._1.jpg",
            "s/__MACOSX/a/1.jpg",
            "s/a/@eaDir/1.jpg",
            "s/.ipynb_checkpoints/1.jpg",
            "s/@eaDir/x/1.jpg",
            "s/$RECYCLE.BIN/1.jpg",
            ".git/a/1.jpg",
            "s/a/Icon\r",
        ];
        let paths = [&junk[..], &["s/a/1.jpg", "s/b/2.jpg"]].concat();
        check(&paths, &["a: s/a/1.jpg", "b: s/b/2.jpg"], &[], &[]);
    }

    #[test]
    fn the_order_of_the_paths_does_not_matter() {
        let mut paths =
            vec!["s/b/10.jpg", "s/b/9.jpg", "s/a/2.jpg", "s/a/x/1.jpg", "s/class 10/1.jpg", "s/class 9/1.jpg", "0.jpg"];
        let expected = [
            "a: s/a/2.jpg s/a/x/1.jpg",
            "b: s/b/9.jpg s/b/10.jpg",
            "class 9: s/class 9/1.jpg",
            "class 10: s/class 10/1.jpg",
            "-: 0.jpg",
        ];
        for _ in 0..paths.len() {
            paths.rotate_left(1);
            check(&paths, &expected, &[], &[]);
        }
        paths.reverse();
        check(&paths, &expected, &[], &[]);
    }

    #[test]
    fn two_ways_to_write_an_accent_are_one_class() {
        let paths = ["s/cafe\u{301}/1.jpg", "s/caf\u{e9}/2.jpg", "s/ caf\u{e9} /3.jpg", "s/tea/4.jpg"];
        let layout = arrange(&paths);
        let labels: Vec<_> =
            layout.photos.iter().map(|group| (group.label.as_deref().unwrap(), group.files.len())).collect();
        assert_eq!(labels, [("caf\u{e9}", 3), ("tea", 1)]);
    }

    #[test]
    fn a_name_that_is_too_long_is_shortened_stays_its_own_and_costs_no_other_class() {
        let long = "é".repeat(120);
        let own = [
            format!("s/{long}a/1.jpg"),
            format!("s/{long}b/2.jpg"),
            "s/rose/3.jpg".to_owned(),
            "s/ /4.jpg".to_owned(),
            format!("s/{}…/5.jpg", "é".repeat(99)),
        ];
        let layout = arrange(&own);
        let labels: Vec<&str> = layout.photos.iter().map(|group| group.label.as_deref().unwrap()).collect();
        assert!(labels.iter().all(|label| label.chars().count() <= label::MAX_CHARS), "{labels:?}");
        assert_eq!((labels.len(), labels.iter().collect::<BTreeSet<_>>().len()), (4, 4), "{labels:?}");
        assert_eq!(layout.left_out, [3], "a name of spaces names no class");
        let shortened = layout.notes.iter().filter(|note| matches!(note, Note::Shortened { from, to } if from.starts_with(&long) && labels.contains(&to.as_str())));
        assert_eq!(shortened.count(), 2);
        // The same folder of test photos has the same name.
        let both = [format!("s/train/{long}/1.jpg"), "s/train/rose/2.jpg".to_owned(), format!("s/test/{long}/3.jpg")];
        let layout = arrange(&both);
        assert!(layout.photos.iter().any(|group| group.label == layout.test[0].label));
    }
}
