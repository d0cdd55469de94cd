//! A whole project without fault is printed so that it reads as the same project.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let files = planner_fuzz::project(text);
    let (_, loaded) = planner_fuzz::load(&files, false);
    planner_fuzz::assert_stable(&loaded);
});
