//! How many alerts each agent has sent lately.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use netsentinel_core::config::ServerSettings;
use netsentinel_transport::wire::AgentId;

/// Parts that the window is counted in. What an agent sends counts until the part that it falls in is
/// wholly out of the window, so never less than the window and at most a hundredth longer.
const PARTS: u64 = 100;

/// Takes at most so many alerts of one agent within any window, wherever it begins.
pub(super) struct AlertWindow {
    max: u64,
    part: Duration,
    since: Instant,
    agents: Mutex<HashMap<AgentId, Sent>>,
}

/// What one agent sent: the number of a part and the alerts in it, the oldest first.
#[derive(Default)]
struct Sent {
    parts: VecDeque<(u64, u64)>,
    all: u64,
}

/// How many of the alerts of a request may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    /// So many, from the first.
    pub(super) alerts: usize,
    /// After so long more may be, where that is not all.
    pub(super) wait: Option<Duration>,
}

impl AlertWindow {
    /// With the limits of `settings`; nobody has sent anything. Times are after `now`.
    pub(super) fn new(settings: &ServerSettings, now: Instant) -> Self {
        let window = Duration::from_secs(settings.alerts_window.get());
        Self {
            max: settings.alerts_max.get(),
            part: window / PARTS as u32,
            since: now,
            agents: Mutex::default(),
        }
    }

    /// How many of `asked` alerts `agent` may send at `now`. These count from now on.
    pub(super) fn take(&self, agent: &AgentId, asked: usize, now: Instant) -> Allowed {
        let part = self.part_at(now);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = agents.entry(agent.clone()).or_default();
        sent.forget_before(part.saturating_sub(PARTS));
        let left = usize::try_from(self.max.saturating_sub(sent.all)).unwrap_or(usize::MAX);
        let alerts = asked.min(left);
        sent.add(part, alerts as u64);
        if alerts == asked {
            return Allowed { alerts, wait: None };
        }
        let oldest = sent.parts.front().map_or(part, |(oldest, _)| *oldest);
        let free = u32::try_from(oldest + PARTS + 1).unwrap_or(u32::MAX);
        let free = self.since + self.part.saturating_mul(free);
        Allowed { alerts, wait: Some(free.saturating_duration_since(now)) }
    }

    /// The last `alerts` of those that `agent` could send were not kept after all: they do not count.
    pub(super) fn give_back(&self, agent: &AgentId, alerts: usize) {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sent) = agents.get_mut(agent) {
            sent.remove(alerts as u64);
        }
    }

    /// Forgets whoever has sent nothing that still counts.
    pub(super) fn forget_idle(&self, now: Instant) {
        let oldest = self.part_at(now).saturating_sub(PARTS);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.retain(|_, sent| {
            sent.forget_before(oldest);
            sent.all > 0
        });
        agents.shrink_to_fit();
    }

    fn part_at(&self, now: Instant) -> u64 {
        let parts = now.saturating_duration_since(self.since).as_nanos() / self.part.as_nanos();
        u64::try_from(parts).unwrap_or(u64::MAX)
    }
}

impl Sent {
    fn forget_before(&mut self, oldest: u64) {
        while let Some((_, alerts)) = self.parts.pop_front_if(|(part, _)| *part < oldest) {
            self.all -= alerts;
        }
    }

    fn remove(&mut self, mut alerts: u64) {
        while alerts > 0
            && let Some((_, count)) = self.parts.back_mut()
        {
            let less = alerts.min(*count);
            *count -= less;
            self.all -= less;
            alerts -= less;
            if *count == 0 {
                self.parts.pop_back();
            }
        }
    }

    fn add(&mut self, part: u64, alerts: u64) {
        if alerts == 0 {
            return;
        }
        self.all += alerts;
        match self.parts.back_mut() {
            Some((last, count)) if *last >= part => *count += alerts,
            _ => self.parts.push_back((part, alerts)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agent(number: u8) -> AgentId {
        AgentId::from_bytes([number; 16])
    }

    #[test]
    fn fifty_in_five_seconds_and_no_more() {
        let start = Instant::now();
        let window = AlertWindow::new(&ServerSettings::default(), start);
        let at = |millis| start + Duration::from_millis(millis);
        let taken = |alerts, wait| Allowed { alerts, wait };
        assert_eq!(window.take(&agent(1), 30, at(10)), taken(30, None));
        assert_eq!(window.take(&agent(1), 20, at(1_000)), taken(20, None));
        let wait = Duration::from_millis(3_050);
        assert_eq!(window.take(&agent(1), 1, at(2_000)), taken(0, Some(wait)));
        assert_eq!(window.take(&agent(2), 50, at(2_000)), taken(50, None));
        assert_eq!(window.take(&agent(1), 60, at(5_050)).alerts, 30);
        window.give_back(&agent(1), 20);
        assert_eq!(window.take(&agent(1), 60, at(5_050)).alerts, 20);
        window.give_back(&agent(3), 1);
        window.give_back(&agent(2), 500);
        assert_eq!(window.take(&agent(2), 60, at(2_000)).alerts, 50);
        window.forget_idle(at(20_000));
        assert!(window.agents.lock().unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_it_may_and_waiting_helps(
            sends in prop::collection::vec((0u64..3_000, 1usize..80), 1..40),
        ) {
            let start = Instant::now();
            let window = AlertWindow::new(&ServerSettings::default(), start);
            let (mut now, mut log) = (start, Vec::new());
            for (pause, asked) in sends {
                now += Duration::from_millis(pause);
                let allowed = window.take(&agent(1), asked, now);
                log.extend(std::iter::repeat_n(now, allowed.alerts));
                if let Some(wait) = allowed.wait {
                    prop_assert!(wait <= Duration::from_millis(5_050));
                    now += wait;
                    prop_assert_eq!(window.take(&agent(1), 1, now).alerts, 1);
                    log.push(now);
                }
            }
            for (index, first) in log.iter().enumerate() {
                let within = log[index..].iter().filter(|at| **at - *first <= Duration::from_secs(5));
                prop_assert!(within.count() <= 50);
            }
        }
    }
}
