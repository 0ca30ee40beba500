//! The classifier for other programs.

use super::{ModelChoice, Session};
use crate::backbone::architecture::Architecture;
use crate::error::Result;
use crate::eval::classifier::Classifier;
use crate::export::onnx::{self, Form, Precision};
use crate::export::tuned::Tuned;
use crate::export::{card_text, model_file, network_file};

impl Session {
    /// That model, with all that is under it, as an ONNX file; see [`onnx`].
    ///
    /// # Errors
    /// `no-classifier`; `invalid-option` where half precision does not hold the weights.
    pub async fn export_onnx(&self, form: Form, precision: Precision, model: ModelChoice) -> Result<Vec<u8>> {
        let (classifier, whole) = self.exported(model)?;
        onnx::write(&self.tuned(classifier, whole.as_ref()).await?, form, precision)
    }

    /// The same as safetensors for PyTorch, under the names of `timm` or `torchvision`; see [`network_file`].
    ///
    /// # Errors
    /// `no-classifier`.
    pub async fn export_network(&self, whose: &str, model: ModelChoice) -> Result<Vec<u8>> {
        let (classifier, whole) = self.exported(model)?;
        network_file::write(&self.tuned(classifier, whole.as_ref()).await?, whose)
    }

    /// Its output layer alone.
    ///
    /// # Errors
    /// `no-classifier`.
    pub async fn export_head(&self, model: ModelChoice) -> Result<Vec<u8>> {
        let (classifier, whole) = self.exported(model)?;
        network_file::write_head(&self.tuned(classifier, whole.as_ref()).await?)
    }

    /// What it is, in Markdown; see [`card_text`].
    ///
    /// # Errors
    /// `no-classifier`.
    pub fn export_card(&self, model: ModelChoice) -> Result<String> {
        let (classifier, _) = self.exported(model)?;
        let source = self.models.source.as_ref();
        let taught = !source.is_some_and(|source| std::ptr::eq(source, classifier));
        Ok(card_text::write(&model_file::card(classifier, &self.weights), taught))
    }

    /// The classifier, and its network where that is more than the backbone.
    fn exported(&self, model: ModelChoice) -> Result<(&Classifier, Option<Architecture>)> {
        let (classifier, _) = self.models.network(model)?;
        let whole = self.models.is_own_head(classifier).then(|| self.weights.with_own_head()).flatten();
        Ok((classifier, whole))
    }

    async fn tuned<'a>(&'a self, classifier: &'a Classifier, whole: Option<&'a Architecture>) -> Result<Tuned<'a>> {
        Tuned::new(classifier, &self.weights, whole.unwrap_or(self.weights.architecture)).await
    }
}
