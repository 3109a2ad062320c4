;; Cuts at every byte, each time with a big context.
(func (export "sluice:parser/guest@0.1.0#scan") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $at i32)
  (drop (memory.grow (i32.const 8)))
  (loop $more
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (call $cut (i64.add (local.get $base) (i64.extend_i32_u (local.get $at))) (i32.const 0) (i32.const 262144))
    (br_if $more (i32.lt_u (local.get $at) (local.get $len))))
  (i32.store (i32.const 4) (local.get $len))
  (i32.const 0))
