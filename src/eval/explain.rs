//! Which parts of a photo speak for a class and which against it.
//!
//! The head is linear on averages and largest values over places, so a logit is a sum over places: no gradient and no approximation is
//! needed. Where the head sees the last layer's average alone, the map of a class is the class activation map of Zhou et al. (2016), which
//! Grad-CAM equals on such a network.

use burn::tensor::Tensor;
use serde::Serialize;

use super::classifier::{Classifier, Prediction};
use crate::data::label;
use crate::error::{Error, ErrorCode, Result};
use crate::image::heat::Grid;
use crate::image::prepare::Crop;
use crate::image::{Pixels, heat};
use crate::train::read::embed::read;

/// How many guesses an explanation names.
const GUESSES: usize = 5;
/// How many class names an error lists.
const NAMES_IN_ERROR: usize = 20;

/// The logits of one photo, taken apart by place.
#[derive(Debug, Clone)]
pub struct ClassMaps {
    /// Size of the largest map that the head sees: 14 × 14 at 224 pixels, 7 × 7 where it sees the last one alone.
    pub width: usize,
    pub height: usize,
    classes: usize,
    /// `[height · width, classes]`, row-major.
    values: Vec<f32>,
}

impl ClassMaps {
    /// `at_split`: of one photo's [`pictures`](Classifier::pictures), as [`Embedder::maps`](crate::train::read::embed::Embedder::maps) gives
    /// them. Of a photo and its mirror image the map is the average of the two, the latter turned back, and its mean is the logit still.
    pub async fn of(classifier: &Classifier, at_split: Vec<Tensor<4>>) -> Result<Self> {
        let (suffix, classes) = (&classifier.suffix, classifier.labels.len());
        let maps = suffix.maps(at_split);
        let size = |map: &Tensor<4>| (map.dims()[3], map.dims()[2]);
        let (width, height) = maps.iter().map(size).max().ok_or_else(|| Error::internal("a head that sees nothing"))?;
        let bias = match &suffix.head().bias {
            Some(bias) => read(bias.val()).await?,
            None => vec![0.0; classes],
        };
        let mut values = bias.repeat(width * height);
        let pictures = maps[0].dims()[0];
        // The mean is to be the logit, to which the places sum up.
        let share = (width * height) as f32 / pictures as f32;
        for picture in 0..pictures {
            let maps: Vec<Tensor<4>> = maps.iter().map(|map| map.clone().narrow(0, picture, 1)).collect();
            for (by_place, map) in suffix.logits_by_place(&maps).into_iter().zip(&maps) {
                let (columns, rows) = size(map);
                let places = Places { columns, rows, mirrored: picture == 1, values: &read(by_place).await? };
                places.spread(width, height, share, &mut values);
            }
        }
        Ok(Self { width, height, classes, values })
    }

    /// What each place adds to the class's logit, times the number of places, with the bias at each; row by row. Its mean is the class's
    /// logit. Of the last layer's average alone: `Σ_f weight[class, f] · feature_f(y, x) + bias[class]`.
    pub fn class(&self, class: usize) -> Vec<f32> {
        self.values.chunks_exact(self.classes).map(|logits| logits[class]).collect()
    }

    /// The map of a class less that of another, or less the average of all classes': what speaks for `class` rather than for the
    /// others. Softmax sees only differences of logits, so this is what a picture should show; a single logit has no
    /// natural zero. Its mean is the same difference of the logits.
    pub fn evidence(&self, class: usize, against: Option<usize>) -> Vec<f32> {
        let other = |logits: &[f32]| match against {
            Some(against) => logits[against],
            None => logits.iter().sum::<f32>() / logits.len() as f32,
        };
        self.values.chunks_exact(self.classes).map(|logits| logits[class] - other(logits)).collect()
    }

    /// The logits of the whole photo.
    pub fn logits(&self) -> Vec<f32> {
        let positions = self.values.len() / self.classes;
        (0..self.classes).map(|class| self.class(class).iter().sum::<f32>() / positions as f32).collect()
    }
}

/// What the places of one layer's map add to the logits.
struct Places<'a> {
    columns: usize,
    rows: usize,
    /// Whether the map is of the mirror image.
    mirrored: bool,
    /// `[rows · columns, classes]`.
    values: &'a [f32],
}

impl Places<'_> {
    /// Adds `share` of each value to a grid of `width` × `height` cells, in which each place covers as much as in its own: its value is
    /// divided among the cells by how much of it lies in each.
    fn spread(&self, width: usize, height: usize, share: f32, grid: &mut [f32]) {
        let classes = self.values.len() / (self.columns * self.rows);
        for (cell, sums) in grid.chunks_exact_mut(classes).enumerate() {
            let (y, x) = (cell / width, cell % width);
            let x = if self.mirrored { width - 1 - x } else { x };
            for (row, part_of_row) in overlaps(y, height, self.rows) {
                for (column, part_of_column) in overlaps(x, width, self.columns) {
                    let place = (row * self.columns + column) * classes;
                    let part = share * part_of_row * part_of_column;
                    sums.iter_mut().zip(&self.values[place..]).for_each(|(sum, value)| *sum += part * value);
                }
            }
        }
    }
}

/// Where cell `index` of `cells` lies among `places` that cover the same length: those that it overlaps, and how much of each it covers.
fn overlaps(index: usize, cells: usize, places: usize) -> impl Iterator<Item = (usize, f32)> {
    // In units of which a cell has `places` and a place `cells`.
    let (start, end) = (index * places, (index + 1) * places);
    (start / cells..end.div_ceil(cells)).map(move |place| {
        let covered = end.min((place + 1) * cells) - start.max(place * cells);
        (place, covered as f32 / cells as f32)
    })
}

/// What is asked of [`Session::explain`](crate::session::Session::explain): labels of classes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// The first guess where it is left out.
    pub class: Option<&'a str>,
    /// The average of all classes where it is left out.
    pub against: Option<&'a str>,
}

/// Why a classifier answers as it does.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The class that was asked about.
    pub class: ClassScore,
    pub against: Option<ClassScore>,
    /// Columns and rows of the two maps.
    pub width: usize,
    pub height: usize,
    /// [`ClassMaps::class`] of `class`, row by row, in logits.
    pub map: Vec<f32>,
    /// [`ClassMaps::evidence`], row by row, in logits: what the heatmap draws.
    pub evidence: Vec<f32>,
    /// The largest absolute value of `evidence`, which gets the strongest colour.
    pub scale: f32,
    /// The five best guesses.
    pub top: Vec<Prediction>,
    /// The part of the photo that the network sees, in the photo's own pixels: where the heatmap belongs.
    pub crop: Crop,
    /// What the network sees: that part at the backbone's input size.
    #[serde(skip)]
    pub seen: Pixels,
}

/// A class and what the classifier gives it.
#[derive(Debug, Clone, Serialize)]
pub struct ClassScore {
    pub label: String,
    pub index: usize,
    pub logit: f32,
    pub probability: f32,
}

impl Explanation {
    /// # Errors
    /// `unknown-class`, `invalid-option` when a class is asked about against itself.
    pub fn new(
        classifier: &Classifier,
        maps: &ClassMaps,
        question: Question<'_>,
        (seen, crop): (Pixels, Crop),
    ) -> Result<Self> {
        let labels = &classifier.labels;
        let logits = maps.logits();
        let probabilities = classifier.probabilities(&logits);
        let top = classifier.predictions(&logits, GUESSES);
        let score = |index: usize| ClassScore {
            label: labels[index].clone(),
            index,
            logit: logits[index],
            probability: probabilities[index],
        };
        let class = match question.class {
            Some(label) => find_class(labels, label)?,
            None => top.first().ok_or_else(|| Error::internal("a classifier without classes"))?.index,
        };
        let against = question.against.map(|label| find_class(labels, label)).transpose()?;
        if against == Some(class) {
            let message = format!("choose another class to compare {:?} with: it was given twice", labels[class]);
            return Err(Error::new(ErrorCode::InvalidOption, message).with("name", "against").with("value", class));
        }
        let evidence = maps.evidence(class, against);
        let (width, height) = (maps.width, maps.height);
        Ok(Self {
            class: score(class),
            against: against.map(score),
            width,
            height,
            map: maps.class(class),
            scale: Grid { width, height, values: &evidence }.strongest(),
            evidence,
            top,
            crop,
            seen,
        })
    }

    /// The heatmap: RGBA with straight alpha of the size of [`seen`](Self::seen), to lay over it or over the photo at `crop`.
    /// Orange speaks for the class, blue against it or for the other.
    pub fn overlay(&self) -> Vec<u8> {
        let grid = Grid { width: self.width, height: self.height, values: &self.evidence };
        grid.overlay(self.seen.width as usize, self.scale)
    }

    /// The heatmap over what the network sees, in grey.
    pub fn picture(&self) -> Pixels {
        heat::over_grey(&self.seen, &self.overlay())
    }
}

/// Position of the class of that name; upper and lower case matter only where both are there.
///
/// # Errors
/// `unknown-class`, naming the classes there are, or of very many those that look alike.
pub fn find_class(labels: &[String], name: &str) -> Result<usize> {
    let name = label::clean(name);
    let folded = name.to_lowercase();
    let exact = labels.iter().position(|label| *label == name);
    if let Some(index) = exact.or_else(|| labels.iter().position(|label| label.to_lowercase() == folded)) {
        return Ok(index);
    }
    let shares_a_word = |label: &&String| {
        let label = label.to_lowercase();
        folded.split_whitespace().any(|word| word.len() > 2 && label.contains(word)) || folded.contains(&label)
    };
    let mut names: Vec<&str> = match labels.len() {
        0..=NAMES_IN_ERROR => labels.iter().map(String::as_str).collect(),
        _ => labels.iter().filter(shares_a_word).map(String::as_str).collect(),
    };
    names.truncate(NAMES_IN_ERROR);
    let listed = names.join(", ");
    let message = match (labels.len() <= NAMES_IN_ERROR, names.is_empty()) {
        (true, _) => format!("there is no class named {name:?}; the classes are: {listed}"),
        (false, false) => format!("none of the {} classes is named {name:?}; similar ones: {listed}", labels.len()),
        (false, true) => {
            format!("none of the {} classes is named {name:?}, and none has such a word in it", labels.len())
        }
    };
    Err(Error::new(ErrorCode::UnknownClass, message).with("label", name).with("classes", listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_keep_their_sum_on_a_finer_grid_and_on_one_that_does_not_divide() {
        let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
        let places = Places { columns: 3, rows: 2, mirrored: false, values: &values };
        for (width, height) in [(3, 2), (6, 4), (5, 3), (7, 2)] {
            let mut grid = vec![0.0; width * height * 2];
            places.spread(width, height, 1.0, &mut grid);
            let sum = |class: usize| grid.iter().skip(class).step_by(2).sum::<f32>();
            assert!((sum(0) - 30.0).abs() < 1e-4 && (sum(1) - 36.0).abs() < 1e-4, "{width} × {height}: {grid:?}");
        }
        let mut finer = vec![0.0; 6 * 4 * 2];
        places.spread(6, 4, 1.0, &mut finer);
        assert_eq!(finer[2 * (6 + 5)], 1.0, "a quarter of the third place of the first row");
        let mut turned = vec![0.0; 3 * 2 * 2];
        Places { mirrored: true, ..places }.spread(3, 2, 1.0, &mut turned);
        assert_eq!(turned[..6], [4.0, 5.0, 2.0, 3.0, 0.0, 1.0]);
    }

    fn maps() -> ClassMaps {
        ClassMaps { width: 2, height: 1, classes: 3, values: vec![1.0, 2.0, 6.0, 3.0, 0.0, 0.0] }
    }

    #[test]
    fn maps_average_to_logits_and_their_differences() {
        let maps = maps();
        assert_eq!(maps.logits(), [2.0, 1.0, 3.0]);
        assert_eq!(maps.class(0), [1.0, 3.0]);
        assert_eq!(maps.evidence(0, Some(2)), [-5.0, 3.0]);
        assert_eq!(maps.evidence(0, None), [-2.0, 2.0]);
    }

    #[test]
    fn evidence_does_not_change_when_all_logits_move() {
        let mut moved = maps();
        moved.values.iter_mut().for_each(|value| *value += 10.0);
        assert_eq!(moved.evidence(1, None), maps().evidence(1, None));
        assert_eq!(moved.evidence(1, Some(0)), maps().evidence(1, Some(0)));
    }

    #[test]
    fn classes_are_found_by_name_and_listed_when_not() {
        let few: Vec<String> = ["Cat", "cat", "Dog"].map(str::to_owned).to_vec();
        assert_eq!([find_class(&few, "cat"), find_class(&few, " dog ")], [Ok(1), Ok(2)]);
        assert!(find_class(&few, "bird").unwrap_err().message.ends_with("the classes are: Cat, cat, Dog"));
        let many: Vec<String> = (0..30).map(|index| format!("terrier {index}")).collect();
        let error = find_class(&many, "Yorkshire terrier").unwrap_err();
        assert_eq!(error.code, ErrorCode::UnknownClass);
        assert!(error.message.contains("terrier 3") && error.params["classes"].split(", ").count() == NAMES_IN_ERROR);
        assert!(find_class(&many, "bird").unwrap_err().message.contains("none of the 30"));
    }
}
