//! The photos and classes of a session. Refused with `busy` while something is under way.

use super::Session;
use crate::data::dataset::{Added, Dataset, PhotoId};
use crate::data::similar::PerceptualHash;
use crate::error::{Error, ErrorCode, Result};
use crate::image::DecodedPhoto;
use crate::image::prepare::InputSpec;
use crate::image::scaler::Scaler;
use crate::image::stored::StoredPhoto;
use crate::train::plan::config::TrainConfig;

impl Session {
    pub fn add_class(&mut self, label: &str) -> Result<()> {
        self.editable()?.add_class(label).map(drop)
    }

    /// Resizes a decoded photo to what the network sees and adds it under an id of the caller's.
    pub fn add_photo(
        &mut self,
        id: PhotoId,
        name: &str,
        label: &str,
        sha256: &str,
        photo: &impl DecodedPhoto,
    ) -> Result<Added> {
        let stored = self.store(photo)?;
        // Of the source model's square whatever the framing: bars would make photos of one shape look alike.
        let hash = PerceptualHash::of(stored.by_source.as_ref().map_or(&stored.prepared, |(_, seen)| seen));
        let added = self.editable()?.add_photo(id, name, label, sha256, hash, stored)?;
        self.expected.adding = true;
        Ok(added)
    }

    /// From now on photos are prepared as a training with that configuration wants them, which saves it asking for them again.
    /// Pixels that were prepared otherwise are dropped.
    ///
    /// # Errors
    /// `busy`.
    pub fn prepare_for(&mut self, config: &TrainConfig) -> Result<()> {
        let stored = self.stored_for(config);
        if self.stored != stored {
            self.editable()?.drop_all_pixels();
            self.stored = stored;
        }
        Ok(())
    }

    pub(super) fn stored_for(&self, config: &TrainConfig) -> InputSpec {
        self.weights.card.input.framed(config.framing)
    }

    fn store(&self, photo: &impl DecodedPhoto) -> Result<StoredPhoto> {
        let by_source = match self.framed_otherwise() {
            Some(source) => Some((source.framing, source.prepare(photo)?)),
            None => None,
        };
        Ok(StoredPhoto { by_source, ..self.stored.store(photo)? })
    }

    /// What the source model sees, where that is not what photos are stored for.
    fn framed_otherwise(&self) -> Option<&InputSpec> {
        Some(&self.weights.card.input).filter(|source| **source != self.stored)
    }

    /// For a photo of that size whose rows arrive one strip after another: [`add_photo`](Self::add_photo) and
    /// [`supply_photo`](Self::supply_photo) take what becomes of it in place of the pixels, as long as photos are prepared in the same way.
    ///
    /// # Errors
    /// `image-empty`.
    pub fn scaler_to_store(&self, width: u32, height: u32) -> Result<Scaler> {
        Scaler::new(width, height, |width, height| {
            let by_source = self.framed_otherwise().map(|source| source.layout(width, height));
            self.stored.stored_layouts(width, height).into_iter().chain(by_source)
        })
    }

    /// Pixels that a step asked for. Allowed, and needed, during a training.
    pub fn supply_photo(&mut self, id: PhotoId, photo: &impl DecodedPhoto) -> Result<()> {
        let stored = self.store(photo)?;
        self.dataset.supply_pixels(id, stored)
    }

    pub fn remove_photos(&mut self, ids: &[PhotoId]) -> Result<()> {
        self.editable()?.remove_photos(ids)?;
        self.models.forget_photos(ids);
        Ok(())
    }

    pub fn move_photos(&mut self, ids: &[PhotoId], label: &str) -> Result<()> {
        self.editable()?.move_photos(ids, label)?;
        self.models.provisional = None; // until it is made anew
        Ok(())
    }

    pub fn remove_class(&mut self, label: &str) -> Result<()> {
        let class = self.editable()?.class_id(label)?;
        let ids = self.dataset.remove_class(label)?;
        self.models.forget_photos(&ids);
        if let Some(classifier) = &mut self.models.classifier {
            classifier.forget_class(class);
        }
        Ok(())
    }

    /// Renames a class, in the classifier too where that was trained with it: nothing has to be trained again. The outputs of a model
    /// file, and those of classes that were removed, keep their names.
    ///
    /// # Errors
    /// `busy`, `unknown-class`, `invalid-label`; `class-exists`, also where the classifier would have two outputs of that name.
    pub fn rename_class(&mut self, from: &str, to: &str) -> Result<()> {
        let class = self.editable()?.class_id(from)?;
        if let (Some(classifier), true) = (&self.models.classifier, self.dataset.class_id(to).is_err()) {
            classifier.check_rename(class, to.trim())?;
        }
        self.dataset.rename_class(from, to)?;
        if let Some(label) = self.dataset.label(class) {
            let classifiers = self.models.classifier.iter_mut().chain(&mut self.models.provisional);
            classifiers.for_each(|classifier| classifier.rename(class, label));
        }
        Ok(())
    }

    pub(super) fn editable(&mut self) -> Result<&mut Dataset> {
        if self.run.is_some() {
            return Err(Error::new(
                ErrorCode::Busy,
                "a training or evaluation is under way: wait for it, or cancel it first",
            ));
        }
        Ok(&mut self.dataset)
    }
}
