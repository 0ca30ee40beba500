//! What everything that takes many steps tells of itself, so that its steps can be set up and shared alike.

use crate::train::fit::Fit;
use crate::train::plan::config::TrainConfig;
use crate::train::read::reading::Reading;

pub trait UnderWay {
    /// What the next step needs: the workbench's own embedder must be of this split and input.
    fn config(&self) -> &TrainConfig;

    /// The trainings that it consists of, those that are done among them.
    fn configs(&self) -> Vec<&TrainConfig> {
        vec![self.config()]
    }

    /// What is still to be read, while that goes on.
    fn reading(&mut self) -> Option<&mut Reading>;

    /// The fit under way, where there is one that may share its steps.
    fn fit(&mut self) -> Option<&mut Fit> {
        None
    }
}
