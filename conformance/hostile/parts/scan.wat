;; Cuts before every line that begins with `#`; the context is the rest of that line.
(func (export "sluice:parser/guest@0.1.0#scan") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $at i32) (local $end i32) (local $text_end i32)
  (local.set $at (local.get $chunk))
  (local.set $end (i32.add (local.get $chunk) (local.get $len)))
  (block $out
    (loop $line
      (br_if $out (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $text_end (call $find (local.get $at) (local.get $end) (i32.const 10)))
      (br_if $out (i32.and (i32.eq (local.get $text_end) (local.get $end)) (i32.eqz (local.get $last))))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 35)) (then
        (call $cut
          (i64.add (local.get $base) (i64.extend_i32_u (i32.sub (local.get $at) (local.get $chunk))))
          (i32.add (local.get $at) (i32.const 1))
          (i32.sub (local.get $text_end) (i32.add (local.get $at) (i32.const 1))))))
      (local.set $at (i32.add (local.get $text_end) (i32.ne (local.get $text_end) (local.get $end))))
      (br $line)))
  (global.set $top (i32.const 65536))
  (i32.store8 (i32.const 0) (i32.const 0))
  (i32.store (i32.const 4) (i32.sub (local.get $at) (local.get $chunk)))
  (i32.const 0))
