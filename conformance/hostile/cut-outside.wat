;; Cuts behind the chunk.
(func (export "sluice:parser/guest@0.1.0#scan") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (call $cut (i64.add (local.get $base) (i64.extend_i32_u (i32.add (local.get $len) (i32.const 1)))) (i32.const 0) (i32.const 0))
  (i32.const 0))
