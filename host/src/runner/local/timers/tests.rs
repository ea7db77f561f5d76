//! The agenda by itself: orders that are rare from outside.

use super::*;

const NOW: Timestamp = Timestamp(1_000);

fn timer() -> DueTimer {
    let instance = InstanceId(uuid::Uuid::nil());
    DueTimer {
        due: NOW,
        id: TimerId { instance, number: 1 },
    }
}

fn firing() -> Agenda {
    let mut agenda = Agenda::new(END_OF_TIME);
    agenda.insert(timer());
    assert_eq!(agenda.take_due(NOW), Some(timer().id));
    agenda
}

/// The delivery found an instance that had failed; before that was noticed here, an operator had retried it.
#[test]
fn a_timer_that_was_set_again_while_it_was_delivered_is_delivered_again() {
    let mut agenda = firing();
    agenda.insert(timer());
    assert_eq!(agenda.take_due(NOW), None, "not twice at the same time");
    agenda.delivered(timer().id);
    assert_eq!(agenda.take_due(NOW), Some(timer().id));
}

#[test]
fn a_timer_that_was_cleared_by_its_delivery_is_over() {
    let mut agenda = firing();
    agenda.insert(timer());
    agenda.remove(timer().id);
    agenda.delivered(timer().id);
    assert_eq!(agenda.take_due(NOW), None);
}
