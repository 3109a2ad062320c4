;; Says that it cannot go on, in many words.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (i32.store8 (i32.const 0) (i32.const 1))
  (i32.store (i32.const 4) (i32.const 1024))
  (i32.store (i32.const 8) (i32.const 12))
  (i32.const 0))
