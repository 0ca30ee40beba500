//! Comparing trainings.

use super::{Run, Session};
use crate::error::Result;
use crate::eval::comparison::Comparison;
use crate::eval::comparison_config::{ComparisonConfig, NamedConfig, decide};

impl Session {
    /// Begins a comparison of trainings on the same photos; [`step`](Self::step) carries it on, and its last event is
    /// [`Compared`](crate::train::run::event::StepEvent::Compared). The classifier there is answers meanwhile and stays as it is.
    ///
    /// Epochs that are left to the regime are few enough here for several runs on a hundred photos to take minutes in a browser
    /// ([`decide`]).
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`. A step may answer with `too-few-photos`.
    pub fn start_comparison(&mut self, mut config: ComparisonConfig) -> Result<()> {
        self.editable()?;
        config.check()?;
        let mut reduced = Vec::new();
        for NamedConfig { config: given, .. } in &mut config.runs {
            let (settled, less) = self.settle(given.clone())?;
            reduced.push(less);
            *given = decide(given, settled);
            given.holdout = config.holdout;
        }
        let look = Comparison::look(&config);
        let run = Comparison::new(config, reduced, self.begin(&look)?)?;
        self.run = Some(Run::Comparison(Box::new(run)));
        Ok(())
    }
}
