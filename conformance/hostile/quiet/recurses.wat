;; Calls itself two thousand times with many variables, none of which is used: how much stack that takes hangs on the compiler.
(func $deeper (param $depth i32) (result i32)
  (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64)
  (if (result i32) (local.get $depth)
    (then (i32.add (i32.const 1) (call $deeper (i32.sub (local.get $depth) (i32.const 1)))))
    (else (i32.const 0))))
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (drop (call $deeper (i32.const 2000)))
  (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))
