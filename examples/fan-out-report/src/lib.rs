//! A report whose sections are made in parallel: which ones, the input says; and a section that can't be made is left
//! out, with a note.
//!
//! ```text
//! plan --planned--> (sales | stock | returns) --finished or failed--> assemble --> done
//! ```
//!
//! [`plan`] leads on dynamically: [`sections`] chooses among the targets that the table declares. [`assemble`] has the
//! join `settled`: it runs when every section that was begun has ended, however it ended.

use hephaestus_guest::{
    Context, Finished, Initial, Outcome, ResultOf, StepError, StepResult, Targets, events, step, workflow,
};
use serde::{Deserialize, Serialize};

workflow! {
    /// The process.
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

/// Which sections are begun. The choice is recorded: it is not made again after a crash.
fn sections(ctx: &Context) -> Result<Targets, StepError> {
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

/// Puts together what there is.
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
    let is_missing =
        |(kind, section): &&(Kind, Option<Section>)| section.is_none() && order.sections.contains(kind);
    let missing = made.iter().filter(is_missing).map(|(kind, _)| *kind).collect();
    Finished.with(Report {
        title: format!("Report for {}", order.month),
        missing,
        sections: made.into_iter().filter_map(|(_, section)| section).collect(),
    })
}

fn section(heading: &str, order: &Order) -> Section {
    Section {
        heading: heading.into(),
        text: format!("{heading} in {}: as expected.", order.month),
    }
}

#[cfg(test)]
mod tests;
