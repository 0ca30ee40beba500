//! Writes the script and the module that a browser loads, from what rustc has linked:
//!
//!     bindings LINKED.wasm OUT_DIR
//!
//! The same library does the work in `wasm-bindgen --target web --no-typescript --out-name lastlayer`, and the result is the same to the byte.
//! The command line around it brings a test runner with a web server, which takes five times as long to compile.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [linked, out_dir] = arguments.as_slice() else {
        eprintln!("usage: bindings LINKED.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    match write(linked, out_dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindings: {linked}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(linked: &str, out_dir: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.web(true)?.input_path(linked).out_name("lastlayer").typescript(false).omit_default_module_path(false);
    Ok(bindgen.generate(out_dir)?)
}
