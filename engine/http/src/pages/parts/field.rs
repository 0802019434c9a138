//! Fields of forms: label, help and mistake belong to their input for whoever listens to the page, and what
//! was typed stands there again.

use maud::{Markup, html};

/// Whether a field may stay empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It may not.
    Required,
    /// It may.
    Optional,
}

/// What is typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// One line; `autocomplete` is what browsers may fill in.
    Line {
        /// As HTML names it: `username`, `off`.
        autocomplete: &'a str,
    },
    /// A password.
    Password {
        /// `current-password` or `new-password`.
        autocomplete: &'a str,
    },
    /// A number.
    Number,
    /// A day.
    Date,
    /// Several lines.
    Area {
        /// How many are seen at once.
        rows: u32,
    },
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Its name in the form.
    pub(crate) name: &'a str,
    /// What it is called.
    pub(crate) label: &'a str,
    /// What is typed into it.
    pub(crate) kind: Kind<'a>,
    /// Whether it may stay empty.
    pub(crate) presence: Presence,
    /// What helps to fill it in.
    pub(crate) help: Option<&'a str>,
    /// What stands in it.
    pub(crate) value: &'a str,
    /// What is wrong with it.
    pub(crate) mistake: Option<&'a str>,
}

impl<'a> Field<'a> {
    /// A line that has to be filled in.
    pub(crate) fn line(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            kind: Kind::Line { autocomplete: "off" },
            presence: Presence::Required,
            help: None,
            value: "",
            mistake: None,
        }
    }

    /// As markup.
    pub(crate) fn show(&self) -> Markup {
        let (help, wrong) = (format!("{}-help", self.name), format!("{}-wrong", self.name));
        let described = match (self.help, self.mistake) {
            (Some(_), Some(_)) => Some(format!("{wrong} {help}")),
            (Some(_), None) => Some(help.clone()),
            (None, Some(_)) => Some(wrong.clone()),
            (None, None) => None,
        };
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                @if let Some(text) = self.help { p.help id=(help) { (text) } }
                (self.input(described.as_deref()))
                @if let Some(text) = self.mistake { p.wrong id=(wrong) { (text) } }
            }
        }
    }

    fn input(&self, described: Option<&str>) -> Markup {
        let required = self.presence == Presence::Required;
        let invalid = self.mistake.map(|_| "true");
        let (kind, autocomplete) = match self.kind {
            Kind::Line { autocomplete } => ("text", autocomplete),
            Kind::Password { autocomplete } => ("password", autocomplete),
            Kind::Number => ("number", "off"),
            Kind::Date => ("date", "off"),
            Kind::Area { rows } => {
                return html! {
                    textarea id=(self.name) name=(self.name) rows=(rows) required[required]
                        aria-invalid=[invalid] aria-describedby=[described] { "\n" (self.value) }
                };
            }
        };
        html! {
            input id=(self.name) name=(self.name) type=(kind) autocomplete=(autocomplete) value=(self.value)
                required[required] aria-invalid=[invalid] aria-describedby=[described];
        }
    }
}

/// A choice among few: value and label of each. What is chosen stands in the field's value.
pub(crate) fn choice(field: &Field<'_>, options: &[(&str, &str)]) -> Markup {
    let (help, wrong) = (format!("{}-help", field.name), format!("{}-wrong", field.name));
    let described = match (field.mistake, field.help) {
        (Some(_), _) => Some(wrong.as_str()),
        (None, Some(_)) => Some(help.as_str()),
        (None, None) => None,
    };
    html! {
        div.field {
            label for=(field.name) { (field.label) }
            @if let Some(text) = field.help { p.help id=(help) { (text) } }
            select id=(field.name) name=(field.name) required[field.presence == Presence::Required]
                aria-invalid=[field.mistake.map(|_| "true")] aria-describedby=[described] {
                @for (value, label) in options {
                    option value=(value) selected[*value == field.value] { (label) }
                }
            }
            @if let Some(text) = field.mistake { p.wrong id=(wrong) { (text) } }
        }
    }
}

/// Whether a box is ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tick {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// A box to tick. Boxes of one name are told apart by value.
pub(crate) fn check((name, value): (&str, &str), label: &str, tick: Tick) -> Markup {
    html! {
        label.check {
            input type="checkbox" name=(name) value=(value) checked[tick == Tick::On];
            span { (label) }
        }
    }
}
