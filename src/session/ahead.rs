//! Reading photos before anybody asks for a training: the time between the last photo and the first training is worth having.

use std::collections::HashSet;

use super::Session;
use crate::data::dataset::{Photo, PhotoId};
use crate::error::Result;
use crate::image::stored::StoredPhoto;
use crate::model::Split;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;
use crate::train::read::embed::Draw;
use crate::train::read::loan::Work;

/// One draw of every photo, to be read ahead by the embedder at that position.
#[derive(Clone, Copy, PartialEq)]
struct Pass {
    embedder: usize,
    number: usize,
}

impl Session {
    /// Photos that the source model has not read yet, as every training begins with: those lent out among them.
    pub fn unread(&self) -> usize {
        let cache = &self.models.embedders[0].cache;
        self.dataset.photos().filter(|photo| !cache.contains(photo.id)).count()
    }

    /// Draws that can be read ahead and are not lent. None while a run is under way.
    ///
    /// # Errors
    /// `internal` for weights that do not fit.
    pub fn left_ahead(&mut self) -> Result<usize> {
        if self.run.is_some() {
            return Ok(0);
        }
        self.expected.adding = false;
        let passes = self.passes_ahead()?;
        Ok(passes.into_iter().fold(0, |left, pass| left + self.readable_ahead(pass, left).count()))
    }

    /// Reads one batch. First every photo as it is, with the source model; then what else the training is
    /// [expected](Self::expected_training) to need, one draw of every photo after the other, so that photos which are added meanwhile lose
    /// little. Photos whose pixels are not at hand are left to the training. `false` where nothing is left to do, or nothing that
    /// is not lent, or a run is under way.
    ///
    /// # Errors
    /// As a step that reads photos.
    pub async fn read_ahead(&mut self) -> Result<bool> {
        if self.run.is_some() {
            return Ok(false);
        }
        self.expected.adding = false;
        let (embedder, draws) = self.next_ahead(self.models.embedders[0].batch())?;
        if draws.is_empty() {
            return Ok(false);
        }
        self.models.embedders[embedder].embed_next(&draws, &self.dataset).await?;
        Ok(true)
    }

    /// The batch after the one that is read here next, unless they are too few to share. While photos are being added, they have the
    /// processor for themselves but for what every training needs.
    pub(super) fn lend_ahead(&mut self) -> Result<Work> {
        let batch = self.models.embedders[0].batch();
        let (embedder, mut draws) = self.next_ahead(2 * batch)?;
        if draws.len() < 2 * batch {
            return Ok(Work::Nothing);
        }
        let draws = draws.split_off(batch);
        Ok(match self.models.embedders[embedder].pictures(&draws, &self.dataset)? {
            Ok(pictures) => Work::Draws { embedder, draws, pictures },
            Err(missing) => Work::Missing(missing),
        })
    }

    /// The first draws to be read ahead, `most` of them, and the position of the embedder that reads them: one for all.
    fn next_ahead(&mut self, most: usize) -> Result<(usize, Vec<Draw>)> {
        let (mut embedder, mut draws) = (0, Vec::new());
        for pass in self.passes_ahead()? {
            if pass.embedder != embedder && !draws.is_empty() {
                break;
            }
            embedder = pass.embedder;
            draws.extend(self.readable_ahead(pass, draws.len()).take(most - draws.len()));
            if draws.len() == most {
                break;
            }
        }
        Ok((embedder, draws))
    }

    /// What is read ahead, in order.
    fn passes_ahead(&mut self) -> Result<Vec<Pass>> {
        let mut passes = vec![Pass { embedder: 0, number: 0 }];
        if let (Some(config), false) = (self.expected_training(), self.expected.adding) {
            let embedder = self.embedder(Split(config.last_stages), &self.input(&config))?;
            self.models.embedders[embedder].set_augmentation(config.augmentation());
            passes.extend(config.needed_draws().map(|number| Pass { embedder, number }));
            passes.dedup(); // draw 0 of the source model, where it is that of the training
        }
        Ok(passes)
    }

    /// The training that is expected next, where it teaches the output layer alone: as the last one that was asked
    /// for, or the defaults. What other regimes need besides is more than is worth guessing.
    fn expected_training(&self) -> Option<TrainConfig> {
        let wish = self.expected.wish.clone();
        let regime = if wish.needs_advice() { Regime::Head } else { wish.regime };
        // Where the wishes contradict each other, the training will say so.
        let settled = self.settle(TrainConfig { regime, ..wish }).ok();
        settled.map(|(config, _)| config).filter(|config| config.regime == Regime::Head)
    }

    /// Draws of a pass that are not cached and not lent, of photos whose pixels are at hand, the classes by turns: so that there
    /// is something of each as soon as may be. Beside the photos
    /// as they are, no more than the activation budget has room for once `more` others are cached.
    fn readable_ahead(&self, Pass { embedder, number }: Pass, more: usize) -> impl Iterator<Item = Draw> {
        let embedder = &self.models.embedders[embedder];
        let (cache, framing) = (&embedder.cache, embedder.input.framing);
        let lent: HashSet<(PhotoId, usize)> =
            self.sharing.loans.draws().map(|draw| (draw.photo, draw.number)).collect();
        let of_framing = move |stored: &StoredPhoto| {
            let by_source = stored.by_source.as_ref().is_some_and(|(by_source, _)| *by_source == framing);
            stored.framing == framing || (number == 0 && by_source)
        };
        let wanted = move |photo: &&Photo| {
            photo.pixels.as_ref().is_some_and(of_framing)
                && !cache.contains_draw(photo.id, number)
                && !lent.contains(&(photo.id, number))
        };
        let room = if number == 0 { usize::MAX } else { cache.room(self.activation_budget).saturating_sub(more) };
        self.dataset.photos_in_turns().filter(wanted).take(room).map(move |photo| Draw { photo: photo.id, number })
    }
}
