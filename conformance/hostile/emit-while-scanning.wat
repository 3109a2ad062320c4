;; Emits where it should scan.
(func (export "sluice:parser/guest@0.1.0#scan") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (call $emit (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
  (call $done (local.get $len)))
