//! What the engine has to reach, and whether it did.

use crate::document::{Document, Rates, Row};

/// A budget, and what was measured.
#[derive(Debug)]
pub(crate) struct Budget {
    what: &'static str,
    /// None where it was not measured.
    measured: Option<f64>,
    bound: Bound,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Budget {
    pub(crate) fn is_met(&self) -> bool {
        match (self.measured, self.bound) {
            (Some(measured), Bound::AtLeast(least)) => measured >= least,
            (Some(measured), Bound::AtMost(most)) => measured <= most,
            (None, _) => false,
        }
    }
}

/// All budgets, of a run over captures called `mixed`, which comes first, and `flood`.
pub(crate) fn of(document: &Document) -> Vec<Budget> {
    const MAPPED: &str = "all detectors, mapped";
    const STREAMED: &str = "all detectors, streamed";
    const WORKERS: &str = "all detectors, 2 workers";
    let is_first = document.inputs.first().is_some_and(|input| input.input == "mixed");
    let rates = |input, what| document.row(input, what).map(|(_, rates): (&Row, Rates)| rates);
    let of_walk = |input, what| {
        rates(input, what).filter(|_| is_first).map(|rates| rates.ratio_to_first_walk)
    };
    let memory = [MAPPED, STREAMED].iter().filter_map(|what| document.row("flood", what));
    let memory = memory.filter_map(|(row, _)| row.memory_bytes).max();
    let one = rates("mixed", STREAMED).map(|rates| rates.packets_per_second);
    let two = rates("mixed", WORKERS).map(|rates| rates.packets_per_second);
    let budget = |what, measured, bound| Budget { what, measured, bound };
    let half = Bound::AtLeast(0.5);
    let quarter = Bound::AtLeast(0.25);
    vec![
        budget("mixed, one core, mapped: of the walk", of_walk("mixed", MAPPED), half),
        budget("mixed, one core, streamed: of the walk", of_walk("mixed", STREAMED), half),
        budget("flood, one core, mapped: of the walk on mixed", of_walk("flood", MAPPED), quarter),
        budget(
            "flood, one core, streamed: of the walk on mixed",
            of_walk("flood", STREAMED),
            quarter,
        ),
        budget(
            "flood, one core: memory in MB",
            memory.map(|bytes| bytes as f64 / 1e6),
            Bound::AtMost(128.0),
        ),
        budget(
            "mixed, two workers: times what one does, streamed",
            one.zip(two).map(|(one, two)| two / one),
            Bound::AtLeast(1.7),
        ),
    ]
}

/// A line for each budget.
pub(crate) fn text(budgets: &[Budget]) -> String {
    let line = |budget: &Budget| {
        let wanted = match budget.bound {
            Bound::AtLeast(least) => format!("at least {least}"),
            Bound::AtMost(most) => format!("at most {most}"),
        };
        let measured = budget.measured.map_or("-".into(), |measured| format!("{measured:.2}"));
        let verdict = match (budget.measured, budget.is_met()) {
            (None, _) => "not measured",
            (_, true) => "met",
            (_, false) => "NOT MET",
        };
        format!("- {}: {measured}, {wanted} wanted: {verdict}\n", budget.what)
    };
    budgets.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::run;

    #[test]
    fn budgets_are_judged_in_words() {
        let rows = [
            ("all detectors, mapped", 210, 20),
            ("all detectors, streamed", 200, 130),
            ("all detectors, 2 workers", 110, 400),
        ];
        let budgets = of(&run(&["mixed", "flood"], &rows));
        let met: Vec<_> = budgets.iter().map(Budget::is_met).collect();
        assert_eq!(met, [false, true, true, true, false, true]);
        let text = text(&budgets);
        let first = "- mixed, one core, mapped: of the walk: 0.48, at least 0.5 wanted: NOT MET\n";
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("130.00, at most 128 wanted: NOT MET") && text.contains("1.82"));
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        let budgets = of(&run(&["elsewhere", "mixed"], &[("all detectors, mapped", 1, 1)]));
        assert!(budgets.iter().all(|budget| !budget.is_met()));
        assert_eq!(text(&budgets).matches("not measured").count(), budgets.len());
    }
}
