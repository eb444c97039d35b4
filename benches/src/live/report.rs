//! The table, and the same as JSON.

use serde_json::{Value, json};

use crate::measure::Row;

pub(crate) const HEADER: &str = "\
| input | rings | workers | sent | judged | dropped by the kernel | out of order | k packets/s | Mbit/s | CPU seconds a million | outside of the kernel |
|---|---|---|---|---|---|---|---|---|---|---|
";

pub(crate) fn row(row: &Row) -> String {
    let seconds = row.time.as_secs_f64();
    format!(
        "| {} | {} | {} | {} | {} | {} ({:.1} %) | {} | {:.0} | {:.0} | {:.2} | {:.2} |\n",
        row.input,
        row.way.rings,
        row.way.workers,
        row.sent,
        row.judged,
        row.dropped_all(),
        row.dropped_all() as f64 / row.sent as f64 * 100.0,
        row.out_of_order,
        row.sent as f64 / seconds / 1e3,
        row.bytes as f64 * 8.0 / seconds / 1e6,
        row.cpu_seconds_a_million(),
        row.user_seconds_a_million(),
    )
}

pub(crate) fn document(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        json!({
            "input": row.input,
            "rings": row.way.rings,
            "workers": row.way.workers,
            "sent": row.sent,
            "bytes": row.bytes,
            "judged": row.judged,
            "dropped_kernel": row.dropped,
            "out_of_order": row.out_of_order,
            "alerts": row.alerts,
            "seconds": row.time.as_secs_f64(),
            "cpu_seconds": row.cpu.as_secs_f64(),
            "user_seconds": row.user.as_secs_f64(),
        })
    };
    json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rates_and_shares_are_told() {
        let measured = Row {
            input: "mixed".into(),
            way: "2x1".parse().unwrap(),
            sent: 1_000_000,
            bytes: 500_000_000,
            judged: 990_000,
            dropped: vec![9_000, 1_000],
            out_of_order: 3,
            alerts: 0,
            time: Duration::from_secs(2),
            cpu: Duration::from_millis(495),
            user: Duration::from_millis(250),
        };
        let told = row(&measured);
        assert!(told.contains("| 10000 (1.0 %) | 3 | 500 | 2000 | 0.50 | 0.25 |"), "{told}");
        assert_eq!(document(&[measured])["rows"][0]["dropped_kernel"][1], 1_000);
    }
}
