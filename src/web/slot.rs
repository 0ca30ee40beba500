//! A place for the session that an asynchronous call empties while it works.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use crate::error::{Error, ErrorCode, Result};
use crate::session::Session;

/// Holds the session, or nothing while a call has it out.
pub struct Slot(Cell<Option<Box<Session>>>);

impl Slot {
    pub fn new(session: Session) -> Self {
        Self(Cell::new(Some(Box::new(session))))
    }

    /// Takes the session out until the guard is dropped, across awaits too.
    ///
    /// # Errors
    /// `busy` when another call has it.
    pub fn take(&self) -> Result<Taken<'_>> {
        match self.0.take() {
            Some(session) => Ok(Taken { session: Some(session), slot: self }),
            None => Err(Error::new(ErrorCode::Busy, "another call is under way: wait for it first")),
        }
    }
}

/// The session, returned to its slot when dropped.
pub struct Taken<'a> {
    /// Always `Some` until the drop.
    session: Option<Box<Session>>,
    slot: &'a Slot,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.slot.0.set(self.session.take());
    }
}

impl Deref for Taken<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().unwrap_or_else(|| unreachable!("the session is in the guard until it drops"))
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session.as_mut().unwrap_or_else(|| unreachable!("the session is in the guard until it drops"))
    }
}
