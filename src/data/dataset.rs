//! Photos and classes. A class keeps its identity when it is renamed, so a trained classifier goes on under the new name.

use std::collections::{BTreeMap, HashMap};

use super::label;
use super::similar::PerceptualHash;
use crate::error::{Error, ErrorCode, Result};
use crate::image::stored::StoredPhoto;

pub type PhotoId = u32;
pub type ClassId = u32;

/// Pixels are kept until they are embedded, or for as long as a fit learns from them, up to this many bytes (about 600 photos);
/// past it they are asked for again when their turn comes.
const PIXEL_BUDGET: usize = 256 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    pub id: ClassId,
    pub label: String,
}

#[derive(Debug, Clone)]
pub struct Photo {
    pub id: PhotoId,
    pub name: String,
    pub class: ClassId,
    /// Of the file's bytes: the same photo twice is noticed by it.
    pub sha256: String,
    /// How it looks, whatever the framing: near-duplicates are noticed by it.
    pub hash: PerceptualHash,
    pub pixels: Option<StoredPhoto>,
}

/// What became of a photo that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    New,
    /// The same file is there already, under this id; nothing was added.
    DuplicateOf(PhotoId),
}

#[derive(Debug)]
pub struct Dataset {
    classes: Vec<Class>,
    /// By id, so that the order is the order of adding.
    photos: BTreeMap<PhotoId, Photo>,
    /// The photo of each hash of a file: one that comes is compared with none of the others.
    by_sha256: BTreeMap<String, PhotoId>,
    next_class: ClassId,
    pixel_bytes: usize,
    pixel_budget: usize,
    /// Photos whose pixels were supplied past the budget, because a step asked for them.
    surplus: Vec<PhotoId>,
}

impl Default for Dataset {
    fn default() -> Self {
        Self::with_pixel_budget(PIXEL_BUDGET)
    }
}

impl Dataset {
    /// An empty one that keeps at most `pixel_budget` bytes of pixels between two steps; what a single step asks
    /// for comes on top.
    pub fn with_pixel_budget(pixel_budget: usize) -> Self {
        Self {
            classes: Vec::new(),
            photos: BTreeMap::new(),
            by_sha256: BTreeMap::new(),
            next_class: 0,
            pixel_bytes: 0,
            pixel_budget,
            surplus: Vec::new(),
        }
    }

    /// In order of creation, empty ones too.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    pub fn photos(&self) -> impl ExactSizeIterator<Item = &Photo> {
        self.photos.values()
    }

    /// All of them, the first photo of every class before the second of any.
    pub fn photos_in_turns(&self) -> impl Iterator<Item = &Photo> {
        let mut before = HashMap::<ClassId, usize>::new();
        let mut turns: Vec<(usize, &Photo)> = self
            .photos
            .values()
            .map(|photo| {
                let turn = before.entry(photo.class).or_default();
                *turn += 1;
                (*turn, photo)
            })
            .collect();
        turns.sort_by_key(|&(turn, _)| turn);
        turns.into_iter().map(|(_, photo)| photo)
    }

    pub fn photo(&self, id: PhotoId) -> Result<&Photo> {
        self.photos.get(&id).ok_or_else(|| unknown_photo(id))
    }

    pub fn label(&self, class: ClassId) -> Option<&str> {
        self.classes.iter().find(|candidate| candidate.id == class).map(|class| class.label.as_str())
    }

    pub fn photos_in(&self, class: ClassId) -> usize {
        self.photos.values().filter(|photo| photo.class == class).count()
    }

    /// # Errors
    /// `class-exists`, `invalid-label`.
    pub fn add_class(&mut self, label: &str) -> Result<ClassId> {
        let label = self.check_new_label(label)?;
        let id = self.next_class;
        self.next_class += 1;
        self.classes.push(Class { id, label });
        Ok(id)
    }

    /// The class of that name, made when it is not there yet.
    pub fn class_or_new(&mut self, label: &str) -> Result<ClassId> {
        match self.class_id(label) {
            Ok(id) => Ok(id),
            Err(_) => self.add_class(label),
        }
    }

    /// # Errors
    /// `unknown-class`, `class-exists`, `invalid-label`.
    pub fn rename_class(&mut self, from: &str, to: &str) -> Result<()> {
        let id = self.class_id(from)?;
        if label::clean(to) == label::clean(from) {
            return Ok(());
        }
        let label = self.check_new_label(to)?;
        self.classes.iter_mut().filter(|class| class.id == id).for_each(|class| class.label.clone_from(&label));
        Ok(())
    }

    /// Removes the class and its photos, whose ids are returned.
    pub fn remove_class(&mut self, label: &str) -> Result<Vec<PhotoId>> {
        let class = self.class_id(label)?;
        let ids: Vec<PhotoId> = self.photos().filter(|photo| photo.class == class).map(|photo| photo.id).collect();
        self.remove_photos(&ids)?;
        self.classes.retain(|candidate| candidate.id != class);
        Ok(ids)
    }

    /// Adds a photo to the class of that name, which is made when it is not there yet. `hash` is of the centre square.
    ///
    /// # Errors
    /// `invalid-label`; `internal` when the id is taken.
    pub fn add_photo(
        &mut self,
        id: PhotoId,
        name: &str,
        label: &str,
        sha256: &str,
        hash: PerceptualHash,
        pixels: StoredPhoto,
    ) -> Result<Added> {
        if let Some(&other) = self.by_sha256.get(sha256) {
            return Ok(Added::DuplicateOf(other));
        }
        if self.photos.contains_key(&id) {
            return Err(Error::internal(format!("photo id {id} is taken")));
        }
        let class = self.class_or_new(label)?;
        let photo = Photo { id, name: name.to_owned(), class, sha256: sha256.to_owned(), hash, pixels: None };
        self.by_sha256.insert(photo.sha256.clone(), id);
        self.photos.insert(id, photo);
        if self.pixel_bytes + pixels.bytes() <= self.pixel_budget {
            self.supply_pixels(id, pixels)?;
        }
        Ok(Added::New)
    }

    /// Pixels of a photo that were asked for again. Past the budget they stay until [`drop_surplus`](Self::drop_surplus).
    pub fn supply_pixels(&mut self, id: PhotoId, pixels: StoredPhoto) -> Result<()> {
        let photo = self.photos.get_mut(&id).ok_or_else(|| unknown_photo(id))?;
        self.pixel_bytes += pixels.bytes();
        if let Some(old) = photo.pixels.replace(pixels) {
            self.pixel_bytes -= old.bytes();
        }
        if self.pixel_bytes > self.pixel_budget {
            self.surplus.push(id);
        }
        Ok(())
    }

    /// Forgets the pixels that were supplied past the budget: the step that asked for them has used them.
    pub fn drop_surplus(&mut self) {
        let surplus = std::mem::take(&mut self.surplus);
        self.drop_pixels(&surplus);
    }

    /// Forgets the pixels of photos that are embedded.
    pub fn drop_pixels(&mut self, ids: &[PhotoId]) {
        for id in ids {
            if let Some(pixels) = self.photos.get_mut(id).and_then(|photo| photo.pixels.take()) {
                self.pixel_bytes -= pixels.bytes();
            }
        }
    }

    /// Forgets the pixels of all photos, as when they are to be prepared in another way.
    pub fn drop_all_pixels(&mut self) {
        self.photos.values_mut().for_each(|photo| photo.pixels = None);
        self.pixel_bytes = 0;
        self.surplus.clear();
    }

    /// # Errors
    /// `unknown-photo`; then nothing is removed.
    pub fn remove_photos(&mut self, ids: &[PhotoId]) -> Result<()> {
        self.check_photos(ids)?;
        self.drop_pixels(ids);
        for id in ids {
            if let Some(photo) = self.photos.remove(id) {
                self.by_sha256.remove(&photo.sha256);
            }
        }
        Ok(())
    }

    /// # Errors
    /// `unknown-photo`, `invalid-label`; then nothing is moved.
    pub fn move_photos(&mut self, ids: &[PhotoId], label: &str) -> Result<()> {
        self.check_photos(ids)?;
        let class = self.class_or_new(label)?;
        for id in ids {
            if let Some(photo) = self.photos.get_mut(id) {
                photo.class = class;
            }
        }
        Ok(())
    }

    /// The class of that name.
    ///
    /// # Errors
    /// `unknown-class`.
    pub fn class_id(&self, label: &str) -> Result<ClassId> {
        let label = label::clean(label);
        self.classes.iter().find(|class| class.label == label).map(|class| class.id).ok_or_else(|| {
            Error::new(ErrorCode::UnknownClass, format!("there is no class named {label:?}")).with("label", label)
        })
    }

    fn check_photos(&self, ids: &[PhotoId]) -> Result<()> {
        match ids.iter().find(|id| !self.photos.contains_key(id)) {
            Some(id) => Err(unknown_photo(*id)),
            None => Ok(()),
        }
    }

    fn check_new_label(&self, label: &str) -> Result<String> {
        let (label, most) = (label::clean(label), label::MAX_CHARS);
        if label.is_empty() || label.chars().count() > most {
            return Err(Error::new(
                ErrorCode::InvalidLabel,
                format!("a class needs a name of 1 to {most} characters, got {label:?}"),
            )
            .with("label", label)
            .with("max", most));
        }
        if self.class_id(&label).is_ok() {
            return Err(Error::new(ErrorCode::ClassExists, format!("there is a class named {label:?} already"))
                .with("label", label));
        }
        Ok(label)
    }
}

fn unknown_photo(id: PhotoId) -> Error {
    Error::new(ErrorCode::UnknownPhoto, format!("there is no photo with the id {id}")).with("id", id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Pixels;
    use crate::image::prepare::Framing;

    fn pixels() -> StoredPhoto {
        let pixel = Pixels { width: 1, height: 1, rgb: vec![1, 2, 3] };
        StoredPhoto { prepared: pixel.clone(), framing: Framing::Crop, by_source: None, whole: pixel }
    }

    fn dataset() -> Dataset {
        let mut dataset = Dataset::default();
        for (id, label) in [(1, "cat"), (2, "cat"), (3, "dog")] {
            dataset.add_photo(id, "p.jpg", label, &format!("hash {id}"), PerceptualHash(0), pixels()).unwrap();
        }
        dataset
    }

    #[test]
    fn a_file_already_there_is_noticed_in_any_class() {
        let mut dataset = dataset();
        let added = dataset.add_photo(4, "copy.jpg", "bird", "hash 2", PerceptualHash(0), pixels());
        assert_eq!(added, Ok(Added::DuplicateOf(2)));
        assert_eq!(dataset.photos().len(), 3);
        assert_eq!(dataset.classes().len(), 2, "a duplicate must not create its class");
        dataset.remove_photos(&[2]).unwrap();
        let added = dataset.add_photo(5, "copy.jpg", "bird", "hash 2", PerceptualHash(0), pixels());
        assert_eq!(added, Ok(Added::New), "the first one is gone");
        assert_eq!(
            dataset.add_photo(6, "a.jpg", "cat", "hash 2", PerceptualHash(0), pixels()),
            Ok(Added::DuplicateOf(5))
        );
        dataset.remove_class("bird").unwrap();
        assert_eq!(dataset.add_photo(7, "a.jpg", "cat", "hash 2", PerceptualHash(0), pixels()), Ok(Added::New));
    }

    #[test]
    fn renaming_keeps_identity_and_refuses_a_taken_name() {
        let mut dataset = dataset();
        let id = dataset.classes()[0].id;
        dataset.rename_class("cat", "tiger").unwrap();
        assert_eq!(dataset.label(id), Some("tiger"));
        assert_eq!(dataset.rename_class("tiger", "dog").unwrap_err().code, ErrorCode::ClassExists);
        assert_eq!(dataset.rename_class("tiger", "  ").unwrap_err().code, ErrorCode::InvalidLabel);
        assert_eq!(dataset.rename_class("cat", "lion").unwrap_err().code, ErrorCode::UnknownClass);
        dataset.rename_class("tiger", "tiger").unwrap();
    }

    #[test]
    fn a_name_is_one_however_its_accents_are_written() {
        let (long, short) = ("cafe\u{301}", "caf\u{e9}");
        let mut dataset = Dataset::default();
        dataset.add_photo(1, "p.jpg", long, "hash 1", PerceptualHash(0), pixels()).unwrap();
        dataset.add_photo(2, "p.jpg", short, "hash 2", PerceptualHash(0), pixels()).unwrap();
        assert_eq!(dataset.classes().iter().map(|class| class.label.as_str()).collect::<Vec<_>>(), [short]);
        dataset.rename_class(long, short).unwrap();
        assert_eq!(dataset.add_class(long).unwrap_err().code, ErrorCode::ClassExists);
        dataset.rename_class("caf\u{e9}", "te\u{301}").unwrap();
        assert_eq!(dataset.classes()[0].label, "t\u{e9}");
        assert_eq!(dataset.remove_class("te\u{301}").unwrap(), [1, 2]);
    }

    #[test]
    fn moving_and_removing_is_all_or_nothing() {
        let mut dataset = dataset();
        assert_eq!(dataset.remove_photos(&[1, 99]).unwrap_err().code, ErrorCode::UnknownPhoto);
        assert_eq!(dataset.photos().len(), 3);
        dataset.move_photos(&[1], "dog").unwrap();
        let dog = dataset.photo(3).unwrap().class;
        assert_eq!(dataset.photos_in(dog), 2);
        assert_eq!(dataset.remove_class("dog").unwrap(), [1, 3]);
        assert_eq!(dataset.photos().map(|photo| photo.id).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn pixel_bytes_are_counted_through_every_path() {
        let mut dataset = dataset();
        assert_eq!(dataset.pixel_bytes, 18);
        dataset.supply_pixels(1, pixels()).unwrap();
        assert_eq!(dataset.pixel_bytes, 18);
        dataset.drop_pixels(&[1, 1]);
        dataset.remove_photos(&[2]).unwrap();
        assert_eq!(dataset.pixel_bytes, 6);
        dataset.drop_all_pixels();
        assert_eq!(dataset.pixel_bytes, 0);
        dataset.supply_pixels(1, pixels()).unwrap();
        assert_eq!(dataset.pixel_bytes, 6);
    }

    #[test]
    fn pixels_past_the_budget_stay_for_one_step() {
        let mut dataset = Dataset::with_pixel_budget(pixels().bytes());
        for (id, label) in [(1, "cat"), (2, "dog")] {
            dataset.add_photo(id, "p.jpg", label, &format!("hash {id}"), PerceptualHash(0), pixels()).unwrap();
        }
        let kept = |dataset: &Dataset| [1, 2].map(|id| dataset.photo(id).unwrap().pixels.is_some());
        assert_eq!(kept(&dataset), [true, false]);
        dataset.supply_pixels(2, pixels()).unwrap();
        assert_eq!(kept(&dataset), [true, true]);
        dataset.drop_surplus();
        assert_eq!(kept(&dataset), [true, false]);
        assert_eq!(dataset.pixel_bytes, pixels().bytes());
    }
}
