//! A whole project, with and without interpolation, and what is printed of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use planner::view::ModelFormat;

fuzz_target!(|text: &str| {
    let files = planner_fuzz::project(text);
    planner_fuzz::load(&files, true);
    let (_, loaded) = planner_fuzz::load(&files, false);
    for format in [ModelFormat::Yaml, ModelFormat::Json] {
        planner_fuzz::canonical(&loaded, format);
    }
});
