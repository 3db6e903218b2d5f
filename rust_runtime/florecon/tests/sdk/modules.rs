//! Buffer table of the ABI, driven as the exports drive it.

use florecon::sdk::abi::Module;
use serde_json::{Value, json};

use super::common::Kinds;

/// A module with a session, and the address and length of a command.
fn module(command: &Value) -> (Module<Kinds>, (usize, usize)) {
    let mut module = Module::new();
    let text = command.to_string();
    let address = module.alloc(text.len());
    assert!(module.write(address, text.as_bytes()));
    (module, (address, text.len()))
}

fn length((_, length): (usize, usize)) -> usize {
    length
}

#[test]
fn a_command_in_a_buffer_is_carried_out() {
    let (mut module, command) = module(&json!({"op": "init"}));
    assert_eq!(
        length(module.dispatch(command, (0, 0))),
        r#"{"ok":true,"report":{"groups":[],"allocations":[]}}"#.len()
    );
    assert!(length(module.describe()) > 100);
}

#[test]
fn odd_addresses_and_lengths_are_refused_and_harm_nothing() {
    let (mut module, (address, len)) = module(&json!({"op": "init"}));
    let refusal = length(module.dispatch((1, 1), (0, 0)));
    for odd in [
        (address, len + 1),
        (address + len, 1),
        (address - 1, len),
        (usize::MAX, usize::MAX),
        (0, 1),
        (address, usize::MAX),
    ] {
        assert_eq!(length(module.dispatch(odd, (0, 0))), refusal, "{odd:?}");
        assert_eq!(length(module.dispatch((address, len), odd)), refusal, "{odd:?}");
    }
    // a part of a buffer is a buffer
    assert!(length(module.dispatch((address + 1, len - 1), (0, 0))) > 0);
    module.dealloc(address + 1);
    module.dealloc(0);
    module.dealloc(address);
    module.dealloc(address);
    assert_eq!(length(module.dispatch((address, len), (0, 0))), refusal);
}

#[test]
fn no_bytes_and_too_many() {
    let mut module = Module::<Kinds>::new();
    let nothing = module.alloc(0);
    assert_ne!(nothing, 0);
    assert!(length(module.dispatch((nothing, 0), (nothing, 0))) > 0);
    module.dealloc(nothing);
    assert_eq!(module.alloc(usize::MAX), 0);
    assert_eq!(module.alloc(isize::MAX as usize), 0);
}
