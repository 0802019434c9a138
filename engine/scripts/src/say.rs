//! Everything that this crate says to authors and operators, as codes with arguments: what is wrong with a
//! source, what to write instead, why a run came to nothing, how a case came out.
//!
//! Promises that whatever is said is in one list, `codes`, with the names of its arguments, so that a test
//! can hold the message files to it. Holds no sentence: those are rendered elsewhere, in the reader's
//! language.

use kith_core::notice::{Arg, Text};

macro_rules! texts {
    ($($(#[$doc:meta])* $group:ident { $($name:ident($($arg:ident),*);)* })*) => {
        $(
            $(#[$doc])*
            pub(crate) mod $group {
                use super::Text;

                $(
                    #[doc = concat!("The text `script.", stringify!($group), ".", stringify!($name), "`.")]
                    pub(crate) fn $name($($arg: impl Into<super::Arg>),*) -> Text {
                        Text::new(concat!("script.", stringify!($group), ".", stringify!($name)))
                            $(.with(stringify!($arg), $arg))*
                    }
                )*
            }
        )*

        /// Every code that is said here, with the names of its arguments.
        pub fn codes() -> &'static [(&'static str, &'static [&'static str])] {
            &[(RHAI, &["text"]), $($((
                concat!("script.", stringify!($group), ".", stringify!($name)),
                &[$(stringify!($arg)),*],
            ),)*)*]
        }
    };
}

/// The code of what Rhai says in its own words, in English.
const RHAI: &str = "script.rhai";

/// What Rhai says and no code of ours stands for.
pub(crate) fn of_rhai(text: impl Into<Arg>) -> Text {
    Text::new(RHAI).with("text", text)
}

texts! {
    /// What is wrong with a source.
    source {
        alone();
        anonymous_body();
        api_level(known, level);
        bad_escape(text);
        bad_name(text);
        bad_number(text);
        begins_with_fn();
        break_outside();
        cannot_stand(sign);
        constant(name);
        doc_comment();
        doubled_function(name);
        doubled_name(name);
        doubled_parameter(function, name);
        doubled_property(name);
        expected(what);
        forbidden_name(name);
        function_body(name);
        function_name();
        function_parameters(name);
        hook_parameters(name);
        index();
        index_number(found);
        index_text(found);
        literal_too_large();
        many_functions(max);
        many_values(n);
        mismatched(wanted, found);
        missing(token);
        missing_there(token, place);
        needs_name();
        needs_property();
        nested_function();
        never_equal(left, right);
        no_call(name, values);
        no_eval();
        no_function(name);
        no_handing();
        no_hook();
        no_meaning(sign);
        no_method(kind, name);
        no_property(kind, name);
        no_ruling(name);
        no_threads();
        no_variable(name);
        no_word(word);
        not_assignable();
        nothing();
        one_value(n);
        reserved(word);
        ruling_dropped(name);
        ruling_unheard(hook);
        sign(name, sign);
        sign_space();
        switch_condition();
        switch_default();
        switch_number();
        text_quotes();
        too_deep();
        too_long(max);
        top_level();
        undeclared_read();
        unfinished();
        unfinished_text();
        unknown_hook(name);
        unknown_read(read);
        wrong_arguments(name, values);
    }

    /// What to write instead.
    write {
        as_last_line();
        before_end_of_line();
        begin_with(head);
        bool_int();
        bool_text();
        call_by_name();
        call_it(name);
        channel_text();
        close_function();
        closure();
        code(code);
        compare();
        compare_twice();
        const_or_inside();
        count_brackets();
        dice();
        double_quotes();
        end_text();
        hand_over(name);
        has(names);
        hooks(names);
        in_this_file();
        into_function();
        join_functions();
        later();
        len();
        let_in_function();
        make_first(name);
        member_text();
        message_text();
        never_closed(sign, line);
        no_ban();
        no_sleep();
        number_text();
        other_name();
        own_code();
        own_variable();
        plain(code);
        plain_space();
        points();
        quotes();
        reads(read);
        reply();
        return_only();
        send();
        span_int();
        the_time();
        two_scripts();
        words_in_list();
        words_in_lists();
    }

    /// Why a run came to nothing, and what to write.
    run {
        addition_overflow(what);
        arithmetic(what);
        array_grows();
        array_int();
        array_text();
        bad_emoji();
        bad_index(index);
        bad_key(max);
        bad_name(what, max);
        bad_timer_name(max);
        bool_int();
        bool_text();
        bug();
        card_empty(name);
        card_lacks(name, names);
        card_near(name, near);
        card_text();
        channel_lacks(name);
        channel_near(name, near);
        channel_text();
        constant(name);
        constant_looks();
        constant_outside();
        deep_value(max);
        depth();
        division_by_zero(what);
        does_not_go(name, kinds);
        does_not_take(name, kinds, usage);
        empty_array();
        ended();
        event_ask(kind, name);
        event_lacks(kind, name, names);
        event_near(kind, name, near);
        for_over();
        kind_lacks(kind, name);
        kind_near(kind, name, near);
        list_lacks(name);
        list_near(name, near);
        list_text();
        list_unusable(name);
        long_effect(max);
        long_reason(max);
        long_rewrite();
        long_text();
        long_value(max);
        many_changes(max);
        many_pieces();
        many_reads(max);
        many_signs();
        map_grows();
        map_lacks(name);
        map_text();
        member_text();
        memory(max);
        message_text();
        multiplication_overflow(what);
        mute_time();
        negative_span();
        no_call();
        no_change();
        no_event();
        no_function(name, kinds);
        no_function_near(name, near);
        no_hook(name);
        no_item(len, index);
        no_member();
        no_message();
        no_message_here();
        no_request();
        no_ruling(name);
        no_run();
        no_sign(len, index);
        no_timer();
        no_want();
        not_a_count(key, kind);
        not_a_ruling(name, kind);
        not_rememberable(kind);
        nothing_has(name);
        number_text();
        operations(max);
        permission_lacks(name);
        permission_near(name, near);
        questions_far(back, declared, read);
        questions_undeclared(read);
        random_bound();
        remembered_member();
        remembered_message();
        rewrite_only_message();
        ruling_lost();
        ruling_not_bool();
        ruling_reason();
        ruling_unheard(name);
        rulings_lost(n);
        said_nothing();
        setting_lacks(name);
        setting_near(name, near);
        span_int();
        subtraction_overflow(what);
        texts_grow();
        thrown(value);
        time(max);
        timer_far();
        topic_title();
        topics_only();
        unbound_this();
        variables();
        wants(wanted, found);
        wants_truth(found);
        words_only(kind);
    }

    /// What a value is, in a sentence.
    kind {
        array();
        bool();
        boolean();
        call();
        card();
        change();
        channel();
        condition();
        context();
        event();
        function();
        iterable();
        links();
        list();
        literal();
        map();
        member();
        message();
        none();
        nothing();
        number();
        other(name);
        questions();
        random();
        range();
        request();
        role();
        settings();
        span();
        store();
        tag();
        text();
        timer();
        today();
        topic();
        two(first, second);
        verdict();
        want();
    }

    /// Where a sign is missing.
    place {
        after_counter();
        after_item();
        after_this();
        arguments_end(name);
        arguments_separator(name);
        arguments_start();
        array_separator();
        block_end();
        block_start();
        bracket();
        catch_variable();
        closure_end();
        closure_separator();
        do_statement();
        following(what);
        for_end();
        index_end();
        map_separator();
        of_expression(what);
        parameters_end(name);
        property(name);
        statement_end();
        switch_case();
        switch_separator();
        switch_start();
        try_statement();
    }

    /// Signs of a Chinese keyboard by name.
    sign {
        brace();
        bracket();
        colon();
        comma();
        enumeration();
        equals();
        exclamation();
        full_stop();
        full_width();
        full_width_stop();
        plus();
        quotation();
        semicolon();
    }

    /// How a case came out.
    case {
        at_line(line, said);
        bad_moment(at);
        expected(expected);
        got(got);
        log(line);
        missing(effect);
        more(effect);
        no_author();
        no_channel();
        no_community();
        no_moment(at);
        no_zone(zone);
        not_founded(why);
        not_measured(what);
        order(effects);
        unreadable(what);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_stands_there_twice() {
        let known: BTreeSet<&str> = codes().iter().map(|(code, _)| *code).collect();
        assert_eq!(known.len(), codes().len());
    }
}
