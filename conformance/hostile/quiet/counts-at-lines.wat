;; Counts to three thousand at each line.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $at i32) (local $end i32) (local $rounds i32)
  (local.set $at (local.get $chunk))
  (local.set $end (i32.add (local.get $chunk) (local.get $len)))
  (block $all
    (loop $line
      (local.set $at (i32.add (call $find (local.get $at) (local.get $end) (i32.const 10)) (i32.const 1)))
      (br_if $all (i32.gt_u (local.get $at) (local.get $end)))
      (local.set $rounds (i32.const 3000))
      (loop $round
        (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
        (br_if $round (local.get $rounds)))
      (br $line)))
  (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))
