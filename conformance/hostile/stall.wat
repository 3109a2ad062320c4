;; Consumes nothing, ever.
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (call $done (i32.const 0)))
