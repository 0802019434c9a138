//! The figures as people and programs read them.

use std::io::{self, Write};

use serde::Serialize;

use super::figure::{Figure, Quantity, Reach};
use super::machine::Machine;

/// How a report is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Lines for a terminal.
    #[default]
    Lines,
    /// A Markdown table.
    Markdown,
    /// One JSON object.
    Json,
}

/// All figures of a run and the machine they were measured on.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// What.
    pub figures: Vec<Figure>,
}

impl Report {
    /// Whether everything was reached.
    pub fn all_reached(&self) -> bool {
        self.figures.iter().all(Figure::reached)
    }

    /// Writes the report.
    pub fn show(&self, shown: Shown, out: &mut dyn Write) -> io::Result<()> {
        match shown {
            Shown::Lines => self.lines(out),
            Shown::Markdown => self.markdown(out),
            Shown::Json => self.json(out),
        }
    }

    fn lines(&self, out: &mut dyn Write) -> io::Result<()> {
        for figure in &self.figures {
            let verdict = verdict(figure);
            writeln!(out, "{}: {}", figure.name, figure.what)?;
            writeln!(out, "  {}  {}", quantity(figure.ours), verdict)?;
            if let Some(reference) = figure.reference {
                writeln!(out, "  {}  {}", quantity(reference), figure.reference_what)?;
            }
            writeln!(out, "  ratio {}, to reach {}", ratio(figure), reach(figure))?;
            for note in &figure.notes {
                writeln!(out, "  {note}")?;
            }
        }
        writeln!(out, "{}", self.machine)
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "| what | measured | reference | ratio | to reach | reached |")?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        for figure in &self.figures {
            let reference = match figure.reference {
                Some(reference) => format!("{}: {}", figure.reference_what, quantity(reference)),
                None => "–".to_owned(),
            };
            let (ours, verdict) = (quantity(figure.ours), verdict(figure));
            let (ratio, reach) = (ratio(figure), reach(figure));
            writeln!(out, "| {} | {ours} | {reference} | {ratio} | {reach} | {verdict} |", figure.what)?;
        }
        writeln!(out, "\n{}", self.machine)
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let figures = self.figures.iter().map(|figure| {
            let mut value = serde_json::to_value(figure).unwrap_or_default();
            value["ratio"] = serde_json::json!(figure.ratio());
            value["reached"] = serde_json::json!(figure.reached());
            value
        });
        let figures: Vec<serde_json::Value> = figures.collect();
        let report = serde_json::json!({ "machine": self.machine, "figures": figures });
        writeln!(out, "{report}")
    }
}

fn verdict(figure: &Figure) -> &'static str {
    if figure.reached() { "yes" } else { "no" }
}

fn quantity(quantity: Quantity) -> String {
    let Quantity { value, unit } = quantity;
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0} {unit}"),
        middle if middle >= 10.0 => format!("{value:.1} {unit}"),
        _ => format!("{value:.2} {unit}"),
    }
}

fn ratio(figure: &Figure) -> String {
    figure.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2} ×"))
}

fn reach(figure: &Figure) -> String {
    match figure.reach {
        Reach::AtLeastTimes(times) => format!("≥ {times} ×"),
        Reach::AtMostTimes(times) => format!("≤ {times} ×"),
        Reach::AtMost(value) => format!("≤ {value} {}", figure.ours.unit),
    }
}
