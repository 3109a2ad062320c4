;; Has room for a MiB of what is not consumed, and traps where there is more.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (if (i32.gt_u (local.get $len) (i32.const 1048576)) (then unreachable))
  (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))
