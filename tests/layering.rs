//! A module imports only from groups to its left, and inside a group only from names to its left: no cycle, no upward import.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The order that `src/lib.rs` documents.
const GROUPS: &[&[&str]] = &[
    &["error", "rng", "metrics", "halves"],
    &["image", "nn", "device"],
    &["backbone"],
    &["data", "score", "model"],
    &["train"],
    &["eval", "advise", "export"],
    &["session"],
    &["web"],
];

fn rank(module: &str) -> usize {
    GROUPS.iter().flat_map(|group| group.iter()).position(|name| *name == module).unwrap_or_else(|| {
        panic!("src/ has a module {module:?} that tests/layering.rs does not place: add it to a group there and in src/lib.rs")
    })
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// Names right after `crate::` in a source text, grouped imports (`crate::{a, b}`) included. Comments are left out.
fn imported(source: &str) -> Vec<String> {
    let code: String = source.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        let list = match after.strip_prefix('{') {
            Some(rest) => rest.split('}').next().unwrap_or(""),
            None => after,
        };
        let items = if after.starts_with('{') { list.split(',').collect() } else { vec![list] };
        names.extend(items.into_iter().map(|item| {
            item.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>()
        }));
    }
    names
}

#[test]
fn modules_import_only_from_their_left() {
    let source_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source_folder, &mut files);
    let mut violations = Vec::new();
    let mut checked = 0;
    for file in files {
        let relative = file.strip_prefix(&source_folder).unwrap();
        let top = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = top.trim_end_matches(".rs");
        if module == "lib" || module == "bin" {
            continue; // lib.rs declares everything; the binaries stand right of everything.
        }
        for name in imported(&fs::read_to_string(&file).unwrap()) {
            checked += 1;
            if name != module && rank(&name) > rank(module) {
                violations.push(format!("{} imports crate::{name}", relative.display()));
            }
        }
    }
    assert!(checked > 50, "the search found only {checked} imports: it no longer sees them");
    assert!(violations.is_empty(), "imports to the right:\n{}", violations.join("\n"));
}

/// Folders of `train`, each of which imports only from those before it.
const TRAIN: &[&str] = &["plan", "read", "fit", "run"];

/// Files that may import each other: a picture, its layout and the scaler that makes it know one another.
const KNOW_EACH_OTHER: &[&str] = &["image", "image::layout", "image::scaler"];

/// Every file of `src` as a module path (`train::fit::parts`; `mod.rs` is its folder's own), and the modules it imports from: each
/// `crate::` and `super::` path outside tests and comments, taken to the deepest file on it. A re-export (`pub use child::Name`) only
/// gives a name and is no import; calling a method needs none either.
fn import_graph() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&folder, &mut files);
    let path_of = |file: &Path| {
        let relative = file.strip_prefix(&folder).unwrap().with_extension("");
        let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        parts.into_iter().filter(|part| part != "mod").collect::<Vec<_>>()
    };
    let modules: BTreeMap<Vec<String>, &PathBuf> = files
        .iter()
        .map(|file| (path_of(file), file))
        .filter(|(path, _)| !["lib", "bin"].contains(&&*path[0]))
        .collect();
    let deepest = |mut path: Vec<String>| {
        while !path.is_empty() && !modules.contains_key(&path) {
            path.pop();
        }
        path
    };
    let imports = |(path, file): (&Vec<String>, &&PathBuf)| {
        let found = paths_in(&fs::read_to_string(file).unwrap(), path).into_iter().map(deepest);
        let others = found.filter(|other| !other.is_empty() && other != path).map(|other| other.join("::"));
        (path.join("::"), others.collect())
    };
    modules.iter().map(imports).collect()
}

/// Absolute paths that a source text of the module `of` names.
fn paths_in(source: &str, of: &[String]) -> Vec<Vec<String>> {
    let code = source.split("#[cfg(test)]").next().unwrap_or("").split("#[cfg(all(test").next().unwrap_or("");
    let code: String = code.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for statement in code.split("use ").skip(1).filter_map(|rest| rest.split(';').next()) {
        // In a parent's file a child goes by its own name.
        let first: String = statement.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        if !["crate", "super", "self", "std"].contains(&&*first) {
            let re_exported = code.contains(&format!("pub use {statement};"));
            if !re_exported {
                found.push([of, &[first]].concat());
            }
        }
    }
    for (start, word) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
            continue;
        }
        let mut rest = &code[start + word.len()..];
        let mut base = match word {
            "crate::" => Vec::new(),
            _ => of[..of.len() - 1].to_vec(),
        };
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            base.pop();
        }
        expand(rest, base, &mut found);
    }
    found
}

/// The paths of a use tree (`a::b`, `{a, b::c}`) after `base`; what is left of the text behind it.
fn expand<'a>(text: &'a str, mut base: Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches([' ', '\n', ',']);
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = expand(rest, base.clone(), found);
            if after.len() == rest.len() {
                return after;
            }
            rest = after;
        }
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    base.push(text[..end].to_owned());
    match text[end..].strip_prefix("::") {
        Some(rest) if end > 0 => expand(rest, base, found),
        _ => {
            found.push(base);
            &text[end..]
        }
    }
}

#[test]
fn no_file_imports_in_a_circle() {
    let mut graph = import_graph();
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 300, "the search no longer sees the imports");
    for (file, imports) in &mut graph {
        if KNOW_EACH_OTHER.contains(&&**file) {
            imports.retain(|other| !KNOW_EACH_OTHER.contains(&&**other));
        }
    }
    // Whoever imports nothing that is left goes; what stays is in a circle, or above one.
    loop {
        let free: Vec<String> =
            graph.iter().filter(|(_, imports)| imports.is_empty()).map(|(file, _)| file.clone()).collect();
        if free.is_empty() {
            break;
        }
        graph.retain(|file, _| !free.contains(file));
        graph.values_mut().for_each(|imports| imports.retain(|other| !free.contains(other)));
    }
    assert!(graph.is_empty(), "files import in a circle: {graph:#?}");
}

#[test]
fn a_training_is_planned_then_read_then_fitted_then_run() {
    let place = |file: &str| {
        let folder = file.strip_prefix("train::")?.split("::").next()?.to_owned();
        TRAIN.iter().position(|name| *name == folder)
    };
    let graph = import_graph();
    let pairs = graph.iter().flat_map(|(file, imports)| imports.iter().map(move |other| (file, other)));
    let upward: Vec<_> = pairs.filter(|(file, other)| place(file).is_some() && place(other) > place(file)).collect();
    assert!(upward.is_empty(), "{upward:?}");
}

#[test]
fn only_the_boundary_knows_the_browser() {
    let source_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source_folder, &mut files);
    for file in files.iter().filter(|file| !file.starts_with(source_folder.join("web"))) {
        let source = fs::read_to_string(file).unwrap();
        for name in ["wasm_bindgen", "web_sys", "js_sys"] {
            assert!(!source.contains(name), "{} mentions {name}; only src/web may", file.display());
        }
    }
}

#[test]
fn the_search_sees_every_form_of_import() {
    let source =
        "use crate::error::Result; // use crate::web::nothing\nuse crate::{rng, nn::pool};\nlet x = crate::model::X;";
    assert_eq!(imported(source), ["error", "rng", "nn", "model"]);
}
