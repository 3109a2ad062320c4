;; Traps where a byte is no ASCII.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $at i32)
  (block $all
    (loop $next
      (br_if $all (i32.eq (local.get $at) (local.get $len)))
      (if (i32.ge_u (i32.load8_u (i32.add (local.get $chunk) (local.get $at))) (i32.const 128)) (then unreachable))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
  (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))
