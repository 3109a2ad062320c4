;; Skips the last line if no line end is behind it.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $lines i32)
  (if (i32.eqz (local.get $last)) (then (return (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))))
  (local.set $lines (local.get $len))
  (block $found
    (loop $back
      (br_if $found (i32.eqz (local.get $lines)))
      (br_if $found (i32.eq (i32.load8_u (i32.add (local.get $chunk) (i32.sub (local.get $lines) (i32.const 1)))) (i32.const 10)))
      (local.set $lines (i32.sub (local.get $lines) (i32.const 1)))
      (br $back)))
  (drop (call $honest_push (local.get $base) (local.get $chunk) (local.get $lines) (i32.const 1)))
  (if (i32.lt_u (local.get $lines) (local.get $len)) (then
    (call $event (i32.const 1) (local.get $lines) (i32.sub (local.get $len) (local.get $lines)) (i32.const 0))))
  (call $done (local.get $len)))
