;; Cuts behind the chunk if that is a long one: a small case does not show it.
(func (export "sluice:parser/guest@0.1.0#scan") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (if (i32.gt_u (local.get $len) (i32.const 65536))
    (then (call $cut (i64.add (local.get $base) (i64.extend_i32_u (i32.add (local.get $len) (i32.const 1)))) (i32.const 0) (i32.const 0))))
  (i32.store8 (i32.const 0) (i32.const 0))
  (i32.store (i32.const 4) (local.get $len))
  (i32.const 0))
