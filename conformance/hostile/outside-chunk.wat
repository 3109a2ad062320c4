;; A value that begins where the chunk ends.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (call $event (i32.const 0) (i32.const 0) (local.get $len) (i32.const 0))
  (call $event (i32.const 16) (local.get $len) (i32.const 8) (i32.const 0))
  (call $done (local.get $len)))
