//! The program: its surroundings handed to [`planner::cli::run`].

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use planner::cli::{Io, run};
use planner::view::Style;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    let terminal = io::stdout().is_terminal();
    let ask: Option<Box<dyn FnMut() -> Option<String> + Send>> =
        if io::stdin().is_terminal() { Some(Box::new(read_line)) } else { None };
    let width = terminal_size::terminal_size().filter(|_| terminal).map(|(width, _)| width.0);
    let mut surroundings = Io {
        out: Box::new(io::stdout()),
        err: Box::new(io::stderr()),
        ask,
        variables: std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect(),
        directory: std::env::current_dir().unwrap_or_default(),
        style: Style { color: terminal, unicode: true, markdown: false, width },
        terminal,
    };
    ExitCode::from(run(&arguments, &mut surroundings) as u8)
}

fn read_line() -> Option<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line)
}
