//! An avatar: the first letter of a name on one of a few colours, the same for the same member everywhere.

use maud::{Markup, html};

/// How many colours the style sheet has.
const COLOURS: u32 = 8;

/// The avatar of somebody. Their name stands beside it, so it says nothing to screen readers.
pub(crate) fn avatar(id: &str, name: &str) -> Markup {
    let colour = format!("avatar hue-{}", colour_of(id));
    html! { span class=(colour) aria-hidden="true" { (initial(name)) } }
}

/// One that stays while the name changes: made of the id.
fn colour_of(id: &str) -> u32 {
    // FNV-1a: ids of people who came together differ in a few letters only.
    let mixed =
        id.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (mixed ^ (mixed >> 15)) % COLOURS
}

fn initial(name: &str) -> String {
    let letter = name.chars().find(|letter| letter.is_alphanumeric());
    letter.map_or_else(|| "·".to_owned(), |letter| letter.to_uppercase().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_by_its_first_letter_in_any_script() {
        for (name, expected) in [("ines", "I"), ("小雨", "小"), (" *Bo", "B"), ("☀", "·"), ("", "·")] {
            assert_eq!(initial(name), expected, "{name}");
        }
    }
}
