//! A report whose sections are made in parallel. The input says which ones; one that can't be made is left out, and named.
//!
//! ```text
//! plan --planned--> [some of sales, stock, returns] --finished or failed--> assemble -> done
//!  `--nothing-to-do-> done
//! ```
//!
//! - A dynamic transition: the function [`sections`] chooses among the targets that the table declares.
//! - The join `settled`: [`assemble()`] runs when every section that was begun has ended, however it ended.
//! - The event `failed`: what follows when a step has used up its attempts. Without it the whole instance would fail.

use hephaestus_guest::{
    Context, Finished, Initial, Outcome, ResultOf, StepError, StepResult, Targets, events, step, workflow,
};
use serde::{Deserialize, Serialize};

workflow! {
    /// A report, from what is wanted to what could be had.
    #[tag("example")]
    pub fan_out_report v1 {
        plan => { Planned => choose sections from [sales, stock, returns], NothingToDo => done }

        sales => { Finished => assemble, failed => assemble }
        stock => { Finished => assemble, failed => assemble }
        #[retry(constant = "50ms", attempts = 3)]
        returns => { Finished => assemble, failed => assemble }

        assemble when settled => done,
    }
}

/// The input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Which month it is about, like `2026-10`.
    pub month: String,
    /// Which sections are wanted.
    pub sections: Vec<Kind>,
}

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What was sold.
    Sales,
    /// What is left.
    Stock,
    /// What came back.
    Returns,
}

/// How planning ends.
#[events]
pub enum Plan {
    /// There is something to report.
    Planned,
    /// No section is wanted.
    NothingToDo,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What it says.
    pub text: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What it is called.
    pub title: String,
    /// Its sections.
    pub sections: Vec<Section>,
    /// What was wanted and could not be made.
    pub missing: Vec<Kind>,
}

/// Looks at what is wanted.
#[step]
pub fn plan(Initial(order): Initial<Order>) -> Plan {
    if order.sections.is_empty() {
        Plan::NothingToDo
    } else {
        Plan::Planned
    }
}

/// Which sections are begun. No step, but a choice: it is recorded, and not made again after a crash.
pub fn sections(ctx: &Context) -> Result<Targets, StepError> {
    let order: Order = ctx.initial()?;
    let is_wanted = |kind| order.sections.contains(&kind);
    Ok(Targets::none()
        .and_if::<sales>(is_wanted(Kind::Sales))
        .and_if::<stock>(is_wanted(Kind::Stock))
        .and_if::<returns>(is_wanted(Kind::Returns)))
}

/// Makes the section on sales.
#[step]
pub fn sales(Initial(order): Initial<Order>) -> Outcome<Finished, Section> {
    Finished.with(section("Sales", &order))
}

/// Makes the section on stock.
#[step]
pub fn stock(Initial(order): Initial<Order>) -> Outcome<Finished, Section> {
    Finished.with(section("Stock", &order))
}

/// Makes the section on returns; the office that keeps them is closed in August.
#[step]
pub fn returns(Initial(order): Initial<Order>) -> StepResult<Finished, Section> {
    if order.month.ends_with("-08") {
        return Err(StepError::retryable("the returns office doesn't answer"));
    }
    Ok(Finished.with(section("Returns", &order)))
}

/// Puts together what there is. A section that wasn't wanted, or failed, has no result: hence the `Option`s.
#[step]
pub fn assemble(
    Initial(order): Initial<Order>,
    sales: Option<ResultOf<sales>>,
    stock: Option<ResultOf<stock>>,
    returns: Option<ResultOf<returns>>,
) -> Outcome<Finished, Report> {
    let made = [
        (Kind::Sales, sales.map(|ResultOf(section)| section)),
        (Kind::Stock, stock.map(|ResultOf(section)| section)),
        (Kind::Returns, returns.map(|ResultOf(section)| section)),
    ];
    let mut report = Report {
        title: format!("Report for {}", order.month),
        sections: Vec::new(),
        missing: Vec::new(),
    };
    for (kind, section) in made {
        match section {
            Some(section) => report.sections.push(section),
            None if order.sections.contains(&kind) => report.missing.push(kind),
            None => {}
        }
    }
    Finished.with(report)
}

/// Where a real section would ask a database.
fn section(heading: &str, order: &Order) -> Section {
    Section {
        heading: heading.into(),
        text: format!("{heading} in {}: as expected.", order.month),
    }
}

#[cfg(test)]
mod tests;
