//! Charts drawn on the server: stacked bars over time, and fields of squares. Each stands in a frame with its
//! figures as a table below, for whoever reads without eyes or wants the numbers.
//!
//! Colours are classes of the style sheet, so that light and dark are one picture; what a colour means is
//! written beside it.

use maud::{Markup, html};

use crate::pages::parts::frame;

/// The picture's own units: small, so that its letters can be read on a phone.
const WIDTH: u32 = 420;
const HEIGHT: u32 = 190;
const LEFT: u32 = 34;
const TOP: u32 = 10;
const FLOOR: u32 = 164;
/// Bars at most; more columns are put together.
const BARS_MAX: usize = 62;
/// Steps between nothing and the most in a field of squares.
const STEPS: u64 = 4;

/// Stacked bars.
pub(super) struct Bars<'a> {
    pub(super) heading: &'a str,
    /// What opens the table.
    pub(super) summary: &'a str,
    /// What the first column of the table is.
    pub(super) over: &'a str,
    /// What is stacked, lowest first: what it is called, and the class of its colour.
    pub(super) series: Vec<(String, &'static str)>,
    /// Columns in order of time: their name and a value for each of the series.
    pub(super) columns: Vec<(String, Vec<u64>)>,
}

impl Bars<'_> {
    pub(super) fn show(&self) -> Markup {
        let table = html! {
            div.table tabindex="0" {
                table {
                    thead {
                        tr {
                            th scope="col" { (self.over) }
                            @for (name, _) in &self.series { th.number scope="col" { (name) } }
                        }
                    }
                    tbody {
                        @for (name, values) in self.columns.iter().rev() {
                            tr { th scope="row" { (name) } @for value in values { td.number { (value) } } }
                        }
                    }
                }
            }
        };
        let legend = html! {
            @if self.series.len() > 1 {
                p.legend {
                    @for (name, class) in &self.series { span { span class={ "key " (class) } {} (name) } }
                }
            }
        };
        html! { (frame(self.heading, html! { (self.picture()) (legend) }, (self.summary, table))) }
    }

    fn picture(&self) -> Markup {
        let columns = gathered(&self.columns, BARS_MAX);
        let total = |values: &Vec<u64>| values.iter().sum::<u64>();
        let highest = columns.iter().map(|(_, values)| total(values)).max().unwrap_or(0).max(1);
        let step = f64::from(WIDTH - LEFT) / columns.len().max(1) as f64;
        let (gap, scale) = (if step > 4.0 { 1.5 } else { 0.5 }, f64::from(FLOOR - TOP) / highest as f64);
        let width = format!("{:.2}", (step - gap).clamp(0.8, 28.0));
        html! {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) focusable="false" {
                (line(TOP)) (line((TOP + FLOOR) / 2)) (line(FLOOR))
                (left(TOP, &highest.to_string()))
                @if highest > 1 { (left((TOP + FLOOR) / 2, &half(highest))) }
                (left(FLOOR, "0"))
                @for (place, (name, values)) in columns.iter().enumerate() {
                    @let x = f64::from(LEFT) + place as f64 * step + gap / 2.0;
                    g {
                        title { (told(name, values, &self.series)) }
                        @for (index, value) in values.iter().enumerate() {
                            @let below: u64 = values[..index].iter().sum();
                            @let high = *value as f64 * scale;
                            @if *value > 0 {
                                rect class=(self.series.get(index).map_or("", |(_, class)| class))
                                    x=(format!("{x:.2}")) width=(width) height=(format!("{high:.2}"))
                                    y=(format!("{:.2}", f64::from(FLOOR) - below as f64 * scale - high)) {}
                            }
                        }
                    }
                }
                @if let Some((first, _)) = self.columns.first() {
                    text x=(LEFT) y=(HEIGHT - 8) { (first) }
                }
                @if let Some((last, _)) = self.columns.last().filter(|_| self.columns.len() > 1) {
                    text x=(WIDTH) y=(HEIGHT - 8) text-anchor="end" { (last) }
                }
            }
        }
    }
}

fn line(y: u32) -> Markup {
    html! { line.grid x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {} }
}

fn left(y: u32, text: &str) -> Markup {
    html! { text x=(LEFT - 6) y=(y + 4) text-anchor="end" { (text) } }
}

fn half(highest: u64) -> String {
    if highest.is_multiple_of(2) { (highest / 2).to_string() } else { format!("{}.5", highest / 2) }
}

fn told(name: &str, values: &[u64], series: &[(String, &'static str)]) -> String {
    let parts: Vec<String> =
        values.iter().zip(series).map(|(value, (what, _))| format!("{what} {value}")).collect();
    format!("{name}: {}", parts.join(", "))
}

/// Neighbours put together until there are no more than `max`; each is called by its first.
fn gathered(columns: &[(String, Vec<u64>)], max: usize) -> Vec<(String, Vec<u64>)> {
    let each = columns.len().div_ceil(max).max(1);
    let joined = columns.chunks(each).map(|chunk| {
        let width = chunk.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        let sum = |index: usize| chunk.iter().filter_map(|(_, values)| values.get(index)).sum();
        (chunk[0].0.clone(), (0..width).map(sum).collect())
    });
    joined.collect()
}

/// What stands in a square: how much, and what is said of it; none where there is no square.
pub(super) type Square = Option<(u64, String)>;

/// A field of squares: rows by columns, darker where there is more.
pub(super) struct Squares<'a> {
    pub(super) heading: &'a str,
    pub(super) summary: &'a str,
    /// Names of the columns; an empty one is not written above the picture.
    pub(super) columns: Vec<String>,
    /// Names of the rows, each with what stands in its squares: how much, out of `most`, and what is said.
    pub(super) rows: Vec<(String, Vec<Square>)>,
    /// What the darkest stands for.
    pub(super) most: u64,
}

impl Squares<'_> {
    pub(super) fn show(&self) -> Markup {
        let table = html! {
            div.table tabindex="0" {
                table {
                    thead { tr { td {} @for name in &self.columns { th.number scope="col" { (name) } } } }
                    tbody {
                        @for (name, cells) in &self.rows {
                            tr {
                                th scope="row" { (name) }
                                @for cell in cells { td.number { @if let Some((_, said)) = cell { (said) } } }
                            }
                        }
                    }
                }
            }
        };
        frame(self.heading, self.picture(), (self.summary, table))
    }

    fn picture(&self) -> Markup {
        let (names, head) = (64, 18);
        let step = f64::from(WIDTH - names) / self.columns.len().max(1) as f64;
        let tall = 20;
        let height = head + tall * u32::try_from(self.rows.len()).unwrap_or(0) + 2;
        let every = if self.columns.len() > 14 { 6 } else { 1 };
        html! {
            svg viewBox={ "0 0 " (WIDTH) " " (height) } width=(WIDTH) height=(height) focusable="false" {
                @for (place, name) in self.columns.iter().enumerate() {
                    @if place.is_multiple_of(every) {
                        text x=(format!("{:.1}", f64::from(names) + place as f64 * step))
                        y=(head - 6) { (name) }
                    }
                }
                @for (down, (name, cells)) in (0_u32..).zip(&self.rows) {
                    text x="0" y=(head + down * tall + 14) { (name) }
                    @for (place, cell) in cells.iter().enumerate() {
                        @if let Some((value, said)) = cell {
                            rect class={ "heat h" (shade(*value, self.most)) } rx="2"
                                x=(format!("{:.1}", f64::from(names) + place as f64 * step))
                                y=(head + down * tall)
                                width=(format!("{:.1}", (step - 2.0).max(1.0)))
                                height=(tall - 2) {
                                title {
                                    (name)
                                    " " (self.columns.get(place).map_or("", String::as_str))
                                    ": " (said)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How dark a square is, 0 to `STEPS`: anything at all is told from nothing.
fn shade(value: u64, most: u64) -> u64 {
    (value * STEPS).div_ceil(most.max(1)).min(STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_with_anything_in_it_is_not_blank() {
        for (value, most, expected) in [(0, 100, 0), (1, 100, 1), (50, 100, 2), (100, 100, 4), (3, 0, 4)] {
            assert_eq!(shade(value, most), expected, "{value} of {most}");
        }
    }

    #[test]
    fn many_days_are_put_together_and_none_is_lost() {
        let days: Vec<(String, Vec<u64>)> = (0..100).map(|day| (day.to_string(), vec![1, 2])).collect();
        let joined = gathered(&days, 62);
        assert_eq!(joined.len(), 50);
        assert_eq!(joined.iter().map(|(_, values)| values[1]).sum::<u64>(), 200);
        assert_eq!(joined[1].0, "2");
        assert!(gathered(&[], 62).is_empty());
    }

    #[test]
    fn what_people_named_is_no_markup() {
        let columns = vec![("<b>".to_owned(), vec![3])];
        let series = vec![("a&b".to_owned(), "c0")];
        let shown = Bars { heading: "<i>", summary: "s", over: "o", series, columns }.show().into_string();
        assert!(shown.contains("&lt;b&gt;") && shown.contains("&lt;i&gt;") && !shown.contains("<b>"));
    }
}
