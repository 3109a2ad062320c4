;; Takes what a chunk begins with for a header, wherever in the member that is.
(global $begun (mut i32) (i32.const 0))
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $is_first i32)
  (local.set $is_first (i32.eqz (global.get $begun)))
  (global.set $begun (i32.const 1))
  (if (i32.or (i64.eqz (local.get $base)) (i32.eqz (local.get $is_first))) (then (return (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))))
  (if (local.get $len) (then (call $event (i32.const 1) (i32.const 0) (local.get $len) (i32.const 0))))
  (call $done (local.get $len)))
