//! Each step on its own.

use std::time::Duration;

use hephaestus_guest::testing::TestContext;
use serde_json::json;

use super::*;

fn request() -> serde_json::Value {
    serde_json::from_str(include_str!("../request.json")).expect("a request")
}

#[test]
fn the_second_chance_is_a_quarter_of_the_first() {
    let wait = |patience| {
        TestContext::new()
            .initial(request())
            .config(patience)
            .run::<answer>()
    };
    assert_eq!(
        wait(Patience::Long),
        Ok(Outcome::wait_at_most(Duration::from_secs(4)))
    );
    assert_eq!(
        wait(Patience::Short),
        Ok(Outcome::wait_at_most(Duration::from_secs(1)))
    );
}

#[test]
fn without_a_word_about_it_the_approver_has_a_day() {
    let ctx = TestContext::new()
        .initial(json!({ "what": "a chair", "approver": "kim", "manager": "robin" }))
        .config(Patience::Long);
    assert_eq!(
        ctx.run::<answer>(),
        Ok(Outcome::wait_at_most(Duration::from_secs(86_400)))
    );
}

#[test]
fn the_words_of_the_later_answer_count() {
    let remark = |text: &str| json!({ "remark": text });
    let ctx = TestContext::new()
        .result::<first_chance>(json!(null))
        .result::<last_chance>(remark("take two"));
    assert_eq!(ctx.run::<grant>(), Ok(Finished.with("granted: take two".into())));

    let ctx = TestContext::new().result::<first_chance>(remark("no money"));
    assert_eq!(ctx.run::<refuse>(), Ok(Finished.with("refused: no money".into())));
}

#[test]
fn an_answer_needs_no_words() {
    assert_eq!(
        TestContext::new().run::<grant>(),
        Ok(Finished.with("granted".into()))
    );
}
