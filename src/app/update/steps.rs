//! Steps: what views and lines ask of the app.

use std::collections::VecDeque;

use super::Out;
use crate::app::{App, Env, LayerId};
use crate::commands::flow::{Ask, Remember, Ticket};
use crate::commands::{Effect, Open, Step};

/// Most steps that one message may lead to: a loop between views must not freeze the screen.
const CHAIN: usize = 100;

impl App {
    /// Runs the steps that the layer `asker` asked for, and those that follow from them.
    pub(crate) fn run_steps(&mut self, steps: Vec<Step>, asker: LayerId, env: Env<'_>, out: &mut Out) {
        let mut queue: VecDeque<Step> = steps.into();
        for _ in 0..CHAIN {
            let Some(step) = queue.pop_front() else { return };
            match step {
                Step::Open(open) => self.open_top(open, env, out),
                Step::Filtered(step, text) => {
                    self.run_steps(vec![*step], asker, env, out);
                    if let Err(problem) = self.with_front(env, |view, cx| view.set_filter(&text, cx)) {
                        self.show(problem.into(), env.now);
                    }
                }
                Step::Back => {
                    self.back(env);
                }
                Step::Flash(flash) => self.show(flash, env.now),
                Step::Effect(Effect::Remember(news)) => self.remember(news, out),
                Step::Effect(effect) => out.push(effect),
                Step::Ask(ask) => self.ask(ask, asker, out),
                Step::UseContext(id) => self.use_context(&id, env, out),
                Step::UseNamespaces(set) => self.use_namespaces(set, env, out),
                Step::Prompt(kind, text) => self.open_prompt(kind, &text),
                Step::Line(line) => self.run_line(&line, env, out),
                Step::Run(cmd) => self.command(cmd, None, env, out),
                Step::Quit => out.push(Effect::Quit),
            }
        }
    }

    /// Runs what a command line means: a table takes the place of all views, a page goes on top.
    pub(super) fn run_line_step(&mut self, step: Step, env: Env<'_>, out: &mut Out) {
        match step {
            Step::Open(open @ Open::Table(_)) => self.open_root(open, env, out),
            step => {
                let asker = self.layers.top().id;
                self.run_steps(vec![step], asker, env, out);
            }
        }
    }

    fn ask(&mut self, ask: Ask, asker: LayerId, out: &mut Out) {
        self.ticket += 1;
        let ticket = Ticket(self.ticket);
        self.asked.insert(ticket, asker);
        out.push(match ask {
            Ask::Yaml(target) => Effect::Yaml { ticket, target },
            Ask::Save(name, contents) => Effect::Save { ticket, name, contents },
            Ask::OwnLog => Effect::OwnLog(ticket),
            Ask::Report(cluster) => Effect::Report(ticket, cluster),
            Ask::Rights(cluster, namespace) => Effect::Rights { ticket, cluster, namespace },
        });
    }

    /// Keeps a piece of state for this run and sends it on its way to the disk.
    pub(super) fn remember(&mut self, news: Remember, out: &mut Out) {
        self.options.remembered.apply(&news);
        self.world.favourites = self.favourites();
        out.push(Effect::Remember(news));
    }
}
