//! Panels that judge at once what they are told.

use std::borrow::BorrowMut;

use super::audience::{Audience, Ended, Shown};
use super::panel::Panel;
use super::place::{Placed, Step};
use crate::alert::Alert;
use crate::{Arrived, Timestamp};

/// The panels, and where what they raise goes.
pub(super) struct Detection<'a, P> {
    pub(super) panels: &'a mut [P],
    pub(super) raised: &'a mut Vec<Placed>,
}

impl<P: BorrowMut<Panel>> Detection<'_, P> {
    /// The capture has ended, at `now`.
    pub(super) fn finish(&mut self, now: Timestamp) {
        for panel in &mut *self.panels {
            panel.borrow_mut().finish(now, &mut placed(self.raised, 0, Step::Finish));
        }
    }
}

impl<P: BorrowMut<Panel>> Audience for Detection<'_, P> {
    #[inline(always)]
    fn packet(&mut self, nth: usize, shown: &Shown<'_>) {
        for panel in &mut *self.panels {
            panel.borrow_mut().see(shown, &mut placed(self.raised, nth, shown.step()));
        }
    }

    fn flow_ended(&mut self, nth: usize, ended: &Ended<'_>, _: Option<&[u8]>) {
        for panel in &mut *self.panels {
            panel.borrow_mut().end_flow(ended, &mut placed(self.raised, nth, ended.step));
        }
    }

    fn second(&mut self, nth: usize, now: Timestamp) {
        for panel in &mut *self.panels {
            panel.borrow_mut().begin_second(now, &mut placed(self.raised, nth, Step::Tick));
        }
    }

    fn tick(&mut self, nth: usize, now: Timestamp) {
        for panel in &mut *self.panels {
            panel.borrow_mut().tick(now, &mut placed(self.raised, nth, Step::Tick));
        }
    }

    fn verdicts(&mut self, nth: usize, now: Timestamp, arrived: &Arrived) {
        for panel in &mut *self.panels {
            panel.borrow_mut().weigh(now, arrived, &mut placed(self.raised, nth, Step::Verdict));
        }
    }
}

/// Where an alert goes that is raised in this step of the `nth` of a batch. What is told at the beginning of a
/// second or at the end, and was raised before, is of the sweep.
#[inline(always)]
pub(super) fn placed(raised: &mut Vec<Placed>, nth: usize, step: Step) -> impl FnMut(Alert) + '_ {
    move |alert: Alert| {
        let step = match step {
            Step::Tick if alert.update > 0 => Step::Sweep,
            Step::Finish if alert.update > 0 => Step::LastSweep,
            step => step,
        };
        raised.push(Placed { record: nth, step, alert });
    }
}
