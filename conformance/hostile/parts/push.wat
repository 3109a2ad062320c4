;; Lines of `email:password` or `email:password:third`; an empty line is skipped, one without a colon rejected.
(global $named (mut i32) (i32.const 0))
(func $field (param $tag i32) (param $chunk i32) (param $start i32) (param $end i32)
  (call $event (local.get $tag) (i32.sub (local.get $start) (local.get $chunk)) (i32.sub (local.get $end) (local.get $start)) (i32.const 0)))
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $at i32) (local $end i32) (local $text_end i32) (local $next i32) (local $first i32) (local $second i32)
  (if (i32.eqz (global.get $named)) (then
    (global.set $named (i32.const 1))
    (call $event (i32.const 4) (i32.const 12) (i32.const 6) (i32.const 1))))
  (local.set $at (local.get $chunk))
  (local.set $end (i32.add (local.get $chunk) (local.get $len)))
  (block $out
    (loop $line
      (br_if $out (i32.eq (local.get $at) (local.get $end)))
      (local.set $text_end (call $find (local.get $at) (local.get $end) (i32.const 10)))
      (local.set $next (i32.add (local.get $text_end) (i32.const 1)))
      (if (i32.eq (local.get $text_end) (local.get $end)) (then
        (br_if $out (i32.eqz (local.get $last)))
        (local.set $next (local.get $end))))
      (local.set $first (call $find (local.get $at) (local.get $text_end) (i32.const 58)))
      (if (i32.eq (local.get $at) (local.get $text_end))
        (then (call $field (i32.const 1) (local.get $chunk) (local.get $at) (local.get $next)))
        (else (if (i32.eq (local.get $first) (local.get $text_end))
          (then
            (call $field (i32.const 2) (local.get $chunk) (local.get $at) (local.get $next))
            (call $event (i32.const 3) (i32.const 0) (i32.const 12) (i32.const 1)))
          (else
            (call $field (i32.const 0) (local.get $chunk) (local.get $at) (local.get $next))
            (call $field (i32.const 16) (local.get $chunk) (local.get $at) (local.get $first))
            (local.set $first (i32.add (local.get $first) (i32.const 1)))
            (local.set $second (call $find (local.get $first) (local.get $text_end) (i32.const 58)))
            (call $field (i32.const 18) (local.get $chunk) (local.get $first) (local.get $second))
            (if (i32.ne (local.get $second) (local.get $text_end)) (then
              (call $field (i32.const 128) (local.get $chunk) (i32.add (local.get $second) (i32.const 1)) (local.get $text_end))))))))
      (local.set $at (local.get $next))
      (br $line)))
  (call $done (i32.sub (local.get $at) (local.get $chunk))))
