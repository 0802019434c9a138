//! How the demo speaks: line by line with pauses for people, all at once as scenes for programs.

use std::time::Duration;

use serde::Serialize;

use crate::failure::Failure;
use crate::report::Form;
use crate::streams::Streams;

/// One scene of the tour.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Scene {
    /// What it shows, by name.
    name: &'static str,
    title: String,
    lines: Vec<String>,
    /// The addresses of pages that show the same.
    pages: Vec<String>,
}

/// Says lines and keeps scenes.
pub(super) struct Voice<'a> {
    streams: &'a mut Streams,
    form: Form,
    pause: Duration,
    scenes: Vec<Scene>,
}

impl<'a> Voice<'a> {
    pub(super) fn new(streams: &'a mut Streams, form: Form, pause: Duration) -> Self {
        Self { streams, form, pause, scenes: Vec::new() }
    }

    /// The scenes so far.
    pub(super) fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// Writes something as it is, whoever reads.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.streams.say(text)?)
    }

    /// Says a line to people.
    pub(super) fn line(&mut self, line: &str) -> Result<(), Failure> {
        match self.form {
            Form::People => self.print(&format!("{line}\n")),
            Form::Json => Ok(()),
        }
    }

    /// Begins a scene.
    pub(super) async fn scene(&mut self, name: &'static str, title: &str) -> Result<(), Failure> {
        tokio::time::sleep(self.pause).await;
        let number = self.scenes.len() + 1;
        let (lines, pages) = (Vec::new(), Vec::new());
        self.scenes.push(Scene { name, title: title.to_owned(), lines, pages });
        self.line(&format!("{number}. {title}"))
    }

    /// Says something of the scene; it may have several lines.
    pub(super) async fn say(&mut self, text: &str) -> Result<(), Failure> {
        tokio::time::sleep(self.pause).await;
        for line in text.lines() {
            if let Some(scene) = self.scenes.last_mut() {
                scene.lines.push(line.to_owned());
            }
            self.line(&format!("   {line}"))?;
        }
        Ok(())
    }

    /// Ends a scene with the page that shows it.
    pub(super) fn page(&mut self, address: &str) -> Result<(), Failure> {
        if let Some(scene) = self.scenes.last_mut() {
            scene.pages.push(address.to_owned());
        }
        self.line(&format!("   → {address}\n"))
    }
}
