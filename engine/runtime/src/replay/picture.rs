//! Hits by day as a picture: bars of characters for a terminal, an SVG for a page.
//!
//! Days without talk are left out of neither: time runs evenly. More days than there is room for are put
//! together, and the scale says how many one bar stands for.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Day;

/// Bars of a terminal's picture.
const BARS_MAX: usize = 60;
/// Bars of an SVG.
const SVG_BARS_MAX: usize = 366;
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Some days together.
struct Bar {
    first: Date,
    messages: u64,
    denied: u64,
    held: u64,
}

impl Bar {
    const fn hits(&self) -> u64 {
        self.denied + self.held
    }
}

/// The days in a row, at most so many bars, and how many days each stands for.
fn bars(days: &[Day], bars_max: usize) -> (Vec<Bar>, usize) {
    let dated: Vec<(Date, &Day)> =
        days.iter().filter_map(|day| Some((day.date.parse::<Date>().ok()?, day))).collect();
    let (Some((first, _)), Some((last, _))) = (dated.first(), dated.last()) else { return (Vec::new(), 1) };
    let span = usize::try_from((*last - *first).get_days()).unwrap_or(0) + 1;
    let each = span.div_ceil(bars_max).max(1);
    let start = |place: usize| {
        let days = i64::try_from(place * each).unwrap_or(i64::MAX);
        first.checked_add(days.days()).unwrap_or(*last)
    };
    let empty = |place| Bar { first: start(place), messages: 0, denied: 0, held: 0 };
    let mut bars: Vec<Bar> = (0..span.div_ceil(each)).map(empty).collect();
    for (date, day) in &dated {
        let place = usize::try_from((*date - *first).get_days()).unwrap_or(0) / each;
        if let Some(bar) = bars.get_mut(place) {
            bar.messages += day.messages;
            bar.denied += day.denied;
            bar.held += day.held;
        }
    }
    (bars, each)
}

/// A picture for a terminal: one line of bars, the highest full; and how many days one bar stands for.
pub fn line(days: &[Day]) -> (String, usize) {
    let (bars, each) = bars(days, BARS_MAX);
    let highest = bars.iter().map(Bar::hits).max().unwrap_or(0).max(1);
    let level = |bar: &Bar| {
        let steps = (bar.hits() * (LEVELS.len() as u64 - 1)).div_ceil(highest);
        LEVELS.get(usize::try_from(steps).unwrap_or(0)).copied().unwrap_or(' ')
    };
    (bars.iter().map(level).collect(), each)
}

/// Words that stand in an SVG.
pub struct Words<'a> {
    /// What it shows.
    pub title: &'a str,
    /// What denied messages are called.
    pub denied: &'a str,
    /// What held messages are called.
    pub held: &'a str,
    /// What all messages are called.
    pub messages: &'a str,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 34.0;
const FLOOR: f64 = 172.0;

/// A picture for a page: hits by day, denials below holds; light and dark, with a text for each bar.
pub fn svg(days: &[Day], words: &Words<'_>) -> String {
    let (bars, _) = bars(days, SVG_BARS_MAX);
    let highest = bars.iter().map(Bar::hits).max().unwrap_or(0).max(1);
    let step = (WIDTH - LEFT - 8.0) / bars.len().max(1) as f64;
    let width = (step - 1.0).clamp(0.8, 24.0);
    let scale = (FLOOR - TOP) / highest as f64;
    let mut out = head(words);
    // Writing to a string cannot fail.
    for (value, y) in [(highest, TOP), (0, FLOOR)] {
        let _ = write!(
            out,
            "<text class=\"q\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{value}</text>\
             <line class=\"g\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>",
            LEFT - 6.0,
            y + 4.0
        );
    }
    for (place, bar) in bars.iter().enumerate() {
        let x = LEFT + 4.0 + place as f64 * step;
        let (denied, held) = (bar.denied as f64 * scale, bar.held as f64 * scale);
        let _ = write!(
            out,
            "<g><title>{}: {} {}, {} {}, {} {}</title>\
             <rect class=\"n\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.1}\"/>\
             <rect class=\"d\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{denied:.1}\"/>\
             <rect class=\"h\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{held:.1}\"/></g>",
            bar.first,
            bar.denied,
            escaped(words.denied),
            bar.held,
            escaped(words.held),
            bar.messages,
            escaped(words.messages),
            FLOOR - TOP,
            FLOOR - denied,
            FLOOR - denied - held,
        );
    }
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        let _ = write!(
            out,
            "<text class=\"q\" x=\"{LEFT}\" y=\"192\">{}</text>\
             <text class=\"q\" x=\"{WIDTH}\" y=\"192\" text-anchor=\"end\">{}</text>",
            escaped(&first.date),
            escaped(&last.date)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn head(words: &Words<'_>) -> String {
    let (title, denied, held) = (escaped(words.title), escaped(words.denied), escaped(words.held));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"system-ui,sans-serif\" font-size=\"12\">\
         <style>.t{{fill:#1f2328}}.q{{fill:#57606a}}.d{{fill:#b42318}}.h{{fill:#c98a00}}.n{{fill:none;\
         pointer-events:all}}.g{{stroke:#d0d7de}}@media(prefers-color-scheme:dark){{.t{{fill:#e6edf3}}\
         .q{{fill:#9198a1}}.d{{fill:#ff7b72}}.h{{fill:#e3b341}}.g{{stroke:#3d444d}}}}</style>\
         <text class=\"t\" x=\"{LEFT}\" y=\"18\">{title}</text>\
         <text x=\"{WIDTH}\" y=\"18\" text-anchor=\"end\"><tspan class=\"d\">■ {denied}</tspan>\
         <tspan class=\"h\" dx=\"10\">■ {held}</tspan></text>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, denied: u64, held: u64) -> Day {
        Day { date: date.to_owned(), messages: 100, denied, held }
    }

    #[test]
    fn time_runs_evenly_and_the_highest_bar_is_full() {
        let days = [day("2026-01-01", 1, 0), day("2026-01-03", 4, 4), day("2026-01-04", 0, 0)];
        assert_eq!(line(&days), ("▁ █ ".to_owned(), 1));
        assert_eq!(line(&[]), (String::new(), 1));
        let year = [day("2026-01-01", 1, 0), day("2026-12-31", 1, 0)];
        let (bars, each) = line(&year);
        assert_eq!((bars.chars().count(), each), (53, 7));
    }

    #[test]
    fn what_operators_named_is_no_markup() {
        let words = Words { title: "<b>&\"", denied: "denied", held: "held", messages: "messages" };
        let svg = svg(&[day("2026-01-01", 2, 1)], &words);
        assert!(svg.contains("&lt;b&gt;&amp;&quot;") && !svg.contains("<b>"));
        assert!(svg.contains("2026-01-01: 2 denied, 1 held, 100 messages"));
    }
}
