//! `planner explain`: what a finding means. Needs no network: the page is in the program.

use crate::cli::args::ExplainArgs;
use crate::cli::{Exit, Io};
use crate::diagnostic::nearest;
use crate::lint;

pub(in crate::cli) fn run(args: &ExplainArgs, io: &mut Io) -> Exit {
    if let Some(rule) = lint::find(args.code.trim()) {
        let page = lint::page(rule, 1);
        io.print(&format!("{}\n", page.trim_end()));
        return Exit::Fine;
    }
    let known = lint::all().flat_map(|rule| [rule.code, rule.name]);
    let code = args.code.to_ascii_uppercase();
    let like = nearest(&code, known.clone()).or_else(|| nearest(&args.code, known));
    let help = like.map_or("`planner rules` lists them".to_owned(), |like| format!("did you mean `{like}`?"));
    io.refuse(&format!("there is no rule `{}`", args.code), Some(&help));
    Exit::Error
}
