//! What one step of anything long brings. Each kind of run has its own events and its own end.

use crate::data::dataset::PhotoId;

#[derive(Debug)]
pub enum Step<Event, End> {
    /// Nothing yet: the pixels of these photos are needed before the next step.
    NeedPhotos(Vec<PhotoId>),
    Event(Event),
    Finished(End),
}

impl<Event, End> Step<Event, End> {
    /// The step of a run of which this was a part; `None` where the part is finished and the run goes on with the next.
    pub fn within<Outer, OuterEnd>(self, event: impl FnOnce(Event) -> Outer) -> Option<Step<Outer, OuterEnd>> {
        match self {
            Self::NeedPhotos(ids) => Some(Step::NeedPhotos(ids)),
            Self::Event(inner) => Some(Step::Event(event(inner))),
            Self::Finished(_) => None,
        }
    }
}
