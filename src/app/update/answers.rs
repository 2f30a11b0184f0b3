//! Answers find the layer that asked; those that come too late are dropped.

use super::Out;
use crate::app::{App, Env};
use crate::commands::Answer;
use crate::commands::flow::Ticket;

impl App {
    pub(super) fn on_answer(&mut self, ticket: Ticket, answer: Answer, env: Env<'_>, out: &mut Out) {
        let Some(asker) = self.asked.remove(&ticket) else { return };
        let cx = env.cx(&self.world);
        // The connection page that stands in for a table asks in the table's name.
        let steps = match (&mut self.overlay, self.layers.top().id == asker) {
            (Some(page), true) => crate::views::View::answer(page, answer, &cx),
            _ => match self.layers.get_mut(asker) {
                Some(layer) => layer.view.answer(answer, &cx),
                None => return,
            },
        };
        self.run_steps(steps, asker, env, out);
    }
}
