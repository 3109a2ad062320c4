;; Refuses to begin.
(func (export "sluice:parser/guest@0.1.0#open")
  (param $base i64) (param $context i32) (param $context_len i32) (param $options i32) (param $options_len i32) (result i32)
  (i32.store8 (i32.const 0) (i32.const 1))
  (i32.store (i32.const 4) (i32.const 1024))
  (i32.store (i32.const 8) (i32.const 12))
  (i32.const 0))
