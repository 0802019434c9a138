//! A command that a member types: `/name argument`, answered by scripts instead of being posted.
//!
//! A message is one if its only part is a text that begins with `/` and a name, and a live script answers
//! commands. Whoever may post there may type one; nobody else sees it. Scripts are asked in the operator's
//! order until one reacts: by an effect, a reply (`Rewrite`), or a reason why not (any other ruling), which
//! only the member is told. One that says nothing passes it on, and so does one that fails. No rule judges a
//! command: what scripts post of it is judged as theirs.

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::hook::{Chain, Heard, Hook, Input, Typed};
use crate::ids::ChannelId;
use crate::limits::NAME_BYTES_MAX;
use crate::member::Member;
use crate::notice::{Arg, Text};
use crate::queue::Verdict;

use super::Part;

/// A command as it was typed.
pub(super) struct Call<'a> {
    body: BodyRef,
    name: &'a str,
    argument: &'a str,
}

/// Reads a message as a command, where any script answers those.
pub(super) fn read<'a>(ctx: &Ctx<'_>, parts: &[Part], text: &'a str) -> Option<Call<'a>> {
    let [Part::Text { body }] = parts else { return None };
    let (name, argument) = split(text)?;
    Chain::scripts(ctx, Hook::Command).next()?;
    Some(Call { body: *body, name, argument })
}

/// Name and argument of a text that is a command where scripts answer those. A path such as `/etc/hosts` is
/// none, nor is a comment such as `// so`.
pub fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('/')?;
    let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let is_name = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(usable);
    is_name.then_some((name, argument.trim()))
}

/// Asks the scripts, and does what the first of them says that reacts.
pub(super) fn answer(
    ctx: &Ctx<'_>,
    member: &Member,
    (channel, call): (ChannelId, &Call<'_>),
    out: &mut Outcome,
) {
    let mut chain = Chain::new(ctx, member.id);
    let (name, argument) = (call.name, call.argument);
    let input = Input::Command(Typed { member, channel, name, argument });
    let mut failed = None;
    for asked in Chain::scripts(ctx, Hook::Command) {
        let heard = chain.ask(asked, &input, out);
        if heard.failed() {
            failed = failed.or(Some(asked.0.name.as_str()));
        } else if heard.reacts() {
            let (verdict, reply) = (heard.verdict, heard.reply());
            settle(&mut chain, verdict, out);
            reply.into_iter().for_each(|reply| out.notify(member.id, reply));
            return;
        }
    }
    settle(&mut chain, Verdict::Allow, out);
    let code = if failed.is_some() { "script.command_failed" } else { "script.command_unknown" };
    let end = 1 + name.len() as u32;
    let text = Text::new(code).with("name", Arg::Quote { body: call.body, start: 1, end });
    out.notify(
        member.id,
        match failed {
            Some(script) => text.with("script", script),
            None => text,
        },
    );
}

/// Nothing can wait for a human here: a hold is a no.
fn settle(chain: &mut Chain<'_>, verdict: Verdict, out: &mut Outcome) {
    let verdict = if verdict == Verdict::Allow { Verdict::Allow } else { Verdict::Deny };
    chain.settle(verdict, out);
}

impl Heard<'_> {
    /// What a member who typed a command is told.
    fn reply(&self) -> Option<Text> {
        let text = self.rewrite.map(Arg::Body).or_else(|| self.reason().cloned())?;
        Some(Text::new("script.says").with("script", self.script().name.as_str()).with("text", text))
    }
}

#[cfg(test)]
mod tests;
